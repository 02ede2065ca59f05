"""A call from a browser: answers its offer with aiortc (ICE, DTLS-SRTP, Opus) and puts our media engine behind it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCRtpSender, RTCSessionDescription

from telephony.media.g711 import Samples
from telephony.media.receiver import VoiceReceiver
from telephony.media.rtp import RtpPacket
from telephony.media.sdp import SessionDescription
from telephony.webrtc.ice import host_addresses
from telephony.webrtc.opus import CLOCK_RATE, RATE, OpusDecoder, OpusEncoder, duration
from telephony.webrtc.track import OpusTrack
from telephony.webrtc.transport import RtpTap
from voicebot.errors import ProtocolError

log = logging.getLogger("voicebot.telephony.webrtc")

KEYS = "0123456789*#"
CONNECT = 15.0
"""ICE and DTLS must succeed within this, s."""


class WebCall:
    """One WebRTC call; it is the :class:`~telephony.media.session.Line` of its session.

    Args:
        on_connected: sound can flow.
        on_key: a key came over the data channel ``keys``, one digit a message.
        on_end: the call is over: ``hung-up``, ``lost`` or ``not-connected``. Called once, never after :meth:`close`.
        on_media: sound arrived at this time (event loop clock, s).
    """

    def __init__(
        self,
        *,
        addresses: Sequence[str],
        on_connected: Callable[[], None],
        on_key: Callable[[str], None],
        on_end: Callable[[str], None],
    ) -> None:
        self.receiver = VoiceReceiver(RATE, CLOCK_RATE)
        self.on_media: Callable[[float], None] | None = None
        self._addresses = tuple(addresses)
        self._on_connected = on_connected
        self._on_key = on_key
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        # No STUN or TURN server: aiortc's default would ask one on the internet.
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._track = OpusTrack()
        self._encoder = OpusEncoder()
        self._decoder = OpusDecoder()
        self._tap: RtpTap | None = None
        self._ssrc: int | None = None
        self._timestamp = 0
        self._connected = False
        self._over = False
        self._last = self._loop.time()
        self._closing: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None

    async def answer(self, offer: str) -> str:
        """The SDP answer to an SDP offer, candidates included.

        Raises:
            ProtocolError: the offer is malformed or has no Opus.
        """
        _check(offer)
        peer = self._peer
        transceiver = peer.addTransceiver(self._track, direction="sendrecv")
        capabilities = RTCRtpSender.getCapabilities("audio")
        opus = [codec for codec in capabilities.codecs if codec.mimeType == "audio/opus"] if capabilities else []
        transceiver.setCodecPreferences(opus)
        peer.on("connectionstatechange", self._state_changed)
        peer.on("datachannel", self._channel_opened)
        try:
            with host_addresses(self._addresses):
                await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
                answer = await peer.createAnswer()
                await peer.setLocalDescription(answer)
        except Exception as error:
            # aiortc lets what is malformed in an offer surface as nearly any exception, AssertionError included.
            raise ProtocolError(f"the offer cannot be answered ({type(error).__name__})") from None
        local = peer.localDescription.sdp
        self._tap = RtpTap(transceiver, opus_type(local), self._packet)
        self._deadline = self._loop.call_later(CONNECT, self._not_connected)
        return str(local)

    # --- Line ---

    @property
    def sends(self) -> bool:
        """Whether the caller can hear us."""
        return self._connected

    @property
    def receives(self) -> bool:
        """Media is always due: browsers send all the time."""
        return True

    @property
    def last_received(self) -> float:
        """When sound came last, on the event loop's clock, s."""
        return self._last

    def send(self, frame: Samples) -> None:
        """Send 20 ms at 16 kHz."""
        payload = self._encoder.encode(frame)
        if payload:
            self._track.put(payload, self._timestamp)
        self._timestamp += CLOCK_RATE // 50

    def press(self, digit: str) -> None:
        """Keys go from browsers only. Raises ProtocolError."""
        raise ProtocolError("a browser takes no keys")

    def close(self) -> None:
        """End the call; the browser is told by DTLS."""
        self._over = True
        if self._closing is None:
            self._closing = self._loop.create_task(self._close())

    async def closed(self) -> None:
        """Wait until everything has been given back."""
        if self._closing is not None:
            await asyncio.shield(self._closing)

    # --- events ---

    def _packet(self, packet: RtpPacket, now: float) -> None:
        self._last = now
        if packet.ssrc != self._ssrc:
            if self._ssrc is not None:
                self.receiver.reset()
            self._ssrc = packet.ssrc
        if length := duration(packet.payload):
            self.receiver.push(packet.timestamp, length, self._decoder, packet.payload, now)
            if self.on_media is not None:
                self.on_media(now)

    def _state_changed(self) -> None:
        match self._peer.connectionState:
            case "connected" if not self._connected and not self._over:
                self._connected = True
                self._last = self._loop.time()
                self._on_connected()
            case "failed":
                self._end("lost" if self._connected else "not-connected")
            case "closed":
                self._end("hung-up")

    def _channel_opened(self, channel: RTCDataChannel) -> None:
        channel.on("message", self._message)
        if channel.label == "bye":
            self._end("hung-up")

    def _message(self, message: str | bytes) -> None:
        if message == "bye":
            self._end("hung-up")
        elif isinstance(message, str) and len(message) == 1 and message in KEYS and not self._over:
            self._on_key(message)

    def _not_connected(self) -> None:
        if not self._connected:
            self._end("not-connected")

    def _end(self, reason: str) -> None:
        if not self._over:
            self._over = True
            self._on_end(reason)

    async def _close(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        if self._tap is not None:
            self._tap.close()
        self._track.stop()
        try:
            await self._peer.close()
        except Exception as error:
            # An offer that aiortc could not apply leaves it half built; its sockets must go all the same.
            log.warning("a half-built connection was closed by force (%s)", type(error).__name__)
            for transport in tuple(getattr(self._peer, "_RTCPeerConnection__iceTransports", ())):
                await transport.stop()


def _check(offer: str) -> None:
    """One audio medium and at most a data channel. Raises ProtocolError.

    aiortc would open a decoder thread for each medium, and sockets for each that is not bundled.
    """
    kinds = sorted(media.kind for media in SessionDescription.parse(offer.encode()).media)
    if kinds not in (["audio"], ["application", "audio"]):
        raise ProtocolError("the offer must have one audio medium and at most one data channel")


def opus_type(description: str) -> int:
    """The payload type of Opus in an SDP description. Raises ProtocolError when it has none."""
    for media in SessionDescription.parse(description.encode()).media:
        for number, encoding in media.rtpmap.items():
            if media.kind == "audio" and encoding.startswith("OPUS/48000"):
                return number
    raise ProtocolError("the offer has no Opus")
