"""A WebRTC call within this process: marker bits, loss, keys, ends, and the caller's times."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest
from aiortc.rtcdtlstransport import RTCDtlsTransport

from telephony.media.rtp import RtpPacket, is_rtcp
from telephony.media.session import Listener, VoiceSession
from telephony.webrtc.caller import Caller
from telephony.webrtc.endpoint import WebCall
from voicebot.errors import ProtocolError, UnavailableError

RATE = 16000


@dataclass
class Callee:
    """Answers one call and remembers what happens."""

    keys: str = ""
    frames: list[bytes] = field(default_factory=list)
    ended: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    media_ended: str | None = None

    async def exchange(self, offer: str) -> str:
        self.call = WebCall(
            addresses=("127.0.0.1",), on_connected=self._connected, on_key=self._key, on_end=self.ended.set_result
        )
        try:
            return await self.call.answer(offer)
        except ProtocolError:
            await self.close()
            raise

    def _key(self, digit: str) -> None:
        self.keys += digit

    def _connected(self) -> None:
        listener = Listener(self.frames.append, self._key, lambda mark: None, lambda reason: None)
        self.session = VoiceSession(self.call, listener)
        self.call.on_media = self.session.arrived
        self.session.start()

    async def close(self) -> None:
        if not hasattr(self, "call"):
            return
        if hasattr(self, "session"):
            self.session.close()
        else:
            self.call.close()
        await self.call.closed()


@pytest.fixture
async def callee() -> AsyncIterator[Callee]:
    made = Callee()
    yield made
    await made.close()  # also where the test failed: what it leaves open would fail others


def sine(hertz: float, seconds: float) -> bytes:
    time = np.arange(int(RATE * seconds)) / RATE
    return (8000 * np.sin(2 * np.pi * hertz * time)).astype("<i2").tobytes()


def voiced(pcm: bytes) -> bool:
    return bool(np.abs(np.frombuffer(pcm, "<i2")).max(initial=0) > 2000)


async def test_only_the_first_packet_is_marked(callee: Callee, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[int, list[RtpPacket]] = {}
    send = RTCDtlsTransport._send_rtp

    async def spy(self: RTCDtlsTransport, data: bytes) -> None:
        if not is_rtcp(data):
            sent.setdefault(id(self), []).append(RtpPacket.parse(data))
        await send(self, data)

    monkeypatch.setattr(RTCDtlsTransport, "_send_rtp", spy)
    async with Caller(callee.exchange) as caller:
        await caller.play(sine(440, 0.3))
    await callee.close()
    assert len(sent) == 2
    for packets in sent.values():
        assert [packet.marker for packet in packets] == [True] + [False] * (len(packets) - 1)
        steps = {(b.timestamp - a.timestamp) % 2**32 for a, b in pairwise(packets)}
        assert steps == {960}


async def test_the_caller_tells_when_each_frame_went_out_and_came_in(callee: Callee) -> None:
    async with Caller(callee.exchange) as caller:
        played = await caller.play(sine(440, 0.5))
        assert len(played.sent) == 25
        assert np.mean(np.diff(played.sent)) > 0.018  # never faster than it is heard; a busy machine may be slower
        assert await caller.play(b"") == type(played)(())

        callee.session.play(sine(600, 0.4), RATE)
        asked = asyncio.get_running_loop().time()
        before = []
        async with asyncio.timeout(30):
            async for frame in caller.frames():
                if frame.arrived > asked and voiced(frame.pcm):
                    break
                before.append(frame)
        assert [b.timestamp - a.timestamp for a, b in pairwise(before)] == [960] * (len(before) - 1)
        assert all(len(frame.pcm) == 640 for frame in before)
    await callee.close()


async def test_two_percent_of_loss_leave_no_lasting_delay(callee: Callee, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(5)
    receive: Callable[..., Awaitable[None]] = WebCall._packet  # type: ignore[assignment]

    def lossy(self: WebCall, packet: RtpPacket, now: float) -> None:
        if chance.random() >= 0.02:
            receive(self, packet, now)

    monkeypatch.setattr(WebCall, "_packet", lossy)
    async with Caller(callee.exchange) as caller:
        await caller.play(sine(440, 4))
        counts = callee.call.receiver.buffer.counts
        delay = callee.call.receiver.buffer.delay(asyncio.get_running_loop().time())
    await callee.close()
    assert callee.call.receiver.concealed > 0  # how many depends on the machine as well
    assert counts.played > 150
    assert delay is not None
    assert delay < 0.15
    heard = np.frombuffer(b"".join(callee.frames[50:150]), "<i2").astype(float)
    assert np.std(heard) > 4000


async def test_keys_are_single_digits_and_everything_else_is_ignored(callee: Callee) -> None:
    async with Caller(callee.exchange) as caller:
        await caller.press("1")
        for nonsense in ("12", "", "x", "١", "A" * 1000, b"5"):
            caller._keys.send(nonsense)
        await caller.press("9#")
        with pytest.raises(ValueError, match="keys"):
            await caller.press("A")
        async with asyncio.timeout(30):
            while callee.keys != "19#":  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    assert await asyncio.wait_for(callee.ended, 30) == "hung-up"
    await callee.close()


async def test_a_call_whose_network_vanishes_ends(callee: Callee) -> None:
    async with Caller(callee.exchange) as caller:
        # DTLS close alone, without a word on the data channel.
        caller._keys.close()
        await caller._peer.close()
        assert await asyncio.wait_for(callee.ended, 30) == "hung-up"
        with pytest.raises(UnavailableError, match="over"):
            await caller.play(sine(440, 1))
    await callee.close()


async def test_what_is_being_said_when_the_call_ends_is_an_error_not_a_hang(callee: Callee) -> None:
    async with Caller(callee.exchange) as caller:
        playing = asyncio.create_task(caller.play(sine(440, 5)))
        await asyncio.sleep(0.1)
        await callee.close()
        with pytest.raises(UnavailableError):
            await asyncio.wait_for(playing, 30)
        assert caller.ended.is_set()
        async with asyncio.timeout(30):
            async for _ in caller.frames():
                pass


async def test_an_offer_without_opus_or_with_video_is_refused(callee: Callee) -> None:
    async def without_opus(offer: str) -> str:
        return await callee.exchange(offer.replace("opus/48000", "unknown/48000"))

    with pytest.raises(ProtocolError):
        async with Caller(without_opus):
            pass

    async def with_video(offer: str) -> str:
        return await callee.exchange(offer + "m=video 9 UDP/TLS/RTP/SAVPF 97\r\na=rtpmap:97 VP8/90000\r\n")

    with pytest.raises(ProtocolError, match="one audio"):
        async with Caller(with_video):
            pass


DAMAGE = [
    "a=candidate:x",
    "a=fmtp:96",
    "a=fmtp:18 annexb=no",
    "a=sctp-port:x",
    "a=mid:",
    "a=group:BUNDLE 7",
    "a=setup:x",
]


def damaged(offer: str, chance: random.Random) -> str:
    """An offer with a few lines lost, doubled, swapped, cut or replaced."""
    lines = offer.split("\r\n")
    for _ in range(chance.randrange(1, 4)):
        at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.randrange(5):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, lines[other])
            case 2:
                lines[at], lines[other] = lines[other], lines[at]
            case 3:
                lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
            case _:
                lines[at] = chance.choice(DAMAGE)
    return "\r\n".join(lines)


async def test_a_damaged_offer_is_a_protocol_error_and_leaves_no_socket(callee: Callee) -> None:
    offers: list[str] = []

    async def keep(offer: str) -> str:
        offers.append(offer)
        raise ProtocolError("that is all")

    with pytest.raises(ProtocolError):
        async with Caller(keep):
            pass
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    before = len(os.listdir("/proc/self/fd"))
    chance, answered = random.Random(11), 0
    for _ in range(60):
        one = Callee()
        try:
            await one.exchange(damaged(offers[0], chance))
        except ProtocolError:
            continue
        answered += 1
        await one.close()
    assert 0 < answered < 60
    assert len(os.listdir("/proc/self/fd")) <= before


async def test_candidates_are_the_chosen_addresses_only(callee: Callee) -> None:
    descriptions = []

    async def exchange(offer: str) -> str:
        descriptions.append(offer)
        answer = await callee.exchange(offer)
        descriptions.append(answer)
        return answer

    async with Caller(exchange):
        pass
    await callee.close()
    for description in descriptions:
        candidates = [line.split() for line in description.splitlines() if line.startswith("a=candidate")]
        assert {words[4] for words in candidates} == {"127.0.0.1"}
        assert {words[7] for words in candidates} == {"host"}
