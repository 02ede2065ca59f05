"""A call that is passed to a person: the trunk is asked to connect the two (REFER), else we ring and join the two legs.

The caller hears ringing meanwhile, and the speech process nothing. Where nobody answers the caller comes back to it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Literal

from telephony.media.relay import Relay
from telephony.media.rtp_line import RtpLine
from telephony.media.session import Listener, VoiceSession
from telephony.sip.agent import OutgoingCall, UserAgent
from telephony.sip.invitation import refusal
from telephony.sip.referral import ReferralEnd
from voicebot.errors import UnavailableError
from voicebot.processes.sip_media import SipMedia
from voicebot.processes.telephony import Contacts
from voicebot.processes.telephony_call import TRANSFERRED, Bridge

log = logging.getLogger("voicebot.telephony")

MARGIN = 5.0
"""How much longer than the telephone may ring the trunk has to say that nobody answered, s."""

NOT_ACCEPTABLE = (415, 488, 606)
"""How a telephone refuses an offer of SRTP, or one without."""

ACCEPT = 20.0
"""How long whoever answers may take to press the key that takes the call, s."""

Told = Literal["ringing", "briefing", "answered", "failed"]
Report = Callable[[Told, str | None, int | None], None]
"""State (``briefing``: whoever answered waits to be told what this call is), reason (``busy``, ``declined``,
``no-answer``, ``unreachable``, ``unavailable``) and SIP status."""


class Transfer:
    """One attempt. ``report`` is told of ``answered`` or ``failed`` once, unless the caller hangs up before."""

    def __init__(
        self,
        bridge: Bridge,
        contact: str,
        *,
        agent: UserAgent,
        contacts: Contacts,
        rtp_ports: tuple[int, int],
        srtp_required: bool,
        report: Report,
    ) -> None:
        self._bridge = bridge
        self._contact = contact
        self._agent = agent
        self._contacts = contacts
        self._rtp_ports = rtp_ports
        self._srtp_required = srtp_required
        self._secure = srtp_required or bridge.secured()
        self._asked_otherwise = srtp_required
        self._report = report
        self._call: OutgoingCall | None = None
        self._media: SipMedia | None = None
        self._session: VoiceSession | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._joined = False
        self._over = False

    def start(self) -> None:
        """Begin; the caller hears ringing from now on."""
        bridge, contacts = self._bridge, self._contacts
        refer = contacts.refer and contacts.accept_key is None and bridge.leg is not None
        if bridge.hold(patient=refer) is None:
            self._fail("unavailable", None)
            return
        bridge.on_end = self._caller_gone
        if bridge.leg is not None and refer:
            try:
                bridge.leg.refer(self._contact, patience=contacts.ring_seconds + MARGIN, done=self._referred)
            except UnavailableError as error:
                log.warning("call %s: no transfer: %s", bridge.id, error)
                self._fail("unavailable", None)
        else:
            self._dial()

    # --- by the trunk ---

    def _referred(self, end: ReferralEnd) -> None:
        match end.result:
            case "answered":
                log.info("call %s: the trunk has connected it", self._bridge.id)
                self._over = True
                self._bridge.on_end = None
                self._bridge.end(TRANSFERRED)
                self._report("answered", None, end.code)
            case "refused":
                log.info("call %s: the trunk refuses transfers (%s)", self._bridge.id, end.code)
                self._dial()
            case "failed":
                self._fail(refusal(end.code) if end.code is not None else "no-answer", end.code)

    # --- by us ---

    def _dial(self) -> None:
        if self._bridge.hold(patient=False) is None:
            return
        call = OutgoingCall(self._offer)
        call.on_ringing = lambda: self._report("ringing", None, None)
        call.on_connected = self._connected
        call.on_failed = self._not_answered
        call.on_end = self._secretary_gone
        self._call = call
        try:
            self._agent.dial(self._contact, call, ring_seconds=self._contacts.ring_seconds, beside=self._bridge.leg)
        except UnavailableError as error:
            log.warning("call %s: no transfer: %s", self._bridge.id, error)
            self._fail("unavailable", None)

    def _offer(self, local_ip: str) -> bytes:
        self._media = SipMedia(
            self._bridge.id,
            local_ip,
            self._rtp_ports,
            srtp_required=self._srtp_required,
            begin=self._begin,
            unusable=lambda: self._hang_up("no-codec"),
        )
        return self._media.offer(secure=self._secure)

    def _not_answered(self, reason: str, code: int | None) -> None:
        """What the caller has was offered, SRTP or not; unless the practice requires SRTP, the other is tried too."""
        if not self._over and not self._asked_otherwise and code in NOT_ACCEPTABLE:
            offered = "SRTP" if self._secure else "plain RTP"
            log.info("call %s: the %s takes no %s (%s)", self._bridge.id, self._contact, offered, code)
            self._asked_otherwise = True
            self._secure = not self._secure
            if self._media is not None:
                self._media.close()
            self._dial()
        else:
            self._fail(reason, code)

    def _connected(self, sdp: bytes) -> None:
        call, media = self._call, self._media
        if call is not None and media is not None:
            media.attach(call)
            media.answered(sdp)

    def _begin(self, line: RtpLine) -> VoiceSession:
        """Someone answered: they are joined at once, or asked first whether they take the call."""
        listener = Listener(frame=lambda pcm: None, key=self._pressed, played=self._bridge.played, ended=self._hang_up)
        self._session = session = VoiceSession(line, listener)
        if self._contacts.accept_key is None:
            self._join(session)
            session.start()
        else:
            session.start()
            self._bridge.brief(session)
            self._deadline = asyncio.get_running_loop().call_later(ACCEPT, self._hang_up, "not-accepted")
            self._report("briefing", None, None)
        return session

    def _pressed(self, digit: str) -> None:
        if digit == self._contacts.accept_key and self._session is not None:
            self._join(self._session)

    def _join(self, session: VoiceSession) -> None:
        """From here on the two hear each other, and nobody else hears them."""
        caller = self._bridge.hold(patient=False)
        if caller is not None:
            self._joined = True
            self._stop_waiting()
            Relay(caller, session, ended=self._hang_up)
            self._bridge.detach()
            log.info("call %s: taken by the %s", self._bridge.id, self._contact)
            self._report("answered", None, None)

    def _hang_up(self, reason: str) -> None:
        """The media of one side is over, or cannot be used: both end."""
        if self._call is not None:
            self._call.hang_up(reason)

    # --- ends ---

    def _secretary_gone(self, reason: str) -> None:
        if self._session is None:
            self._fail("unreachable", None)  # answered, but without media that we could use
        elif not self._joined:
            self._fail("declined", None)
        elif not self._over:
            self._release()
            self._bridge.on_end = None
            self._bridge.end(reason)

    def _caller_gone(self) -> None:
        """The caller's side ended, for whatever reason."""
        if not self._over:
            self._release()
            self._hang_up("normal")

    def _fail(self, reason: str, code: int | None) -> None:
        if not self._over:
            self._release()
            log.info("call %s: not transferred: %s %s", self._bridge.id, reason, code or "")
            self._bridge.on_end = None
            self._bridge.resume()
            self._report("failed", reason, code)

    def _release(self) -> None:
        self._over = True
        self._stop_waiting()
        if self._session is not None:
            self._session.close()
        if self._media is not None:
            self._media.close()

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
