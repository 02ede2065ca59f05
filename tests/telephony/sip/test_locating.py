"""Finding a trunk's servers in the DNS, of which a small one runs here (RFC 3263 §4.2)."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from telephony.sip import resolver
from telephony.sip.locating import Locator
from telephony.sip.targets import Target
from tests.telephony.sip.nameserver import NameServer, Zone, name_server
from tests.telephony.sip.peer import Clock

ZONE: Zone = {
    "_sip._udp.trunk.test SRV": ["20 1 5070 two.trunk.test.", "10 1 5060 one.trunk.test."],
    "_sips._tcp.trunk.test SRV": ["10 1 5061 one.trunk.test."],
    "one.trunk.test A": ["192.0.2.1", "192.0.2.2"],
    "one.trunk.test AAAA": ["2001:db8::1"],
    "two.trunk.test A": ["192.0.2.9"],
    "_sip._udp.closed.test SRV": ["0 0 0 ."],
    "closed.test A": ["192.0.2.7"],
}


def locator(server: NameServer, clock: Clock | None = None) -> Locator:
    return Locator(clock or Clock(), resolver=server.address, chance=lambda: 0.5)


async def test_the_servers_of_a_name_come_by_priority_with_all_their_addresses() -> None:
    async with name_server(ZONE) as server:
        found = await locator(server).find("UDP", "trunk.test", None)
        assert found[-1] == Target("192.0.2.9", 5070, 20)
        assert {target.address for target in found[:2]} == {"192.0.2.1", "192.0.2.2"}
        assert found[2] == Target("2001:db8::1", 5060, 10)  # IPv6 last among equals
        tls = await locator(server).find("TLS", "trunk.test", None)
        assert {(target.port, target.priority) for target in tls} == {(5061, 10)}


@pytest.mark.parametrize(
    ("transport", "host", "port", "found"),
    [
        ("UDP", "192.0.2.7", None, Target("192.0.2.7", 5060)),
        ("TLS", "192.0.2.7", None, Target("192.0.2.7", 5061)),
        ("TCP", "[2001:db8::1]", 5070, Target("2001:db8::1", 5070)),
        ("TLS", "localhost", 5071, Target("127.0.0.1", 5071)),
    ],
)
async def test_an_address_or_a_port_asks_for_no_servers(
    transport: str, host: str, port: int | None, found: Target
) -> None:
    async with name_server(ZONE) as server:
        assert found in await locator(server).find(transport, host, port)
        assert server.asked == []


async def test_a_name_without_servers_is_a_host_with_the_transports_own_port() -> None:
    async with name_server({}) as server:
        assert Target("127.0.0.1", 5061) in await locator(server).find("TLS", "localhost", None)
        assert server.asked == ["_sips._tcp.localhost SRV"]


async def test_a_name_that_says_there_is_no_such_service_is_believed() -> None:
    async with name_server(ZONE) as server:
        assert await locator(server).find("UDP", "closed.test", None) == []
        assert server.asked == ["_sip._udp.closed.test SRV"]


async def test_only_the_names_of_the_trunk_are_looked_up() -> None:
    async with name_server(ZONE) as server:
        await locator(server).find("UDP", "trunk.test", None)
        hosts = ("one.trunk.test", "two.trunk.test")
        assert sorted(server.asked) == ["_sip._udp.trunk.test SRV"] + [
            f"{host} {kind}" for host in hosts for kind in ("A", "AAAA")
        ]


async def test_without_an_answer_the_servers_of_the_last_one_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    async with name_server(ZONE) as server:
        asked = locator(server)
        found = await asked.find("TLS", "trunk.test", None)
        monkeypatch.setattr(resolver, "LOOK_UP_SECONDS", 0.3)
        server.zone = None
        assert await asked.find("TLS", "trunk.test", None) == found
        # Nothing was ever known of this one: it is taken for a host.
        assert Target("127.0.0.1", 5060) in await asked.find("UDP", "localhost", None)


async def test_a_host_that_cannot_be_resolved_for_a_while_is_still_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with name_server({}) as server:
        asked = locator(server)
        found = await asked.find("TCP", "localhost", 5070)

        async def fails(*given: object, **more: object) -> None:
            raise socket.gaierror

        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", fails)
        assert await asked.find("TCP", "localhost", 5070) == found
        assert await asked.find("TCP", "localhost", 5071) == []


@pytest.mark.parametrize("host", ["a..b", "x" * 80])
async def test_a_name_that_is_none_leads_nowhere(host: str) -> None:
    async with name_server({}) as server:
        assert await locator(server).find("UDP", host, None) == []


async def test_a_dead_server_comes_last_for_as_long_as_its_record_holds() -> None:
    clock = Clock()
    async with name_server(ZONE, ttl=120) as server:
        asked = locator(server, clock)
        best = (await asked.find("TLS", "trunk.test", None))[0]
        asked.bury(best.peer)
        clock.now += 119
        assert (await asked.find("TLS", "trunk.test", None))[-1] == best
        clock.now += 2
        again = await asked.find("TLS", "trunk.test", None, prefer=best.peer)
        assert again[0] == best


def test_who_has_no_trunk_loads_no_resolver() -> None:
    """It costs each start of the telephony process half a second."""
    asked = "import sys, telephony.sip.agent; sys.exit('dns.resolver' in sys.modules)"
    subprocess.run([sys.executable, "-c", asked], check=True, cwd=Path(__file__).parents[3])
