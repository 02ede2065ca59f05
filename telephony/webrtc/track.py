"""What we send over WebRTC: Opus payloads handed to aiortc one by one, at the pace of whoever puts them in."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from typing import Any

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError
from av import Packet

from telephony.webrtc.opus import CLOCK_RATE

WAITING = 12
"""Most payloads that wait for aiortc, a little more than a late metronome catches up with at once. The oldest is
dropped when another comes, so lateness cannot build up."""


class OpusTrack(MediaStreamTrack):
    """An audio track of ready-made payloads: aiortc neither encodes nor paces them."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._payloads: asyncio.Queue[tuple[bytes, int] | None] = asyncio.Queue(WAITING)
        self.first: int | None = None
        """Timestamp of the first payload that aiortc took: those before it were dropped while it was not ready."""

    def put(self, payload: bytes, timestamp: int) -> None:
        """Send one payload now; ``timestamp`` counts at 48 kHz from 0."""
        self._offer((payload, timestamp))

    async def recv(self) -> Packet[Any]:
        """The next payload, for aiortc. Raises MediaStreamError when the track has stopped."""
        item = await self._payloads.get() if self.readyState == "live" else None
        if item is None:
            raise MediaStreamError
        payload, timestamp = item
        if self.first is None:
            self.first = timestamp
        packet = Packet(payload)
        packet.pts = timestamp
        packet.time_base = Fraction(1, CLOCK_RATE)
        return packet

    def stop(self) -> None:
        """End the track and wake whoever waits for it."""
        super().stop()
        self._offer(None)

    def _offer(self, item: tuple[bytes, int] | None) -> None:
        if self._payloads.full():
            self._payloads.get_nowait()
        self._payloads.put_nowait(item)
