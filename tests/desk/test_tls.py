"""TLS off this machine: a given certificate, or a self-made one that is kept."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse

from voicebot.cli.serve import certificate
from voicebot.errors import ConfigurationError
from voicebot.servers import PageServer
from voicebot.sockets import bind
from voicebot.tls import Tls, given, self_made


def shown(address: tuple[str, int]) -> bytes:
    """The certificate that a server shows, DER."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(address, timeout=10) as plain, context.wrap_socket(plain) as secure:
        return secure.getpeercert(binary_form=True) or b""


async def test_a_page_is_served_with_the_certificate_whose_fingerprint_was_shown(tmp_path: Path) -> None:
    tls = self_made(tmp_path, "127.0.0.1")
    door = bind("127.0.0.1", 0, socket.SOCK_STREAM, "--http-port")
    address = door.getsockname()[:2]
    server = PageServer(PlainTextResponse("bonjour"), door, tls)
    await server.start()
    try:
        certificate = await asyncio.to_thread(shown, address)
    finally:
        await server.stop()
    assert hashlib.sha256(certificate).hexdigest().upper() == tls.fingerprint.replace(":", "")
    assert (tmp_path / "tls.key").stat().st_mode & 0o077 == 0


def test_a_self_made_certificate_is_kept_until_it_is_old_or_for_another_address(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    first = self_made(tmp_path, "192.0.2.7", now)
    assert self_made(tmp_path, "192.0.2.7", now + timedelta(days=300)) == first
    assert self_made(tmp_path, "192.0.2.8", now).fingerprint != first.fingerprint
    again = self_made(tmp_path, "192.0.2.8", now)
    assert self_made(tmp_path, "192.0.2.8", now + timedelta(days=380)).fingerprint != again.fingerprint


def test_a_given_certificate_needs_its_own_key(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir(), other.mkdir()
    self_made(one, "192.0.2.7"), self_made(other, "192.0.2.7")
    assert not given(one / "tls.crt", one / "tls.key").self_made
    with pytest.raises(ConfigurationError, match="is not the key of"):
        given(one / "tls.crt", other / "tls.key")
    with pytest.raises(ConfigurationError, match="two PEM files"):
        given(one / "absent", one / "tls.key")


@pytest.mark.parametrize(("host", "secure"), [("127.0.0.1", False), ("::1", False), ("0.0.0.0", True)])
def test_off_this_machine_there_is_always_a_certificate(tmp_path: Path, host: str, secure: bool) -> None:
    args = argparse.Namespace(data=tmp_path / "data", http_host=host, certificate=None, certificate_key=None)
    assert isinstance(certificate(args), Tls) == secure
