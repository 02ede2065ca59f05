"""The media of one SIP call: its RTP ports, its side of the offers and answers, its line."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from telephony.media.negotiation import Agreement, LocalDescription, agree, local_address
from telephony.media.rtp_line import RtpLine
from telephony.media.rtp_session import RtpPorts
from telephony.media.sdes import Keys
from telephony.media.sdp import SessionDescription
from telephony.media.session import VoiceSession
from telephony.sip.handler import Call
from voicebot.errors import ProtocolError

log = logging.getLogger("voicebot.telephony")

STRAY = 50
"""Packets that SRTP drops without a word in the log: some telephones open their NAT with a few plain ones."""


class SipMedia:
    """Ports are taken at once; the session begins with the first agreement.

    Args:
        name: of the call in the log.
        srtp_required: whether plain RTP is refused, and never offered.
        begin: makes the session behind the line, when the first agreement is there.
        unusable: told that the peer's answer to an offer of ours cannot be used.
    """

    def __init__(
        self,
        name: str,
        local_ip: str,
        rtp_ports: tuple[int, int],
        *,
        srtp_required: bool,
        begin: Callable[[RtpLine], VoiceSession],
        unusable: Callable[[], None],
    ) -> None:
        """Raises UnavailableError: no port is free."""
        self._name = name
        self._address = local_address(local_ip)
        self._begin = begin
        self._unusable = unusable
        self._srtp_required = srtp_required
        self._ports = RtpPorts.open(local_ip, rtp_ports)
        self._local = LocalDescription(self._address, self._ports.number)
        self._keys: Keys | None = None
        if srtp_required:
            self._local.secure()
        self._line: RtpLine | None = None
        self._session: VoiceSession | None = None
        self._keys_in_rtp = False

    def answer(self, sdp: bytes) -> tuple[bytes, Agreement]:
        """Our answer to an offer, and what :meth:`follow` then takes. Raises ProtocolError."""
        offer = SessionDescription.parse(sdp)
        agreement = agree(offer, self._address, held=self._keys, required=self._srtp_required)
        return self._local.answer(offer, agreement), agreement

    def offer(self, *, secure: bool = False) -> bytes:
        """Our offer; ``secure``: of SRTP alone."""
        if secure:
            self._local.secure()
        return self._local.offer()

    @property
    def secured(self) -> bool:
        """Whether it is SRTP that was agreed."""
        return self._keys is not None

    def attach(self, call: Call) -> None:
        """Follow the call's offers, answers and keys from now on."""
        call.on_key = self._info_key
        call.on_reoffer = self._reoffer
        call.on_answer = self.answered
        call.on_offer_request = self._local.offer

    def follow(self, agreement: Agreement) -> None:
        """Begin, or change what was agreed."""
        if (agreement.keys is None) != (self._keys is None):
            log.info("call %s: %s", self._name, f"SRTP, {agreement.keys.ours.suite}" if agreement.keys else "plain RTP")
        self._keys = agreement.keys
        if self._line is not None:
            self._line.agree(agreement)
            return
        self._line = RtpLine(
            self._ports,
            agreement,
            clock=asyncio.get_running_loop().time,
            on_key=self._rtp_key,
            on_media=lambda now: self._session.arrived(now) if self._session else None,
        )
        self._line.rtp.start()
        self._session = self._begin(self._line)

    def answered(self, sdp: bytes) -> None:
        """The answer to an offer of ours."""
        try:
            self.follow(self._local.conclude(SessionDescription.parse(sdp), required=self._srtp_required))
        except ProtocolError as error:
            log.warning("call %s: the answer to our offer cannot be used: %s", self._name, error)
            self._unusable()

    def close(self) -> None:
        """Give the ports back where no line took them over."""
        if self._line is None:
            self._ports.close()
        elif (count := self._line.rtp.unauthentic) > STRAY:
            log.warning("call %s: %d packets failed SRTP's check and were dropped", self._name, count)

    def _reoffer(self, sdp: bytes) -> bytes | None:
        try:
            answer, agreement = self.answer(sdp)
        except ProtocolError as error:
            log.warning("call %s: a new offer was refused: %s", self._name, error)
            return None
        self.follow(agreement)
        return answer

    def _rtp_key(self, digit: str) -> None:
        self._keys_in_rtp = True
        if self._session is not None:
            self._session.key(digit)

    def _info_key(self, digit: str) -> None:
        # Some telephones send each key both ways.
        if not self._keys_in_rtp and self._session is not None:
            self._session.key(digit)
