"""The sockets of the service, bound by the parent so that a port in use is one clear line at start."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from voicebot.errors import UnavailableError

BACKLOG = 64


def bind(host: str, port: int, kind: socket.SocketKind, option: str) -> socket.socket:
    """Bind a UDP or a listening TCP socket on ``host``; port 0 takes a free one.

    Raises:
        UnavailableError: the port is in use, not allowed, or the address is not ours; ``option`` is named as the mend.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, kind)
    bound.setblocking(False)
    try:
        if kind == socket.SOCK_STREAM:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        if kind == socket.SOCK_STREAM:
            bound.listen(BACKLOG)
    except OSError as error:
        bound.close()
        protocol = "TCP" if kind == socket.SOCK_STREAM else "UDP"
        where = f"{protocol} port {port} on {host}"
        if error.errno == errno.EADDRINUSE:
            raise UnavailableError(
                f"{where} is in use: stop the program that holds it or choose another with {option}"
            ) from None
        if error.errno == errno.EACCES:
            raise UnavailableError(
                f"{where} needs more rights than this user has: choose one above 1023 with {option}"
            ) from None
        raise UnavailableError(f"{where} cannot be used: {os.strerror(error.errno or 0)}; mend {option}") from None
    return bound


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """A name of a Unix socket's path that fits the kernel's 108 bytes however deep the directory lies."""
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


def bind_unix(path: Path) -> socket.socket:
    """A listening Unix socket that only this user may reach; one left by a dead process is replaced."""
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    bound.setblocking(False)
    path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        with reachable(path) as name:
            bound.bind(name)
    finally:
        os.umask(before)
    bound.listen(BACKLOG)
    return bound


def same_port(host: str, port: int, option: str) -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket on one port (SIP wants both); port 0 takes one that is free for both."""
    for attempt in range(20):
        udp = bind(host, port, socket.SOCK_DGRAM, option)
        try:
            return udp, bind(host, udp.getsockname()[1], socket.SOCK_STREAM, option)
        except UnavailableError:
            udp.close()
            if port or attempt == 19:
                raise
    raise UnavailableError(f"no port is free for both UDP and TCP on {host}")
