"""``voicebot serve``: the service, until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path

from voicebot.cli.keys import database_key, needs_passphrase
from voicebot.cli.setup import open_workspace
from voicebot.database import private_directory
from voicebot.errors import ConfigurationError
from voicebot.faults import quiet
from voicebot.locked import Locked
from voicebot.practice import load_practice
from voicebot.service import Ports, Service, run_until
from voicebot.sockets import bind
from voicebot.tls import Tls, given, is_local, self_made
from voicebot.vault.sandbox import protect_memory

WEB_PORT = 8080
HTTP_PORT = 8000
"""The doors that are opened when none is named, beside the SIP port of the practice's file."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--sip-port", type=port, metavar="N", help="answer SIP calls on this UDP and TCP port")
    parser.add_argument("--web-port", type=port, metavar="N", help="the patient's page and its signalling")
    parser.add_argument("--http-port", type=port, metavar="N", help="the desk")
    parser.add_argument(
        "--http-host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="where the desk and the patient's page are reached (default 127.0.0.1: from this machine only)",
    )
    parser.add_argument("--certificate", type=Path, metavar="FILE", help="TLS certificate of those pages, PEM")
    parser.add_argument("--certificate-key", type=Path, metavar="FILE", help="its private key, PEM")
    parser.add_argument("--metrics-port", type=port, metavar="N", help="counts for Prometheus, to this machine only")
    parser.add_argument("--verbose", action="store_true", help="more log lines (ids and codes only, never words)")


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    protect_memory()  # it will hold the key, and the words of calls
    quiet(logging.INFO if args.verbose else logging.WARNING)
    http_port = HTTP_PORT if (args.sip_port, args.web_port, args.http_port) == (None, None, None) else args.http_port
    tls = certificate(args)
    key = asyncio.run(unlocked(args, http_port, tls)) if needs_passphrase(args) else None
    workspace = open_workspace(args, key)
    ports = Ports(args.sip_port, args.web_port, args.http_port)
    if ports == Ports():
        ports = Ports(workspace.practice.sip.port, WEB_PORT, HTTP_PORT)
    ports = replace(ports, metrics=args.metrics_port, host=args.http_host, tls=tls)
    service = Service(workspace, ports)

    def ready() -> None:
        if service.web is not None:
            for name, label in (("web", "patient's page"), ("http", "desk"), ("metrics", "metrics")):
                if name in service.web.addresses:
                    print(f"{label}: {service.web.addresses[name]}", file=sys.stderr)
            if tls is not None:
                print(f"certificate's SHA-256 fingerprint: {tls.fingerprint}", file=sys.stderr)
                if tls.self_made:
                    print("browsers will warn once: compare the fingerprint, then accept it", file=sys.stderr)
            if service.web.first_run:
                print(f"desk's one-time code, to make its administrator: {service.web.access_code}", file=sys.stderr)
        if service.sip_port is not None:
            print(f"SIP: {service.workspace.practice.sip.bind}:{service.sip_port} (UDP and TCP)", file=sys.stderr)
        print("READY", file=sys.stderr, flush=True)

    async def serve() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await run_until(service, ready, stop)

    asyncio.run(serve())
    return 0


def certificate(args: argparse.Namespace) -> Tls | None:
    """The certificate that was given, or one made here where the pages are reached from other machines."""
    if (args.certificate is None) != (args.certificate_key is None):
        raise ConfigurationError("--certificate and --certificate-key go together: give both")
    if args.certificate is not None:
        return given(args.certificate, args.certificate_key)
    try:
        local = is_local(args.http_host)
    except ValueError:
        raise ConfigurationError(f"--http-host {args.http_host}: give a numeric address, such as 0.0.0.0") from None
    if local:
        return None
    private_directory(args.data)
    return self_made(args.data, args.http_host)


async def unlocked(args: argparse.Namespace, http_port: int | None, tls: Tls | None) -> bytes:
    """Wait until someone types the passphrase at the desk's address, or gives it with ``voicebot key unlock``."""
    page = None if http_port is None else bind(args.http_host, http_port, socket.SOCK_STREAM, "--http-port")
    private_directory(args.data)
    name = load_practice(args.practice).name
    locked = Locked(args.data, page, name, lambda passphrase: database_key(args, lambda: passphrase), tls)
    where = (
        f"{'https' if tls else 'http'}://{args.http_host}:{page.getsockname()[1]}/, or with: "
        if page is not None
        else ""
    )
    print(f"LOCKED: type the passphrase at {where}voicebot key unlock --data {args.data}", file=sys.stderr, flush=True)
    waiting = asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        if waiting is not None:
            asyncio.get_running_loop().add_signal_handler(number, waiting.cancel)
    try:
        return await locked.wait()
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        if page is not None:
            page.close()


def port(text: str) -> int:
    """A port number, 0 for any free one."""
    value = int(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port (0 to 65535; 0 takes a free one)")
    return value
