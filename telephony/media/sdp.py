"""Session descriptions (SDP, RFC 8866): read what a telephone sends, bounded and lenient where it does no harm.

Only what a voice call needs is kept: of each medium its port, profile, formats, address, direction, and the attributes
``rtpmap``, ``ptime``, ``rtcp``, ``rtcp-mux`` and ``crypto``. ``negotiation.py`` decides what is answered.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Literal

from telephony.media import sdes
from voicebot.errors import ProtocolError

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
DIRECTIONS: tuple[Direction, ...] = ("sendrecv", "sendonly", "recvonly", "inactive")
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_BYTES = 32 * 1024
MAX_LINES = 1000
MAX_MEDIA = 32
MAX_FORMATS = 128
MAX_CRYPTO = 16


@dataclass(frozen=True)
class Media:
    """One medium: an ``m=`` line with what follows it, defaults of the session filled in."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    address: IPAddress | None = None
    """Where it wants to receive; None when the description gives none."""
    direction: Direction = "sendrecv"
    """As its sender states it."""
    rtpmap: dict[int, str] = field(default_factory=dict)
    """Payload type to encoding, in capitals, ``NAME/RATE`` or ``NAME/RATE/CHANNELS``."""
    ptime: int | None = None
    """Packet duration that its sender prefers to receive, ms."""
    rtcp_port: int | None = None
    """Explicit RTCP port (RFC 3605)."""
    rtcp_mux: bool = False
    """RTCP may share the RTP port (RFC 5761)."""
    crypto: tuple[sdes.Crypto, ...] = ()
    """Keys for SRTP that we can use, in its sender's order; other lines are left out."""


@dataclass(frozen=True)
class SessionDescription:
    """A description as received."""

    media: tuple[Media, ...]

    @classmethod
    def parse(cls, data: bytes) -> SessionDescription:
        """Read a description.

        Raises:
            ProtocolError: not SDP, out of bounds, or with a line that cannot be obeyed.
        """
        if len(data) > MAX_BYTES:
            raise ProtocolError(f"a session description exceeds {MAX_BYTES} bytes")
        lines = data.decode(errors="replace").replace("\r\n", "\n").strip("\n").split("\n")
        if lines[0].strip() != "v=0":
            raise ProtocolError("a session description does not begin with v=0")
        if len(lines) > MAX_LINES:
            raise ProtocolError(f"a session description has more than {MAX_LINES} lines")
        session = _Section()
        media: list[_Section] = []
        for line in lines:
            name, separator, value = line.partition("=")
            if separator and name == "m":
                if len(media) == MAX_MEDIA:
                    raise ProtocolError(f"a session description has more than {MAX_MEDIA} media")
                media.append(_Section(value.strip()))
            elif separator:
                (media[-1] if media else session).read(name, value.strip())
        return cls(tuple(section.finish(session) for section in media))


class _Section:
    """The lines of the session or of one medium while they are read."""

    def __init__(self, line: str = "") -> None:
        self.line = line
        self.address: IPAddress | None = None
        self.direction: Direction | None = None
        self.rtpmap: dict[int, str] = {}
        self.ptime: int | None = None
        self.rtcp_port: int | None = None
        self.rtcp_mux = False
        self.crypto: dict[int, sdes.Crypto] = {}

    def read(self, name: str, value: str) -> None:
        if name == "c":
            self.address = _connection(value)
        elif name == "a":
            self._attribute(*value.partition(":")[::2])

    def _attribute(self, name: str, value: str) -> None:
        for direction in DIRECTIONS:
            if name == direction:
                self.direction = direction
        if name == "rtpmap":
            number, _, encoding = value.partition(" ")
            payload_type = _number(number, 127, "payload type")
            if len(self.rtpmap) < MAX_FORMATS:
                self.rtpmap[payload_type] = encoding.strip().upper()
        elif name == "ptime":
            # Some telephones write 20.0; one that makes no sense is only a preference and is left out.
            whole = value.split(".")[0]
            self.ptime = int(whole) if whole.isascii() and whole.isdigit() and len(whole) < 5 else None
        elif name == "rtcp":
            self.rtcp_port = _number(value.split(" ")[0], 65535, "RTCP port")
        elif name == "rtcp-mux":
            self.rtcp_mux = True
        elif name == "crypto" and (line := sdes.read(value)) is not None and len(self.crypto) < MAX_CRYPTO:
            self.crypto.setdefault(line.tag, line)

    def finish(self, session: _Section) -> Media:
        words = self.line.split()
        if len(words) < 4 or len(words) > 3 + MAX_FORMATS:
            raise ProtocolError("a session description's m= line has too few or too many words")
        return Media(
            kind=words[0].lower(),
            port=_number(words[1].split("/")[0], 65535, "port"),
            protocol=words[2],
            formats=tuple(words[3:]),
            address=self.address or session.address,
            direction=self.direction or session.direction or "sendrecv",
            rtpmap=self.rtpmap,
            ptime=self.ptime or session.ptime,
            rtcp_port=self.rtcp_port,
            rtcp_mux=self.rtcp_mux,
            crypto=tuple(self.crypto.values()),
        )


def _connection(value: str) -> IPAddress:
    """Read ``IN IP4 192.0.2.1`` (a multicast suffix ``/127`` is dropped; the address is refused later)."""
    words = value.split()
    if len(words) != 3 or words[0] != "IN" or words[1] not in ("IP4", "IP6"):
        raise ProtocolError("a session description's c= line is malformed")
    try:
        # No host names: resolving one would let a caller make us ask a name server.
        return ipaddress.ip_address(words[2].split("/")[0])
    except ValueError:
        raise ProtocolError("a session description's c= line has no IP address") from None


def _number(text: str, bound: int, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= bound):
        raise ProtocolError(f"a session description's {what} is not a number up to {bound}")
    return int(text)
