"""Calls of ours: only to the contacts of the dial plan, over the trunk's own connection where there is one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from telephony.sip.flow import Flow, NoWay
from telephony.sip.handler import OutgoingCall
from telephony.sip.invitation import Invitation
from voicebot.errors import UnavailableError, VoicebotError

if TYPE_CHECKING:
    from telephony.sip.core import Core
    from telephony.sip.network import Network

log = logging.getLogger(__name__)


class Dialer:
    """Begins outgoing calls."""

    def __init__(self, core: Core, network: Network) -> None:
        self._core = core
        self._network = network
        self._under_way: set[OutgoingCall] = set()
        self._stopping = False

    def dial(self, contact: str, call: OutgoingCall, *, ring_seconds: float, beside: Flow | None = None) -> None:
        """Call a contact of the dial plan; ``beside`` is the way of the call that is to be transferred.

        Raises:
            UnavailableError: the plan does not hold it, or the agent stops. Nothing else is ever dialled.
        """
        if self._stopping:
            raise UnavailableError("the telephone is being stopped")
        target = self._core.plan.target(contact, beside=beside)
        self._under_way.add(call)
        call.control = opening = _Opening(call, settled=lambda: self._under_way.discard(call))

        def opened(flow: Flow | NoWay) -> None:
            if call.control is not opening:
                return  # given up meanwhile
            if isinstance(flow, NoWay):
                opening.hang_up("unreachable")
                return
            try:
                sdp = call.offer(flow.local[0])
            except VoicebotError as error:
                log.error("a call of ours failed: %s", error)
                opening.hang_up("unreachable")
                return
            invitation = Invitation(
                self._core,
                call,
                flow,
                target.uri,
                by_trunk=target.by_trunk,
                settled=lambda: self._under_way.discard(call),
            )
            call.control = invitation
            invitation.start(sdp, ring_seconds)

        registrar = self._core.registrar
        flow = registrar.flow if registrar is not None and target.by_trunk else target.flow
        if flow is not None:
            opened(flow)
        else:
            self._network.open(target.transport, target.host, target.port, opened)

    def stop(self) -> None:
        """Ring nobody any more."""
        self._stopping = True
        for call in list(self._under_way):
            call.hang_up("stopped")


class _Opening:
    """A call whose way is not open yet."""

    def __init__(self, call: OutgoingCall, *, settled: Callable[[], None]) -> None:
        self._call = call
        self._settled = settled

    def hang_up(self, reason: str) -> None:
        self._settled()
        self._call.control = None
        if self._call.on_failed is not None:
            self._call.on_failed(reason, None)
