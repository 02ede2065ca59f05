"""Offer and answer (RFC 3264) of one G.711 stream with keys (RFC 4733), over SRTP where both sides can (RFC 4568).

SRTP is asked for by the profile RTP/SAVP, or by ``a=crypto`` beside RTP/AVP, as many telephones and PBXs do that take
either.
"""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from telephony.media import sdes
from telephony.media.g711 import CODECS, G711, PCMA, PCMU
from telephony.media.sdes import Crypto, Keys, Suite
from telephony.media.sdp import Direction, IPAddress, Media, SessionDescription
from voicebot.errors import ProtocolError

PLAIN = ("RTP/AVP", "RTP/AVPF")
SECURE = ("RTP/SAVP", "RTP/SAVPF")
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
    keys: Keys | None = None
    """Of SRTP; None for plain RTP."""

    @property
    def sends(self) -> bool:
        """Whether we may send."""
        return self.direction in ("sendrecv", "sendonly")

    @property
    def receives(self) -> bool:
        """Whether media is to be expected."""
        return self.direction in ("sendrecv", "recvonly")


def agree(
    offer: SessionDescription, local: IPAddress, *, held: Keys | None = None, required: bool = False
) -> Agreement:
    """Choose the stream of an offer.

    The first usable audio medium is taken, one with SRTP before one without, and its first G.711 format, because
    formats stand in order of preference.

    Args:
        held: the keys in use, where the offer changes a call.
        required: whether plain RTP is refused.

    Raises:
        ProtocolError: nothing in it can be used (answer 488 Not Acceptable Here).
    """
    return _choose(offer, local, lambda media: sdes.take_up(media.crypto, held), required=required)


def _choose(
    description: SessionDescription, local: IPAddress, keys_of: Callable[[Media], Keys | None], *, required: bool
) -> Agreement:
    voices = []
    for index, media in enumerate(description.media):
        if media.kind == "audio" and media.port and media.protocol in PLAIN + SECURE and (codecs := _codecs(media)):
            voices.append((index, media, codecs, keys_of(media)))
    if not voices:
        raise ProtocolError("the session description has no audio medium with PCMA or PCMU over RTP/AVP or RTP/SAVP")
    for index, media, codecs, keys in voices:
        if keys is not None:
            return _agreement(index, media, codecs, local, keys)
    for index, media, codecs, _ in voices:
        if media.protocol in PLAIN and not required:
            return _agreement(index, media, codecs, local, None)
    raise ProtocolError(
        "the session description has no a=crypto line that can be used"
        f" ({' or '.join(Suite)}, without MKI)" + (", and plain RTP is not wanted" if required else "")
    )


def _agreement(index: int, media: Media, codecs: dict[int, G711], local: IPAddress, keys: Keys | None) -> Agreement:
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
        keys=keys,
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
    protocol: str = PLAIN[0]
    crypto: tuple[Crypto, ...] = ()
    """Our keys in the last description: what the next answer refers to."""

    def answer(self, offer: SessionDescription, agreement: Agreement) -> bytes:
        """The answer: one line for each medium of the offer, refused ones with port 0 (RFC 3264, section 6)."""
        lines: list[str] = []
        for index, media in enumerate(offer.media):
            if index == agreement.index:
                self.protocol = media.protocol
                self.crypto = (agreement.keys.ours,) if agreement.keys is not None else ()
                codecs = {agreement.payload_type: agreement.codec}
                lines += self._audio(codecs, agreement.event_type, agreement.direction)
                lines += ["a=rtcp-mux"] if agreement.rtcp_mux else []
            else:
                lines.append(f"m={media.kind} 0 {media.protocol} {media.formats[0]}")
        return self._description(lines)

    def offer(self, direction: Direction = "sendrecv") -> bytes:
        """An offer of PCMA, PCMU and keys, plain or by SRTP as the last description was."""
        return self._description(self._audio({8: PCMA, 0: PCMU}, EVENT_TYPE, direction))

    def secure(self) -> None:
        """Offer SRTP and nothing else, with keys of every suite that we know."""
        self.protocol = SECURE[0]
        self.crypto = tuple(Crypto.fresh(tag, suite) for tag, suite in enumerate(Suite, 1))

    def conclude(self, answer: SessionDescription, *, required: bool = False) -> Agreement:
        """Read the answer to the last description. Raises ProtocolError: it cannot be used, hang up."""
        return _choose(
            answer,
            self.address,
            lambda media: sdes.conclude(media.crypto, self.crypto),
            # An answer may not take away what the offer insisted on.
            required=required or self.protocol in SECURE,
        )

    def _audio(self, codecs: Mapping[int, G711], event_type: int | None, direction: Direction) -> list[str]:
        types = [*codecs, *([event_type] if event_type is not None else [])]
        lines = [f"m=audio {self.port} {self.protocol} {' '.join(map(str, types))}"]
        lines += [crypto.line for crypto in self.crypto]
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
