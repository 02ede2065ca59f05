"""A trunk of several servers over UDP, each a few lines on loopback: who is asked, who may call, what is looked up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from telephony.sip.digest import Credentials
from telephony.sip.message import Request, Response, parse, respond
from telephony.sip.registration import RegistrationSettings
from tests.telephony.sip.kamailio import States
from tests.telephony.sip.loopback import running
from tests.telephony.sip.nameserver import Zone, name_server
from tests.telephony.sip.peer import Bench

TRUNK = RegistrationSettings("trunk.test", "bot", Credentials("bot", "secret"))


class Server(asyncio.DatagramProtocol):
    """Answers every REGISTER with one status, and keeps what else comes."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.asked: set[str] = set()
        """The branch of each REGISTER: one that was sent twice counts once."""
        self.answers: asyncio.Queue[Response] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)
        self.address: tuple[str, int] = transport.get_extra_info("sockname")

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not data.strip():
            return
        message = parse(data)
        if isinstance(message, Request):
            self.asked.add(message.via.branch)
            self.transport.sendto(bytes(respond(message, self.status, tag="trunk")), addr)
        else:
            self.answers.put_nowait(message)


@asynccontextmanager
async def server(host: str, status: int = 200) -> AsyncIterator[Server]:
    loop = asyncio.get_running_loop()
    transport, made = await loop.create_datagram_endpoint(lambda: Server(status), local_addr=(host, 0))
    try:
        yield made
    finally:
        transport.close()
        await asyncio.sleep(0)


async def test_the_next_server_is_asked_and_every_server_of_the_trunk_may_call() -> None:
    states = States()
    async with server("127.0.0.2", 503) as best, server("127.0.0.3") as second, name_server(None) as names:
        names.zone = {
            "_sip._udp.trunk.test SRV": [
                f"1 1 {best.address[1]} one.trunk.test.",
                f"2 1 {second.address[1]} two.trunk.test.",
            ],
            "one.trunk.test A": ["127.0.0.2"],
            "two.trunk.test A": ["127.0.0.3"],
        }
        async with running(registration=TRUNK, on_registration=states.tell, allowed=[], resolver=names.address) as (
            agent,
            port,
        ):
            assert await states.next() == "registered"
            assert (len(best.asked), len(second.asked)) == (1, 1)
            asking = Bench()
            for caller in (best, second):
                caller.transport.sendto(bytes(asking.request("OPTIONS")), ("127.0.0.1", port))
                answer = await asyncio.wait_for(caller.answers.get(), 30)
                assert answer.status == 200
            async with server("127.0.0.4") as stranger:
                stranger.transport.sendto(bytes(asking.request("OPTIONS")), ("127.0.0.1", port))
                best.transport.sendto(bytes(asking.request("OPTIONS")), ("127.0.0.1", port))
                await asyncio.wait_for(best.answers.get(), 30)  # so the stranger's was read before
                assert stranger.answers.empty()
            await agent.stop(timeout=2)
            assert len(second.asked) == 2  # the binding is withdrawn where it was made


async def test_nothing_is_looked_up_for_a_registrar_that_is_an_address() -> None:
    states = States()
    async with server("127.0.0.2") as registrar, name_server({}) as names:
        given = RegistrationSettings("127.0.0.2", "bot", Credentials("bot", "x"), port=registrar.address[1])
        async with running(registration=given, on_registration=states.tell, resolver=names.address):
            assert await states.next() == "registered"
        assert names.asked == []


async def test_a_trunk_without_servers_is_told() -> None:
    states = States()
    zone: Zone = {"_sip._udp.trunk.test SRV": ["0 0 0 ."]}
    async with (
        name_server(zone) as names,
        running(registration=TRUNK, on_registration=states.tell, resolver=names.address),
    ):
        assert await states.next() == "unreachable"
