"""The user agent on real loopback sockets: UDP, TCP, strangers, limits and the end."""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import suppress

import pytest

from telephony.sip import stream
from telephony.sip.agent import UserAgent
from telephony.sip.digest import Credentials
from telephony.sip.message import Request, Response, parse
from telephony.sip.registration import RegistrationSettings
from telephony.sip.transport import route_to
from tests.telephony.sip.loopback import bound, running
from tests.telephony.sip.peer import ANSWER, OFFER, Bench, Handler
from voicebot.errors import ConfigurationError


def request(method: str, **given: object) -> bytes:
    return bytes(Bench().request(method, **given))  # type: ignore[arg-type]


async def over_udp(port: int, data: bytes, *, source: str = "127.0.0.1", wait: float = 30) -> Request | Response:
    loop = asyncio.get_running_loop()
    with bound(socket.SOCK_DGRAM, source) as sock:
        sock.setblocking(False)
        await loop.sock_sendto(sock, data, ("127.0.0.1", port))
        return parse(await asyncio.wait_for(loop.sock_recv(sock, 65535), wait))


async def read_message(reader: asyncio.StreamReader) -> Request | Response:
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    read = parse(head + await reader.readexactly(int(head.lower().split(b"content-length:")[1].split()[0])))
    return read


async def test_udp_answers_on_the_port_that_asked() -> None:
    async with running() as (_, port):
        ok = await over_udp(port, request("OPTIONS"))
        assert isinstance(ok, Response)
        assert ok.status == 200


async def test_a_call_over_tcp_has_two_messages_in_one_piece_and_one_in_two() -> None:
    handler = Handler()
    async with running(handler) as (agent, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        bench = Bench(transport="TCP")
        invite = bytes(bench.request("INVITE", body=OFFER))
        writer.write(b"\r\n\r\n" + bytes(bench.request("OPTIONS", call_id="o")) + invite[:40])
        assert await reader.readexactly(2) == b"\r\n"  # the pong
        assert isinstance(await read_message(reader), Response)
        writer.write(invite[40:])
        ok = await read_message(reader)
        assert (ok.body, ok.headers.get("Contact")) == (ANSWER, f"<sip:voicebot@127.0.0.1:{port};transport=tcp>")
        writer.write(bytes(bench.request("ACK", to_tag=ok.to.tag)))
        writer.write(bytes(bench.request("OPTIONS", call_id="o2")))
        await read_message(reader)  # so the ACK has been read
        assert agent.calls == 1
        handler.calls[0].hang_up()
        bye = await read_message(reader)
        assert isinstance(bye, Request)
        assert bye.method == "BYE"
        writer.close()
        await writer.wait_closed()


async def test_strangers_get_silence() -> None:
    handler = Handler()
    async with running(handler, allowed=["127.0.0.2/32"]) as (_, port):
        with pytest.raises(TimeoutError):
            await over_udp(port, request("INVITE", body=OFFER), wait=0.2)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(read_all(reader), 30) == b""
        writer.close()
        assert isinstance(await over_udp(port, request("OPTIONS"), source="127.0.0.2"), Response)
    assert handler.calls == []


async def read_all(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


async def test_a_flood_is_dropped_and_the_agent_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.sip.gate.BURST", 5)
    async with running() as (_, port):
        with bound(socket.SOCK_DGRAM, "127.0.0.3") as sock:
            for number in range(100):
                sock.sendto(request("OPTIONS", branch=f"z9hG4bKflood{number}"), ("127.0.0.1", port))
            assert isinstance(await over_udp(port, request("OPTIONS")), Response)  # the flood was read before
            sock.setblocking(False)
            answers = 0
            with suppress(BlockingIOError):
                while sock.recv(65535):
                    answers += 1
        assert 5 <= answers < 60


async def test_a_stream_that_cannot_be_framed_is_closed() -> None:
    async with running() as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"OPTIONS sip:a SIP/2.0\r\nContent-Length: -5\r\n\r\n")
        assert await asyncio.wait_for(read_all(reader), 30) == b""
        writer.close()


async def test_when_every_connection_is_taken_the_one_unheard_for_longest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MAX_CONNECTIONS", 3)
    async with running() as (_, port):
        streams = []
        for number in range(4):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            streams.append((reader, writer))
            writer.write(bytes(Bench(transport="TCP").request("OPTIONS", branch=f"z9hG4bK{number}")))
            await read_message(reader)
        assert await asyncio.wait_for(read_all(streams[0][0]), 30) == b""
        for _, writer in streams:
            writer.close()


async def test_an_error_costs_one_message_and_is_logged_without_its_text(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with running() as (agent, port):
        receive = agent._core.receive

        def fail_once(data: bytes, flow: object) -> None:
            monkeypatch.setattr(agent._core, "receive", receive)
            raise KeyError("0612345678")

        monkeypatch.setattr(agent._core, "receive", fail_once)
        with pytest.raises(TimeoutError), caplog.at_level(logging.ERROR):
            await over_udp(port, request("OPTIONS"), wait=0.1)
        assert isinstance(await over_udp(port, request("OPTIONS")), Response)
    assert "KeyError" in caplog.text
    assert "0612345678" not in caplog.text


async def test_stopping_says_goodbye_within_its_time_and_closes_the_sockets() -> None:
    loop = asyncio.get_running_loop()
    with bound(socket.SOCK_DGRAM) as peer:
        peer.setblocking(False)
        async with running() as (agent, port):
            bench = Bench()
            bench.flow.peer = peer.getsockname()
            contact = {"Contact": f"<sip:c@127.0.0.1:{peer.getsockname()[1]}>"}
            await loop.sock_sendto(
                peer, bytes(bench.request("INVITE", body=OFFER, headers=contact)), ("127.0.0.1", port)
            )
            ok = parse(await loop.sock_recv(peer, 65535))
            await loop.sock_sendto(peer, bytes(bench.request("ACK", to_tag=ok.to.tag)), ("127.0.0.1", port))
            await asyncio.sleep(0.05)
            began = loop.time()
            stopping = asyncio.create_task(agent.stop(timeout=0.3))
            bye = parse(await asyncio.wait_for(loop.sock_recv(peer, 65535), 30))
            assert isinstance(bye, Request)
            assert bye.method == "BYE"
            await stopping
            assert loop.time() - began < 10  # not the 32 s for which a BYE is repeated
        with bound(socket.SOCK_DGRAM, port=port), bound(socket.SOCK_STREAM, port=port):
            pass  # both ports are free again


@pytest.mark.parametrize("transport_name", ["UDP", "TCP"])
async def test_a_registrar_that_is_not_there_is_told(transport_name: str) -> None:
    with bound(socket.SOCK_STREAM) as closed:
        port = closed.getsockname()[1]
    states: asyncio.Queue[str] = asyncio.Queue()
    settings = RegistrationSettings(
        "nowhere.invalid" if transport_name == "UDP" else "127.0.0.1",
        "bot",
        Credentials("bot", "x"),
        port=port,
        transport=transport_name,
    )
    async with running(registration=settings, on_registration=states.put_nowait):
        assert await asyncio.wait_for(states.get(), 30) == "unreachable"


def test_our_address_is_the_one_on_the_way() -> None:
    assert route_to("127.0.0.1") == "127.0.0.1"


async def test_a_socket_bound_to_every_address_names_the_right_one() -> None:
    handler = Handler()
    udp = bound(socket.SOCK_DGRAM, "0.0.0.0")
    port = udp.getsockname()[1]
    agent = UserAgent(udp=udp, tcp=None, allowed=["127.0.0.1/32"], on_call=handler, max_calls=1, user_agent="test")
    await agent.start()
    ok = await over_udp(port, request("INVITE", body=OFFER))
    assert ok.headers.get("Contact") == f"<sip:voicebot@127.0.0.1:{port}>"
    assert handler.calls[0].local_ip == "127.0.0.1"
    await agent.stop(timeout=0)


async def test_a_call_over_ipv6() -> None:
    try:
        udp = bound(socket.SOCK_DGRAM, "::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    address = udp.getsockname()
    agent = UserAgent(udp=udp, tcp=None, allowed=["::1/128"], on_call=Handler(), max_calls=1, user_agent="test")
    await agent.start()
    loop = asyncio.get_running_loop()
    with bound(socket.SOCK_DGRAM, "::1") as sock:
        sock.setblocking(False)
        await loop.sock_sendto(sock, request("INVITE", body=OFFER), address)
        ok = parse(await asyncio.wait_for(loop.sock_recv(sock, 65535), 30))
    assert ok.headers.get("Contact") == f"<sip:voicebot@[::1]:{address[1]}>"
    await agent.stop(timeout=0)


async def test_a_registration_over_a_transport_without_a_socket_is_refused() -> None:
    settings = RegistrationSettings("127.0.0.1", "bot", Credentials("bot", "x"))
    with pytest.raises(ConfigurationError, match="no UDP port"):
        UserAgent(
            udp=None,
            tcp=None,
            allowed=[],
            on_call=Handler(),
            max_calls=1,
            user_agent="test",
            registration=settings,
        )
