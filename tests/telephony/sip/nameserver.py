"""A DNS server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = Mapping[str, Sequence[str]]
"""``"_sip._udp.trunk.test SRV"`` to records like ``"10 1 5060 one.trunk.test."``."""


class NameServer(asyncio.DatagramProtocol):
    """Answers from a zone, which a test may replace; with None it is silent."""

    def __init__(self, zone: Zone | None, ttl: int = 300) -> None:
        self.zone = zone
        self.ttl = ttl
        self.asked: list[str] = []
        self.address = ("", 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self.address = transport.get_extra_info("sockname")

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        name = question.name.to_text(omit_final_dot=True)
        self.asked.append(f"{name} {kind}")
        if self.zone is None:
            return
        response = dns.message.make_response(query)
        records = self.zone.get(f"{name} {kind}", ())
        if records:
            response.answer.append(dns.rrset.from_text(question.name, self.ttl, "IN", kind, *records))
        elif not any(key.split()[0] == name for key in self.zone):
            response.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(response.to_wire(), addr)


@asynccontextmanager
async def name_server(zone: Zone | None, ttl: int = 300) -> AsyncIterator[NameServer]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: NameServer(zone, ttl), local_addr=("127.0.0.1", 0))
    try:
        yield server
    finally:
        transport.close()
        await asyncio.sleep(0)
