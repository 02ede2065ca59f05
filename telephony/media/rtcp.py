"""The least RTCP (RFC 3550, section 6): sender and receiver reports with a CNAME, and BYE."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from telephony.media.rtp import Unwrapper

SENDER_REPORT, RECEIVER_REPORT, DESCRIPTION, BYE = 200, 201, 202, 203
NTP_EPOCH = 2_208_988_800
"""1900 to 1970, s."""
INTERVAL = 5.0
"""Mean time between reports, s (RFC 3550, section 6.2)."""


@dataclass
class Reception:
    """What a report says of the stream that is received (RFC 3550, section 6.4.1 and appendix A)."""

    rate: int
    ssrc: int
    received: int = 0
    jitter: float = 0.0
    _first: int = -1
    _highest: int = 0
    _reported: tuple[int, int] = (0, 0)
    _transit: float | None = None
    _last_report: int = 0
    _last_report_at: float = 0.0

    def __post_init__(self) -> None:
        self._unwrapper = Unwrapper(16)

    def packet(self, sequence: int, timestamp: int, now: float) -> None:
        """Count a packet that arrived at ``now``, s."""
        extended = self._unwrapper.unwrap(sequence)
        if self._first < 0:
            self._first = self._highest = extended
        self._highest = max(self._highest, extended)
        self.received += 1
        transit = now * self.rate - timestamp
        if self._transit is not None:
            difference = abs(transit - self._transit)
            if difference < self.rate:  # a wrapped timestamp is no jitter
                self.jitter += (difference - self.jitter) / 16
        self._transit = transit

    def sender_report(self, data: bytes, now: float) -> None:
        """Note the time of a received sender report, which ours refers to."""
        if len(data) >= 20 and data[1] == SENDER_REPORT:
            self._last_report = int.from_bytes(data[10:14], "big")
            self._last_report_at = now

    @property
    def lost(self) -> int:
        """Packets lost so far; negative where duplicates came."""
        return self._highest - self._first + 1 - self.received if self.received else 0

    def block(self, now: float) -> bytes:
        """The report block of 24 octets."""
        expected = self._highest - self._first + 1
        expected_now, received_now = expected - self._reported[0], self.received - self._reported[1]
        self._reported = (expected, self.received)
        fraction = 0
        if expected_now > 0:
            fraction = min(255, max(0, (expected_now - received_now) * 256 // expected_now))
        lost = max(-0x800000, min(0x7FFFFF, self.lost)) & 0xFFFFFF
        since = int((now - self._last_report_at) * 65536) if self._last_report else 0
        return struct.pack(
            "!IIIIII",
            self.ssrc,
            fraction << 24 | lost,
            self._highest & 0xFFFFFFFF,
            int(self.jitter),
            self._last_report,
            min(since, 0xFFFFFFFF),
        )


def report(
    ssrc: int,
    cname: str,
    *,
    sent: tuple[float, int, int, int] | None,
    reception: Reception | None,
    now: float,
) -> bytes:
    """A compound packet: sender or receiver report, then the CNAME.

    Args:
        sent: wall time (s since 1970), RTP timestamp, packets and payload octets sent; None when nothing was sent.
        now: the clock that ``reception`` counts with, s.
    """
    blocks = reception.block(now) if reception and reception.received else b""
    count = 1 if blocks else 0
    if sent is not None:
        wall, timestamp, packets, octets = sent
        seconds = wall + NTP_EPOCH
        body = struct.pack(
            "!IIIIII",
            ssrc,
            int(seconds) & 0xFFFFFFFF,
            int(seconds % 1 * 2**32),
            timestamp & 0xFFFFFFFF,
            packets & 0xFFFFFFFF,
            octets & 0xFFFFFFFF,
        )
        return _packet(SENDER_REPORT, count, body + blocks) + _description(ssrc, cname)
    return _packet(RECEIVER_REPORT, count, struct.pack("!I", ssrc) + blocks) + _description(ssrc, cname)


def bye(ssrc: int, cname: str) -> bytes:
    """A compound packet that says that the stream is over."""
    empty = _packet(RECEIVER_REPORT, 0, struct.pack("!I", ssrc))
    return empty + _description(ssrc, cname) + _packet(BYE, 1, struct.pack("!I", ssrc))


def _description(ssrc: int, cname: str) -> bytes:
    name = cname.encode()[:255]
    item = struct.pack("!IBB", ssrc, 1, len(name)) + name
    # The list of items ends with a zero octet and is padded to a whole word.
    return _packet(DESCRIPTION, 1, item + bytes(4 - len(item) % 4))


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 2 << 6 | count, kind, len(body) // 4) + body
