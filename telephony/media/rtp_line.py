"""The line of a SIP call: G.711 and keys over RTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from telephony.media.g711 import RATE, Samples
from telephony.media.negotiation import Agreement
from telephony.media.receiver import VoiceReceiver
from telephony.media.rtp import RtpPacket
from telephony.media.rtp_session import RtpPorts, RtpSession
from telephony.media.telephone_event import EventPacket, KeyReceiver, key_packets
from voicebot.errors import ProtocolError

MAX_KEYS = 64
"""Most keys that wait to be sent."""


class RtpLine:
    """G.711 and keys over RTP. ``ports`` are bound already; ``agreement`` may change during the call."""

    def __init__(
        self,
        ports: RtpPorts,
        agreement: Agreement,
        *,
        clock: Callable[[], float],
        on_key: Callable[[str], None],
        on_media: Callable[[float], None] = lambda now: None,
    ) -> None:
        self.receiver = VoiceReceiver(RATE, RATE)
        self.rtp = RtpSession(ports, self._packet, rate=RATE, clock=clock)
        self._on_key = on_key
        self._on_media = on_media
        self._keys = KeyReceiver()
        self._ssrc: int | None = None
        self._timestamp = self.rtp.ssrc ^ 0x5A5A5A5A
        self._marker = True
        self._presses: list[str] = []
        self._press: tuple[int, Iterator[EventPacket]] | None = None
        self.agree(agreement)

    def agree(self, agreement: Agreement) -> None:
        """Follow a new offer: hold, another address, another codec."""
        self._agreement = agreement
        self._marker = True
        self.rtp.connect(
            agreement.address, agreement.port, agreement.rtcp_port, mux=agreement.rtcp_mux, keys=agreement.keys
        )

    @property
    def sends(self) -> bool:
        """Whether the caller hears us."""
        return self._agreement.sends

    @property
    def receives(self) -> bool:
        """Whether media is due."""
        return self._agreement.receives

    @property
    def last_received(self) -> float:
        """When RTP came last, s."""
        return self.rtp.last_received

    def press(self, digit: str) -> None:
        """Send a key. Raises ProtocolError when the other side takes none or too many wait."""
        if self._agreement.event_type is None:
            raise ProtocolError("the other side takes no telephone events")
        if len(self._presses) == MAX_KEYS:
            raise ProtocolError(f"more than {MAX_KEYS} keys wait to be sent")
        self._presses.append(digit)

    def send(self, frame: Samples) -> None:
        """Send 20 ms of sound, or the next packet of a key in its place."""
        self._timestamp = (self._timestamp + len(frame)) & 0xFFFFFFFF
        if not self._send_key():
            agreement = self._agreement
            payload = agreement.codec.encode(frame)
            self.rtp.send(agreement.payload_type, self._timestamp, payload, marker=self._marker)
            self._marker = False

    def _send_key(self) -> bool:
        if self._press is None and self._presses:
            self._press = (self._timestamp, key_packets(self._presses.pop(0)))
        if self._press is None or self._agreement.event_type is None:
            return False
        timestamp, packets = self._press
        packet = next(packets, None)
        if packet is None:
            self._press = None
            self._marker = True
            return False
        for _ in range(packet.copies):
            self.rtp.send(self._agreement.event_type, timestamp, packet.payload, marker=packet.marker)
        return True

    def close(self) -> None:
        """Say BYE in RTCP and give the ports back."""
        self.rtp.close()

    def _packet(self, packet: RtpPacket, now: float) -> None:
        if packet.ssrc != self._ssrc:
            if self._ssrc is not None:
                self.receiver.reset()
                self._keys = KeyReceiver()
            self._ssrc = packet.ssrc
        codec = self._agreement.codecs.get(packet.payload_type)
        if codec is not None and packet.payload:
            self.receiver.push(packet.timestamp, len(packet.payload), codec, packet.payload, now)
            self._on_media(now)
        elif packet.payload_type == self._agreement.event_type and (key := self._keys.receive(packet)):
            self._on_key(key)
