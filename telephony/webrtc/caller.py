"""A WebRTC telephone for programs: the demo's synthetic patient and the tests call with it.

It measures nothing: every frame that goes out or comes in carries its time (``time.monotonic``), so that a benchmark
can find the last voiced sample out and the first voiced sample in.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType

import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from telephony.media.g711 import Samples
from telephony.media.metronome import Metronome
from telephony.media.playout import PlayQueue
from telephony.media.rtp import RtpPacket, Unwrapper
from telephony.webrtc.endpoint import CONNECT, KEYS, opus_type
from telephony.webrtc.ice import host_addresses
from telephony.webrtc.opus import CLOCK_RATE, FRAME, RATE, OpusDecoder, OpusEncoder
from telephony.webrtc.track import OpusTrack
from telephony.webrtc.transport import RtpTap
from voicebot.errors import UnavailableError
from voicebot.ports import FRAME_SECONDS

KEPT = 1500
"""Received frames kept for a reader that is slow (30 s); the oldest are dropped beyond."""

Exchange = Callable[[str], Awaitable[str]]
"""Takes our SDP offer to the callee and brings back the SDP answer, for instance by HTTP POST."""


@dataclass(frozen=True)
class ReceivedFrame:
    """One packet's sound as it arrived."""

    pcm: bytes = field(repr=False)
    """s16le mono at 16 kHz, 20 ms as a rule. It lags the sender's samples by the codec's 4–8 ms."""
    timestamp: int
    """RTP timestamp at 48 kHz, extended beyond 32 bits."""
    arrived: float
    """Time of arrival, s (``time.monotonic``)."""


@dataclass(frozen=True)
class Played:
    """What became of one :meth:`Caller.play`."""

    sent: tuple[float, ...]
    """When each 20 ms frame went out, s (``time.monotonic``): frame *i* holds samples from ``i·320`` on."""


@dataclass
class _Play:
    frames: int
    done: asyncio.Future[Played]
    taken: int = 0
    sent: list[float] = field(default_factory=list)


class Caller:
    """One outgoing call: ``async with Caller(exchange) as caller``. It sends all the time, silence between plays.

    Args:
        exchange: the signalling.
        addresses: our own, offered as host candidates.
        surroundings: what the caller's room adds to every 20 ms frame that goes out.

    Raises:
        UnavailableError: on entry, when no connection came about within 15 s.
    """

    def __init__(
        self,
        exchange: Exchange,
        *,
        addresses: Sequence[str] = ("127.0.0.1",),
        surroundings: Callable[[Samples], Samples] | None = None,
    ) -> None:
        self.ended = asyncio.Event()
        """Set when the callee or the network ended the call."""
        self.dropped = 0
        """Received frames that nobody read in time."""
        self._exchange = exchange
        self._addresses = tuple(addresses)
        self._surroundings = surroundings
        self._queue = PlayQueue(RATE)
        self._plays: deque[_Play] = deque()
        self._outgoing: dict[int, _Play] = {}
        self._received: asyncio.Queue[ReceivedFrame | None] = asyncio.Queue(KEPT)
        self._unwrapper = Unwrapper(32)
        self._newest = -1
        self._timestamp = 0
        self._origin: int | None = None

    async def __aenter__(self) -> Caller:
        loop = asyncio.get_running_loop()
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._track = OpusTrack()
        self._encoder = OpusEncoder("voip")  # as browsers do
        self._decoder = OpusDecoder()
        self._metronome = Metronome(FRAME_SECONDS, self._beat, self._failed)
        self._connected: asyncio.Future[None] = loop.create_future()
        self._keys = self._peer.createDataChannel("keys")
        self._keys_open = asyncio.Event()
        self._keys.on("open", self._keys_open.set)
        transceiver = self._peer.addTransceiver(self._track, direction="sendrecv")
        self._peer.on("connectionstatechange", self._state_changed)
        try:
            with host_addresses(self._addresses):
                await self._peer.setLocalDescription(await self._peer.createOffer())
            answer = await self._exchange(self._peer.localDescription.sdp)
            await self._peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
            self._tap = RtpTap(transceiver, opus_type(answer), self._packet)
            self._tap.sent = self._sent
            async with asyncio.timeout(CONNECT):
                await self._connected
        except TimeoutError:
            await self._give_up()
            raise UnavailableError(f"no WebRTC connection came about within {CONNECT:.0f} s") from None
        except BaseException:
            await self._give_up()
            raise
        self._metronome.start()
        return self

    async def _give_up(self) -> None:
        self._connected.cancel()
        await self._peer.close()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.hang_up()

    async def play(self, pcm: bytes) -> Played:
        """Say s16le mono sound at 16 kHz after what is being said; returns when its last frame has gone out.

        Raises:
            UnavailableError: the call ended meanwhile.
            ProtocolError: more than 60 s would wait.
        """
        if self.ended.is_set():
            raise UnavailableError("the call is over")
        # Whole frames, so that each play begins with a frame of its own and frames match their times.
        samples = np.frombuffer(pcm, "<i2").astype(np.int16)
        samples = np.pad(samples, (0, -len(samples) % FRAME))
        if not len(samples):
            return Played(())
        self._queue.put(samples, RATE)
        play = _Play(len(samples) // FRAME, asyncio.get_running_loop().create_future())
        self._plays.append(play)
        return await play.done

    async def press(self, keys: str) -> None:
        """Press keys (``0–9``, ``*``, ``#``) over the data channel. Raises UnavailableError when it does not open."""
        if not set(keys) <= set(KEYS):
            raise ValueError(f"only the keys {KEYS} can be pressed")
        try:
            async with asyncio.timeout(5):
                await self._keys_open.wait()
        except TimeoutError:
            raise UnavailableError("the data channel for keys did not open within 5 s") from None
        for key in keys:
            self._keys.send(key)

    async def frames(self) -> AsyncIterator[ReceivedFrame]:
        """What is heard, packet by packet in order, until the call ends. One reader at a time."""
        while (frame := await self._received.get()) is not None:
            yield frame

    async def hang_up(self) -> None:
        """End the call; safe to call twice."""
        if self._keys.readyState == "open":
            with suppress(ConnectionError):
                self._keys.send("bye")
                await asyncio.sleep(0)  # let the data channel write before DTLS closes
        self._metronome.stop()
        self._tap.close()
        self._track.stop()
        await self._peer.close()
        self._over()

    # --- out ---

    def _beat(self, now: float) -> None:
        frame = self._queue.take(FRAME)
        if frame is not None:
            play = self._plays[0]
            self._outgoing[self._timestamp] = play
            play.taken += 1
            if play.taken == play.frames:
                self._plays.popleft()
        sound = np.zeros(FRAME, np.int16) if frame is None else frame
        payload = self._encoder.encode(self._surroundings(sound) if self._surroundings else sound)
        self._track.put(payload, self._timestamp)
        self._timestamp += CLOCK_RATE // 50

    def _sent(self, timestamp: int, now: float) -> None:
        if self._origin is None:  # aiortc adds a random offset to our timestamps
            self._origin = timestamp - (self._track.first or 0)
        gone = (timestamp - self._origin) & 0xFFFFFFFF
        # Frames before this one that did not go out were dropped for lateness: the listener's time for them is now.
        for earlier in [at for at in self._outgoing if at <= gone]:
            play = self._outgoing.pop(earlier)
            play.sent.append(now)
            if len(play.sent) == play.frames and not play.done.done():
                play.done.set_result(Played(tuple(play.sent)))

    # --- in ---

    def _packet(self, packet: RtpPacket, now: float) -> None:
        timestamp = self._unwrapper.unwrap(packet.timestamp)
        if timestamp <= self._newest:
            return
        self._newest = timestamp
        samples = self._decoder.decode(packet.payload)
        self._put(ReceivedFrame(samples.astype("<i2", copy=False).tobytes(), timestamp, now))

    def _put(self, frame: ReceivedFrame | None) -> None:
        if self._received.full():
            self._received.get_nowait()
            self.dropped += 1
        self._received.put_nowait(frame)

    # --- the connection ---

    def _state_changed(self) -> None:
        match self._peer.connectionState:
            case "connected" if not self._connected.done():
                self._connected.set_result(None)
            case "failed" | "closed":
                if not self._connected.done():
                    self._connected.set_exception(UnavailableError("the WebRTC connection failed"))
                self._over()

    def _failed(self, error: Exception) -> None:
        asyncio.get_running_loop().call_exception_handler({"message": "the call's beat failed", "exception": error})
        self._over()

    def _over(self) -> None:
        if self.ended.is_set():
            return
        self.ended.set()
        self._metronome.stop()
        for play in {id(play): play for play in (*self._plays, *self._outgoing.values())}.values():
            if not play.done.done():
                play.done.set_exception(UnavailableError("the call ended before all was said"))
        self._put(None)
