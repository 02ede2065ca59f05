"""Calls that come over SIP: answers their offers and puts a bridge behind them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from telephony.media.negotiation import Agreement, LocalDescription, agree, local_address
from telephony.media.rtp_line import RtpLine
from telephony.media.rtp_session import RtpPorts
from telephony.media.sdp import SessionDescription
from telephony.media.session import VoiceSession
from telephony.sip.agent import Accepted, Credentials, IncomingCall, RegistrationSettings, Rejected
from voicebot.errors import ConfigurationError, ProtocolError, UnavailableError
from voicebot.processes.telephony import Registration
from voicebot.processes.telephony_call import Bridge, connect_speech

log = logging.getLogger("voicebot.telephony")

RETRY_AFTER = 10
"""When a caller that we could not serve may try again, s."""


class SipDoor:
    """Decides about each SIP call.

    Args:
        admit: whether one more call fits.
        enter, leave: told of each bridge, so that all can be ended.
    """

    def __init__(
        self,
        *,
        speech: str,
        rtp_ports: tuple[int, int],
        admit: Callable[[], bool],
        enter: Callable[[Bridge], None],
        leave: Callable[[Bridge], None],
    ) -> None:
        self._speech = speech
        self._rtp_ports = rtp_ports
        self._admit = admit
        self._enter = enter
        self._leave = leave

    def answer(self, call: IncomingCall) -> Accepted | Rejected:
        """Take the call, or say why not."""
        if not self._admit():
            log.warning("call %s refused: full", call.id)
            return Rejected(486, "Busy Here")
        try:
            sip_call = SipCall(call, self._speech, self._rtp_ports)
        except ProtocolError as error:
            log.warning("call %s refused: %s", call.id, error)
            return Rejected(488, "Not Acceptable Here")
        except UnavailableError as error:
            log.error("call %s refused: %s", call.id, error)
            return Rejected(503, "Service Unavailable", RETRY_AFTER)
        sip_call.open(self._enter, self._leave)
        return Accepted(sip_call.sdp)


class SipCall:
    """One SIP call: its RTP ports, its side of the offers and answers, its bridge."""

    def __init__(self, call: IncomingCall, speech: str, rtp_ports: tuple[int, int]) -> None:
        """Raises ProtocolError (nothing in the offer suits), UnavailableError (no port, no speech process)."""
        self._call = call
        self._address = local_address(call.local_ip)
        offer = SessionDescription.parse(call.offer) if call.offer is not None else None
        agreement = agree(offer, self._address) if offer is not None else None
        self._ports = RtpPorts.open(call.local_ip, rtp_ports)
        try:
            self._speech = connect_speech(speech)
        except UnavailableError:
            self._ports.close()
            raise
        self._local = LocalDescription(self._address, self._ports.number)
        self._agreement = agreement
        self._line: RtpLine | None = None
        self._session: VoiceSession | None = None
        self._keys_in_rtp = False
        if offer is not None and agreement is not None:
            self.sdp = self._local.answer(offer, agreement)
        else:
            self.sdp = self._local.offer()

    def open(self, enter: Callable[[Bridge], None], leave: Callable[[Bridge], None]) -> None:
        """Follow the call from now on."""
        call = self._call
        self._bridge = Bridge(
            call.id,
            kind="sip",
            caller=call.caller,
            speech=self._speech,
            hang_up=call.hang_up,
            done=lambda: self._closed(leave),
        )
        call.on_end = lambda reason: self._bridge.end(reason, by_caller=True)
        call.on_key = self._info_key
        call.on_reoffer = self._reoffer
        call.on_answer = self._answered
        call.on_offer_request = self._local.offer
        enter(self._bridge)
        if self._agreement is not None:
            self._begin(self._agreement)

    def _begin(self, agreement: Agreement) -> None:
        self._line = RtpLine(
            self._ports,
            agreement,
            clock=asyncio.get_running_loop().time,
            on_key=self._rtp_key,
            on_media=lambda now: self._session.arrived(now) if self._session else None,
        )
        self._line.rtp.start()
        self._session = self._bridge.start(self._line)

    def _reoffer(self, sdp: bytes) -> bytes | None:
        try:
            offer = SessionDescription.parse(sdp)
            agreement = agree(offer, self._address)
        except ProtocolError as error:
            log.warning("call %s: a new offer was refused: %s", self._call.id, error)
            return None
        self._follow(agreement)
        return self._local.answer(offer, agreement)

    def _answered(self, sdp: bytes) -> None:
        try:
            self._follow(agree(SessionDescription.parse(sdp), self._address))
        except ProtocolError as error:
            log.warning("call %s: the answer to our offer cannot be used: %s", self._call.id, error)
            self._bridge.end("no-codec")

    def _follow(self, agreement: Agreement) -> None:
        if self._line is None:
            self._begin(agreement)
        else:
            self._line.agree(agreement)

    def _rtp_key(self, digit: str) -> None:
        self._keys_in_rtp = True
        self._bridge.key(digit)

    def _info_key(self, digit: str) -> None:
        # Some telephones send each key both ways.
        if not self._keys_in_rtp:
            self._bridge.key(digit)

    def _closed(self, leave: Callable[[Bridge], None]) -> None:
        if self._line is None:
            self._ports.close()
        leave(self._bridge)


def registration_settings(registration: Registration) -> RegistrationSettings:
    """Our account in the user agent's words. Raises ConfigurationError."""
    host = registration.registrar.removeprefix("sip:")
    port = 5060
    bracket = host.rfind("]")
    if ":" in host[bracket + 1 :]:
        host, _, number = host.rpartition(":")
        if not (number.isascii() and number.isdigit() and 0 < int(number) < 65536):
            raise ConfigurationError("SIP registration: the registrar's port is not a number up to 65535")
        port = int(number)
    return RegistrationSettings(
        registrar=host,
        user=registration.user,
        credentials=Credentials(registration.user, registration.secret),
        port=port,
        transport=registration.transport.upper(),
        expires=registration.expires,
    )
