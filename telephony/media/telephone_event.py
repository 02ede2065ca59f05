"""Keys in RTP (RFC 4733): named telephone events 0–15, received once each and sent.

A key press is one event: several packets with the RTP timestamp of its start, a growing duration, and at the end three
packets with the E bit. Any of them may be lost; each press is reported once, at the first of its packets that arrives.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from telephony.media.rtp import RtpPacket, Unwrapper

DIGITS = "0123456789*#ABCD"
"""Event codes 0 to 15 (RFC 4733, section 3.2)."""

_LONGEST_PAUSE = 800
"""Packets of one event follow each other within this, RTP units (100 ms at 8 kHz)."""

_LATEST = 80_000
"""A packet that is further behind than this belongs to a stream that began anew, RTP units (10 s)."""


@dataclass(frozen=True)
class TelephoneEvent:
    """The payload of one packet (RFC 4733, section 2.3)."""

    event: int
    end: bool
    volume: int
    """Level as −dBm0, 0–63."""
    duration: int
    """Since the event's timestamp, RTP units."""

    @classmethod
    def parse(cls, payload: bytes) -> TelephoneEvent | None:
        """Read a payload; None when it is too short."""
        if len(payload) < 4:
            return None
        event, flags, duration = struct.unpack_from("!BBH", payload)
        return cls(event, bool(flags & 0x80), flags & 0x3F, duration)

    def serialise(self) -> bytes:
        """The four octets of the payload."""
        return struct.pack("!BBH", self.event, self.end << 7 | self.volume, self.duration)


class KeyReceiver:
    """Turns the packets of one stream's telephone events into key presses, each once."""

    def __init__(self) -> None:
        self._unwrapper = Unwrapper(32)
        self._seen: int | None = None
        self._event = -1
        self._ended = True
        self._covered = 0

    def receive(self, packet: RtpPacket) -> str | None:
        """The key that this packet begins, or None when it continues or repeats one."""
        event = TelephoneEvent.parse(packet.payload)
        if event is None or event.event >= len(DIGITS):
            return None
        timestamp = self._unwrapper.unwrap(packet.timestamp)
        known = False
        if self._seen is not None:
            behind = self._seen - timestamp
            if 0 < behind < _LATEST:
                return None
            known = behind == 0 or (behind < 0 and self._continues(packet, event, timestamp))
        self._seen = timestamp
        self._covered = max(self._covered, timestamp + event.duration) if known else timestamp + event.duration
        self._ended = event.end or (known and self._ended)
        self._event = event.event
        return None if known else DIGITS[event.event]

    def _continues(self, packet: RtpPacket, event: TelephoneEvent, timestamp: int) -> bool:
        """A long press goes on in a new segment (RFC 4733, section 2.5.1.3), or a sender moves the timestamp on.

        The RFC requires one timestamp a segment, but senders that advance it with every packet exist. A new press has
        the marker bit and follows an end.
        """
        close = timestamp - self._covered <= _LONGEST_PAUSE
        return not self._ended and not packet.marker and event.event == self._event and close


@dataclass(frozen=True)
class EventPacket:
    """One packet to send: the caller adds sequence number, timestamp of the start and SSRC."""

    payload: bytes = field(repr=False)
    marker: bool
    copies: int
    """How often it is sent: the last one three times (RFC 4733, section 2.5.1.4)."""


def key_packets(digit: str, *, milliseconds: int = 160, rate: int = 8000, volume: int = 10) -> Iterator[EventPacket]:
    """The packets of one key press, one for each 20 ms.

    Raises:
        ValueError: ``digit`` is none of ``0–9*#A–D``.
    """
    event = DIGITS.index(digit)
    step = rate // 50
    total = max(2, milliseconds // 20)
    for number in range(1, total + 1):
        last = number == total
        content = TelephoneEvent(event, last, volume, min(number * step, 0xFFFF))
        yield EventPacket(content.serialise(), marker=number == 1, copies=3 if last else 1)
