"""Calls that come over SIP: answers their offers and puts a bridge behind them."""

from __future__ import annotations

import logging
from collections.abc import Callable

from telephony.media.negotiation import Agreement
from telephony.sip.agent import Accepted, Credentials, IncomingCall, RegistrationSettings, Rejected
from voicebot.errors import ConfigurationError, ProtocolError, UnavailableError, VoicebotError
from voicebot.processes.sip_media import SipMedia
from voicebot.processes.telephony import Registration
from voicebot.processes.telephony_call import Bridge, connect_speech

log = logging.getLogger("voicebot.telephony")

RETRY_AFTER = 10
"""When a caller that we could not serve may try again, s."""


class SipDoor:
    """Decides about each SIP call.

    Args:
        srtp_required: whether a call without SRTP is refused.
        refused: told the status with which a call was refused.
        enter, leave: told of each bridge, so that all can be ended.
    """

    def __init__(
        self,
        *,
        speech: str,
        rtp_ports: tuple[int, int],
        srtp_required: bool,
        refused: Callable[[int], None],
        enter: Callable[[Bridge], None],
        leave: Callable[[Bridge], None],
    ) -> None:
        self._speech = speech
        self._rtp_ports = rtp_ports
        self._srtp_required = srtp_required
        self._refused = refused
        self._enter = enter
        self._leave = leave

    def answer(self, call: IncomingCall) -> Accepted | Rejected:
        """Take the call, or say why not."""
        try:
            sip_call = SipCall(call, self._speech, self._rtp_ports, srtp_required=self._srtp_required)
        except ProtocolError as error:
            log.warning("call %s refused: %s", call.id, error)
            self._refused(488)
            return Rejected(488, "Not Acceptable Here")
        except UnavailableError as error:
            log.error("call %s refused: %s", call.id, error)
            self._refused(503)
            return Rejected(503, "Service Unavailable", RETRY_AFTER)
        sip_call.open(self._enter, self._leave)
        return Accepted(sip_call.sdp)


class SipCall:
    """One SIP call that reached us: its media, and its bridge to the speech process."""

    def __init__(self, call: IncomingCall, speech: str, rtp_ports: tuple[int, int], *, srtp_required: bool) -> None:
        """Raises ProtocolError (nothing in the offer suits), UnavailableError (no port, no speech process)."""
        self._call = call
        self._agreement: Agreement | None = None
        self._media = SipMedia(
            call.id,
            call.local_ip,
            rtp_ports,
            srtp_required=srtp_required,
            begin=lambda line: self._bridge.start(line),
            unusable=lambda: self._bridge.end("no-codec"),
        )
        try:
            if call.offer is not None:
                self.sdp, self._agreement = self._media.answer(call.offer)
            else:
                self.sdp = self._media.offer()
            self._speech = connect_speech(speech)
        except VoicebotError:
            self._media.close()
            raise

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
            leg=call,
            secured=lambda: self._media.secured,
        )
        call.on_end = lambda reason: self._bridge.end(reason, by_caller=True)
        self._media.attach(call)
        enter(self._bridge)
        if self._agreement is not None:
            self._media.follow(self._agreement)

    def _closed(self, leave: Callable[[Bridge], None]) -> None:
        self._media.close()
        leave(self._bridge)


def registration_settings(registration: Registration) -> RegistrationSettings:
    """Our account in the user agent's words. Raises ConfigurationError."""
    host = registration.registrar.removeprefix("sip:")
    port = None
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
        ca_file=registration.ca_file,
        expires=registration.expires,
    )
