"""A telephone of a few lines: it calls over SIP and RTP (G.711 A-law) on loopback and sends the canary."""

from __future__ import annotations

import asyncio
import re
import secrets
import struct
from types import TracebackType

import numpy as np

from telephony.media.g711 import PCMA, RATE, Samples
from telephony.media.metronome import Metronome
from voicebot.errors import UnavailableError
from voicebot.ports import FRAME_SECONDS
from voicebot.proof.canary import BURST, FLOOR, Canary

FRAME = round(RATE * FRAME_SECONDS)
ANSWER_SECONDS = 60.0
HOST = "127.0.0.1"


class _Datagrams(asyncio.DatagramProtocol):
    """Hands on what arrives."""

    def __init__(self, take: asyncio.Queue[bytes] | None = None) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: object) -> None:
        if self._take is not None and not self._take.full():
            self._take.put_nowait(data)


class SipCaller:
    """One call: ``async with SipCaller(port) as caller``. It sends the canary until it hangs up.

    Raises:
        UnavailableError: on entry, when nobody answers.
    """

    def __init__(self, port: int) -> None:
        self._to = (HOST, port)
        self._tag, self._call_id = secrets.token_hex(4), secrets.token_hex(8)
        self._remote_tag = ""
        self._canary = Canary(RATE)
        self._words: list[Samples] = []
        self._loud = True
        self._sequence, self._timestamp = 0, 0
        self._signals: asyncio.Queue[bytes] = asyncio.Queue(100)
        self.ended = asyncio.Event()
        """Set when the other side has hung up."""

    async def __aenter__(self) -> SipCaller:
        loop = asyncio.get_running_loop()
        local = (HOST, 0)
        self._signal, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self._signals), local_addr=local)
        self._media, _ = await loop.create_datagram_endpoint(_Datagrams, local_addr=local)
        self._metronome = Metronome(FRAME_SECONDS, self._beat, lambda error: self.ended.set())
        port = self._media.get_extra_info("sockname")[1]
        sdp = f"v=0\r\no=- 1 1 IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n"
        self._send("INVITE", 1, sdp)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._final()
        except TimeoutError:
            self._close()
            raise UnavailableError("nobody answered the SIP call of the proof") from None
        media = re.search(r"^m=audio (\d+)", answer, re.MULTILINE)
        tag = re.search(r"^To:.*;tag=([^\s;]+)", answer, re.MULTILINE | re.IGNORECASE)
        if not answer.startswith("SIP/2.0 200") or media is None or tag is None:
            self._close()
            raise UnavailableError(f"the SIP call of the proof was refused: {answer.splitlines()[0]}")
        self._remote_tag = tag[1]
        self._rtp = (HOST, int(media[1]))
        self._send("ACK", 1)
        self._metronome.start()
        self._watching = loop.create_task(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.ended.is_set():
            self._send("BYE", 2)
        self._watching.cancel()
        self._close()

    def say(self, speech: Samples) -> None:
        """Say something (8 kHz); from now on the tones lie under the words instead of standing alone."""
        self._loud = False
        padded = np.pad(speech, (0, -len(speech) % FRAME))
        self._words += [padded[at : at + FRAME] for at in range(0, len(padded), FRAME)]

    def _beat(self, now: float) -> None:
        words = self._words.pop(0) if self._words else np.zeros(FRAME, np.int16)
        payload = PCMA.encode(self._canary.under(words, BURST if self._loud else FLOOR))
        header = struct.pack("!BBHII", 0x80, PCMA.payload_type, self._sequence & 0xFFFF, self._timestamp, 0x50524F4F)
        self._sequence, self._timestamp = self._sequence + 1, self._timestamp + FRAME
        self._media.sendto(header + payload, self._rtp)

    async def _final(self) -> str:
        while True:
            text = (await self._signals.get()).decode(errors="replace")
            if text.startswith("SIP/2.0 ") and not text.startswith("SIP/2.0 1"):
                return text

    async def _watch(self) -> None:
        while True:
            text = (await self._signals.get()).decode(errors="replace")
            if text.startswith("BYE "):
                self._metronome.stop()
                kept = re.findall(r"^(?:Via|From|To|Call-ID|CSeq):.*$", text, re.MULTILINE | re.IGNORECASE)
                lines = ["SIP/2.0 200 OK", *(line.strip() for line in kept), "Content-Length: 0", "", ""]
                self._signal.sendto("\r\n".join(lines).encode(), self._to)
                self.ended.set()
            elif text.startswith("SIP/2.0 200") and "INVITE" in text:
                self._send("ACK", 1)  # sent again: our ACK was lost

    def _send(self, method: str, number: int, body: str = "") -> None:
        port = self._signal.get_extra_info("sockname")[1]
        tag = f";tag={self._remote_tag}" if self._remote_tag else ""
        lines = [
            f"{method} sip:cabinet@{HOST}:{self._to[1]} SIP/2.0",
            f"Via: SIP/2.0/UDP {HOST}:{port};branch=z9hG4bK{secrets.token_hex(6)};rport",
            "Max-Forwards: 70",
            f"From: <sip:anonymous@{HOST}>;tag={self._tag}",
            f"To: <sip:cabinet@{HOST}>{tag}",
            f"Call-ID: {self._call_id}",
            f"CSeq: {number} {method}",
            f"Contact: <sip:anonymous@{HOST}:{port}>",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
            "",
            body,
        ]
        self._signal.sendto("\r\n".join(lines).encode(), self._to)

    def _close(self) -> None:
        self._metronome.stop()
        self._signal.close()
        self._media.close()
