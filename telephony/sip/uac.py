"""Requests of ours inside a dialog (RFC 3261 §12.2.1)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from telephony.sip.dialog import Dialog
from telephony.sip.flow import Flow
from telephony.sip.layer import TransactionLayer
from telephony.sip.message import Request, Response
from telephony.sip.uri import SipError


class Agent(Protocol):
    """What is needed of the user agent."""

    layer: TransactionLayer

    def authorize(self, request: Request, response: Response) -> tuple[str, str] | None:
        """The header that answers a challenge, or None."""

    def contact(self, flow: Flow, secure: bool = False) -> str:
        """Our Contact on a flow; ``secure`` where the dialog has SIPS."""

    def flow_for(self, dialog: Dialog, flow: Flow) -> Flow:
        """The way for a request inside a dialog."""


class DialogClient:
    """Sends requests inside one dialog; ``lost`` is called when the peer does not know it any more."""

    def __init__(self, agent: Agent, dialog: Dialog, flow: Flow, *, lost: Callable[[], None]) -> None:
        self._agent = agent
        self._dialog = dialog
        self._flow = flow
        self._lost = lost

    def request(
        self,
        method: str,
        *,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        on_response: Callable[[Response], None],
        on_silence: Callable[[], None] | None = None,
        challenged: bool = False,
    ) -> None:
        """Send a request; a challenge is answered once, a 2xx to a re-INVITE acknowledged.

        Where no answer comes the peer is taken for gone (``lost``), unless ``on_silence`` says what to do instead."""
        try:
            request = self._dialog.request(method)
            flow = self._agent.flow_for(self._dialog, self._flow)
        except SipError:
            self._lost()
            return
        request.body = body
        if method != "BYE":
            request.headers.add("Contact", self._agent.contact(flow, self._dialog.secure))
        for name, value in (headers or {}).items():
            request.headers.add(name, value)
        settled = False

        def answered(response: Response) -> None:
            nonlocal settled
            if response.status in (401, 407) and not challenged:
                authorized = self._agent.authorize(request, response)
                if authorized is not None:
                    more = {**(headers or {}), authorized[0]: authorized[1]}
                    self.request(
                        method,
                        headers=more,
                        body=body,
                        on_response=on_response,
                        on_silence=on_silence,
                        challenged=True,
                    )
                    return
            if response.status == 408 and on_silence is not None:
                on_silence()
            elif response.status in (408, 481):  # §12.2.1.2, RFC 5057: the dialog is gone
                self._lost()
            elif response.status >= 200:
                if response.status < 300:
                    self._accepted(method, response)
                if not settled:  # a 2xx that is sent again only gets its ACK again
                    settled = True
                    on_response(response)

        silence = on_silence or self._lost
        self._agent.layer.request(request, flow, answered, lambda why: silence())

    def _accepted(self, method: str, response: Response) -> None:
        """Follow the target of a 2xx to a refresh (§12.2.1.2); a re-INVITE is acknowledged (§13.2.2.4)."""
        if method not in ("INVITE", "UPDATE"):
            return
        with suppress(SipError):
            self._dialog.refresh_target(response)
        if method == "INVITE":
            ack = self._dialog.request("ACK", sequence=response.cseq[0])
            self._agent.layer.send_ack(ack, self._agent.flow_for(self._dialog, self._flow))
