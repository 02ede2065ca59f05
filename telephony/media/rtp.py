"""RTP packets (RFC 3550, section 5.1): parse and serialise, byte for byte."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from voicebot.errors import ProtocolError

VERSION = 2
HEADER = 12
MAX_PACKET = 1500
"""Longest datagram that is parsed, bytes: an Ethernet frame."""


@dataclass(frozen=True)
class RtpPacket:
    """One RTP packet. Numbers are unsigned as on the wire: 16-bit sequence, 32-bit timestamp and SSRC."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes = field(repr=False)
    marker: bool = False
    csrcs: tuple[int, ...] = ()
    extension: tuple[int, bytes] | None = None
    """Profile-defined identifier and content (a whole number of 32-bit words)."""
    padding: bytes = b""
    """Padding as received, its last octet being its length."""

    @classmethod
    def parse(cls, data: bytes) -> RtpPacket:
        """Read one datagram.

        Raises:
            ProtocolError: not RTP version 2, or cut short.
        """
        if not HEADER <= len(data) <= MAX_PACKET:
            raise ProtocolError("an RTP packet is too short or too long")
        first, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", data)
        if first >> 6 != VERSION:
            raise ProtocolError("an RTP packet is not of version 2")
        start = HEADER + 4 * (first & 0x0F)
        extension = None
        if start > len(data):
            raise ProtocolError("an RTP packet's CSRC list is cut short")
        csrcs = struct.unpack_from(f"!{first & 0x0F}I", data, HEADER)
        if first & 0x10:
            if start + 4 > len(data):
                raise ProtocolError("an RTP header extension is cut short")
            profile, words = struct.unpack_from("!HH", data, start)
            start += 4
            if start + 4 * words > len(data):
                raise ProtocolError("an RTP header extension is cut short")
            extension = (profile, data[start : start + 4 * words])
            start += 4 * words
        end = len(data)
        if first & 0x20:
            end -= data[-1]
            if data[-1] == 0 or end < start:
                raise ProtocolError("an RTP packet's padding is out of bounds")
        return cls(
            payload_type=second & 0x7F,
            sequence=sequence,
            timestamp=timestamp,
            ssrc=ssrc,
            payload=data[start:end],
            marker=bool(second & 0x80),
            csrcs=csrcs,
            extension=extension,
            padding=data[end:],
        )

    def serialise(self) -> bytes:
        """The datagram."""
        first = VERSION << 6 | bool(self.padding) << 5 | (self.extension is not None) << 4 | len(self.csrcs)
        header = struct.pack(
            f"!BBHII{len(self.csrcs)}I",
            first,
            self.marker << 7 | self.payload_type,
            self.sequence,
            self.timestamp,
            self.ssrc,
            *self.csrcs,
        )
        if self.extension is not None:
            profile, content = self.extension
            header += struct.pack("!HH", profile, len(content) // 4) + content
        return header + self.payload + self.padding


def is_rtcp(data: bytes) -> bool:
    """Whether a datagram that shares the RTP port is RTCP (RFC 5761, section 4)."""
    return len(data) >= 2 and 192 <= data[1] <= 223


class Unwrapper:
    """Extend a wrapping counter of ``bits`` bits to one that never wraps (nearest to the last value seen)."""

    def __init__(self, bits: int) -> None:
        self._size = 1 << bits
        self._last: int | None = None

    def unwrap(self, value: int) -> int:
        """The extended value; it may go back a little when packets are reordered."""
        if self._last is None:
            self._last = value
        else:
            step = (value - self._last) % self._size
            self._last += step - self._size if step >= self._size // 2 else step
        return self._last
