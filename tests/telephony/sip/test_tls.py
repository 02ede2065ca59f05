"""The trunk over TLS with a real registrar (Kamailio): whose certificate is believed, and the calls that come in."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from telephony.sip.tls import trust
from tests.ports import free_port
from tests.telephony.sip.certificates import Authority
from tests.telephony.sip.kamailio import Secure, States, account, call, kamailio
from tests.telephony.sip.loopback import running
from tests.telephony.sip.nameserver import Zone, name_server
from tests.telephony.sip.peer import Handler
from voicebot.errors import ConfigurationError


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def call_soon(port: int) -> None:
    """One call as soon as this registrar knows where we are."""
    for _ in range(40):
        try:
            return await call(port)
        except AssertionError:  # 404: no binding here
            await asyncio.sleep(0.5)
    await call(port)


def secured(authority: Authority, name: str = "127.0.0.1") -> tuple[int, Secure]:
    """The port for everything else, and what TLS needs."""
    port = free_port(2)
    return port, Secure(port + 1, *authority.issue(name))


@pytest.mark.e2e
async def test_a_call_comes_in_over_the_connection_of_the_registration(authority: Authority) -> None:
    (port, secure), states, handler = secured(authority), States(), Handler()
    given = replace(account(secure.port, transport="TLS"), ca_file=authority.file)
    async with (
        kamailio(port, secure=secure, max_expires=2),
        running(handler, registration=given, on_registration=states.tell, allowed=[]) as (agent, _),
    ):
        assert await states.next() == "registered"
        await call_soon(port)
        [taken] = handler.calls
        assert (taken.flow.transport, taken.flow.peer) == ("TLS", ("127.0.0.1", secure.port))
        with pytest.raises(TimeoutError):
            await states.next(3)
        await call_soon(port)  # the first binding has ended; its refresh stayed on the connection
        assert handler.calls[1].flow is taken.flow
        await agent.stop(timeout=2)
        assert await states.next() == "unregistered"
    assert handler.ends == ["hung-up", "hung-up"]


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("name", "ours", "why"),
    [
        ("127.0.0.1", False, "unable to get local issuer certificate"),
        ("other.test", True, "IP address mismatch"),
    ],
    ids=["another CA", "another name"],
)
async def test_a_certificate_that_is_not_the_trunks_is_refused_and_nothing_is_sent(
    tmp_path: Path, authority: Authority, caplog: pytest.LogCaptureFixture, name: str, ours: bool, why: str
) -> None:
    (port, secure), states = secured(authority, name), States()
    believed = authority if ours else Authority(tmp_path, "another")
    given = replace(account(secure.port, transport="TLS"), ca_file=believed.file)
    async with kamailio(port, secure=secure):
        with caplog.at_level(logging.INFO):
            async with running(registration=given, on_registration=states.tell):
                assert await states.next() == "untrusted"
    [line] = [record.getMessage() for record in caplog.records if record.name.startswith("telephony")]
    assert line.startswith("SIP trunk: untrusted: its certificate is refused: ")
    assert why in line
    assert "ca_file" in line
    assert "secret" not in caplog.text


@pytest.mark.e2e
async def test_a_connection_that_breaks_is_made_again_and_carries_calls(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.sip.registration.RETRY_BASE", 0.5)
    (port, secure), states, handler = secured(authority), States(), Handler()
    given = replace(account(secure.port, transport="TLS"), ca_file=authority.file)
    async with running(handler, registration=given, on_registration=states.tell, allowed=[]):
        assert await states.next() == "unreachable"
        async with kamailio(port, secure=secure):
            assert await states.next() == "registered"
        assert await states.next() == "unreachable"
        async with kamailio(port, secure=secure):
            assert await states.next() == "registered"
            await call(port)
    assert handler.ends == ["hung-up"]


@pytest.mark.e2e
async def test_when_a_server_of_the_trunk_dies_the_next_one_serves_and_then_the_best_again(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telephony.sip.registration.RETRY_BASE", 0.5)
    monkeypatch.setattr("telephony.sip.locating.DEAD_SECONDS", (0.5, 1.0))
    # The certificate bears the name of the trunk: what DNS leads to proves nothing.
    (best, secure), (second, fallback) = secured(authority, "trunk.test"), secured(authority, "trunk.test")
    zone: Zone = {
        "_sips._tcp.trunk.test SRV": [f"1 1 {secure.port} one.trunk.test.", f"2 1 {fallback.port} two.trunk.test."],
        "one.trunk.test A": ["127.0.0.1"],
        "two.trunk.test A": ["127.0.0.1"],
    }
    states, handler = States(), Handler()
    given = replace(account(None, transport="TLS"), registrar="trunk.test", ca_file=authority.file)
    async with (
        name_server(zone) as names,
        kamailio(second, secure=fallback, max_expires=4),
        running(handler, registration=given, on_registration=states.tell, allowed=[], resolver=names.address),
    ):
        assert await states.next() == "registered"  # the best is not there yet
        await call_soon(second)
        assert handler.calls[0].flow.peer[1] == fallback.port
        async with kamailio(best, secure=secure):
            await call_soon(best)  # a refresh goes back to the best
        assert await states.next() == "unreachable"
        assert await states.next() == "registered"
        await call_soon(second)
    assert [taken.flow.peer[1] for taken in handler.calls] == [fallback.port, secure.port, fallback.port]
    assert handler.ends == ["hung-up"] * 3


def test_a_file_without_a_certificate_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(ConfigurationError, match=r"empty\.pem holds no certificate"):
        trust("trunk.test", str(tmp_path / "empty.pem"))
    with pytest.raises(ConfigurationError, match=r"absent\.pem cannot be read"):
        trust("trunk.test", str(tmp_path / "absent.pem"))


def test_the_keys_of_a_connection_are_written_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    assert trust("trunk.test").context.keylog_filename is None
