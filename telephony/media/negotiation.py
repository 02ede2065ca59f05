"""Offer and answer (RFC 3264) of one G.711 stream with keys (RFC 4733)."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from telephony.media.g711 import CODECS, G711, PCMA, PCMU
from telephony.media.sdp import Direction, IPAddress, Media, SessionDescription
from voicebot.errors import ProtocolError

PROFILES = ("RTP/AVP", "RTP/AVPF")
EVENT_TYPE = 101
"""Payload type of telephone-event in our own offers."""

_OURS: dict[Direction, Direction] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}
"""What we do when the other side states the key (RFC 3264, section 6.1)."""


@dataclass(frozen=True)
class Agreement:
    """What both sides agreed for the voice."""

    address: IPAddress
    """The only address that media is accepted from, and where it is sent."""
    port: int
    rtcp_port: int
    codec: G711
    """What we send."""
    codecs: Mapping[int, G711]
    """What we may receive, by payload type."""
    payload_type: int
    """Of what we send."""
    event_type: int | None
    """Payload type of telephone-event, both ways; None when the other side has none."""
    direction: Direction
    """As we see it: ``recvonly`` means that we must not send (the caller has put us on hold)."""
    index: int = 0
    """Which medium of the offer it is."""
    rtcp_mux: bool = False

    @property
    def sends(self) -> bool:
        """Whether we may send."""
        return self.direction in ("sendrecv", "sendonly")

    @property
    def receives(self) -> bool:
        """Whether media is to be expected."""
        return self.direction in ("sendrecv", "recvonly")


def agree(description: SessionDescription, local: IPAddress) -> Agreement:
    """Choose the stream of an offer, or read the one of an answer.

    The first usable audio medium is taken, and its first G.711 format, because formats stand in order of preference.

    Raises:
        ProtocolError: nothing in it can be used (answer 488 Not Acceptable Here).
    """
    for index, media in enumerate(description.media):
        if media.kind == "audio" and media.port and media.protocol in PROFILES:
            codecs = _codecs(media)
            if codecs:
                return _agreement(index, media, codecs, local)
    raise ProtocolError("the session description has no audio medium with PCMA or PCMU over RTP/AVP")


def _agreement(index: int, media: Media, codecs: dict[int, G711], local: IPAddress) -> Agreement:
    address = media.address
    if address is None:
        raise ProtocolError("the session description gives no address for its audio")
    if address.version != local.version:
        raise ProtocolError(f"the session description's address is IPv{address.version}, ours IPv{local.version}")
    if address.is_multicast:
        raise ProtocolError("the session description's address is multicast")
    direction = _OURS[media.direction]
    if address.is_unspecified:  # hold as older telephones ask for it (RFC 3264, section 8.4)
        direction = "recvonly" if direction in ("sendrecv", "recvonly") else "inactive"
    payload_type = next(iter(codecs))
    events = (number for number in _numbers(media) if media.rtpmap.get(number) == "TELEPHONE-EVENT/8000")
    return Agreement(
        address=address,
        port=media.port,
        rtcp_port=media.port if media.rtcp_mux else media.rtcp_port or min(media.port + 1, 65535),
        codec=codecs[payload_type],
        codecs=codecs,
        payload_type=payload_type,
        event_type=next(events, None),
        direction=direction,
        index=index,
        rtcp_mux=media.rtcp_mux,
    )


def _codecs(media: Media) -> dict[int, G711]:
    """G.711 formats by payload type, in order of preference."""
    found = {}
    for number in _numbers(media):
        encoding = media.rtpmap.get(number)
        if encoding is None and number in CODECS:  # static types need no rtpmap
            found[number] = CODECS[number]
        elif encoding in ("PCMA/8000", "PCMA/8000/1"):
            found[number] = PCMA
        elif encoding in ("PCMU/8000", "PCMU/8000/1"):
            found[number] = PCMU
    return found


def _numbers(media: Media) -> list[int]:
    return [int(text) for text in media.formats if text.isascii() and text.isdigit() and len(text) <= 3]


@dataclass
class LocalDescription:
    """Our side of one call: the same session identifier all along, a version that grows (RFC 3264, section 8)."""

    address: IPAddress
    port: int
    session: int = field(default_factory=lambda: secrets.randbits(31))
    version: int = 0

    def answer(self, offer: SessionDescription, agreement: Agreement) -> bytes:
        """The answer: one line for each medium of the offer, refused ones with port 0 (RFC 3264, section 6)."""
        lines: list[str] = []
        for index, media in enumerate(offer.media):
            if index == agreement.index:
                lines += self._audio(
                    media.protocol,
                    {agreement.payload_type: agreement.codec},
                    agreement.event_type,
                    agreement.direction,
                )
                lines += ["a=rtcp-mux"] if agreement.rtcp_mux else []
            else:
                lines.append(f"m={media.kind} 0 {media.protocol} {media.formats[0]}")
        return self._description(lines)

    def offer(self, direction: Direction = "sendrecv") -> bytes:
        """An offer of PCMA, PCMU and keys, for an INVITE that came without one."""
        return self._description(self._audio("RTP/AVP", {8: PCMA, 0: PCMU}, EVENT_TYPE, direction))

    def _audio(
        self, protocol: str, codecs: Mapping[int, G711], event_type: int | None, direction: Direction
    ) -> list[str]:
        types = [*codecs, *([event_type] if event_type is not None else [])]
        lines = [f"m=audio {self.port} {protocol} {' '.join(map(str, types))}"]
        lines += [f"a=rtpmap:{number} {codec.name}/8000" for number, codec in codecs.items()]
        if event_type is not None:
            lines += [f"a=rtpmap:{event_type} telephone-event/8000", f"a=fmtp:{event_type} 0-15"]
        return [*lines, "a=ptime:20", f"a={direction}"]

    def _description(self, media: list[str]) -> bytes:
        self.version += 1
        host = f"IN IP{self.address.version} {self.address}"
        head = ["v=0", f"o=- {self.session} {self.version} {host}", "s=-", f"c={host}", "t=0 0"]
        return ("\r\n".join([*head, *media]) + "\r\n").encode()


def local_address(text: str) -> IPAddress:
    """Read our own address. Raises ProtocolError when it is none."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise ProtocolError(f"{text!r} is not an IP address") from None
