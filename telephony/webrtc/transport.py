"""RTP packets beneath aiortc's peer connection: received before its jitter buffer, sent with the right marker bit.

aiortc's receiver counts packets, not time: one lost packet stalls it for some 280 ms and leaves a lag for the rest of
the call. Its DTLS transport calls two methods on itself that are replaced here for one connection: ``_handle_rtp_data``
with every decrypted RTP packet, and ``_send_rtp`` with every one to be encrypted.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable

from aiortc import RTCRtpTransceiver
from aiortc.rtcdtlstransport import RTCDtlsTransport

from telephony.media import rtcp
from telephony.media.rtp import RtpPacket, is_rtcp
from telephony.webrtc.opus import CLOCK_RATE
from voicebot.errors import ProtocolError


class RtpTap:
    """Takes over the RTP of one audio transceiver. ``on_packet`` gets each packet of the audio's payload type."""

    def __init__(
        self,
        transceiver: RTCRtpTransceiver,
        payload_type: int,
        on_packet: Callable[[RtpPacket, float], None],
    ) -> None:
        transport: RTCDtlsTransport = transceiver.receiver.transport
        self.sent: Callable[[int, float], None] | None = None
        """Called with the RTP timestamp of each packet when it has gone out, and the loop's time."""
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._payload_type = payload_type
        self._on_packet = on_packet
        self._reception: rtcp.Reception | None = None
        self._ssrc = transceiver.sender._ssrc
        self._marked = False
        self._send = transport._send_rtp
        transport._handle_rtp_data = self._received  # type: ignore[method-assign]
        transport._send_rtp = self._sending  # type: ignore[method-assign]
        self._reports = self._loop.create_task(self._report())

    def close(self) -> None:
        """Stop reporting."""
        self._reports.cancel()

    async def _received(self, data: bytes, arrival_time_ms: int) -> None:
        now = self._loop.time()
        try:
            packet = RtpPacket.parse(data)
        except ProtocolError:
            return
        if packet.payload_type != self._payload_type:
            return
        if self._reception is None or self._reception.ssrc != packet.ssrc:
            self._reception = rtcp.Reception(CLOCK_RATE, packet.ssrc)
        self._reception.packet(packet.sequence, packet.timestamp, now)
        self._on_packet(packet, now)

    async def _sending(self, data: bytes) -> None:
        if is_rtcp(data):
            await self._send(data)
            return
        # aiortc marks every packet; only the first after a pause is marked (RFC 3551, section 4.1), and we make none.
        changed = bytearray(data)
        changed[1] = changed[1] & 0x7F | (0 if self._marked else 0x80)
        self._marked = True
        await self._send(bytes(changed))
        if self.sent is not None:
            self.sent(int.from_bytes(data[4:8], "big"), self._loop.time())

    async def _report(self) -> None:
        """Receiver reports in aiortc's stead, since it no longer sees what is received."""
        name = secrets.token_hex(6)
        while True:
            await asyncio.sleep(rtcp.INTERVAL * random.uniform(0.5, 1.5))  # noqa: S311
            if self._reception is not None and self._transport.state == "connected":
                report = rtcp.report(self._ssrc, name, sent=None, reception=self._reception, now=self._loop.time())
                try:
                    await self._send(report)
                except ConnectionError:
                    return
