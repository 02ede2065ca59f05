"""The voicebot's end of the control connection with the telephony process: SDP out, answers in."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress

from voicebot.errors import ConfigurationError, ProtocolError, UnavailableError
from voicebot.ports import Contact
from voicebot.practice.schema import Practice
from voicebot.practice.schema import Transfer as Numbers
from voicebot.processes.telephony import Contacts, Registration, Settings
from voicebot.wire import read_event, write_event

ANSWER_SECONDS = 10.0
"""How long telephony may take to answer an offer (it gathers its addresses meanwhile), s."""

MOST_OFFERS = 20
"""Offers under way at once."""


OnTransfer = Callable[[str, str, str | None, int | None], None]
"""Told of a transfer: the call, its state (``ringing``, ``answered``, ``failed``), why it failed, the SIP status."""


class TelephonyLink:
    """Talks with whichever incarnation of the telephony process is alive."""

    def __init__(
        self,
        on_registration: Callable[[str], None],
        on_transfer: OnTransfer,
        on_refused: Callable[[int], None],
    ) -> None:
        self._on_registration = on_registration
        self._on_refused = on_refused
        self._on_transfer = on_transfer
        self._writer: asyncio.StreamWriter | None = None
        self._limit: int | None = None
        self._answers: dict[str, asyncio.Future[tuple[str, str]]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def attach(self, ours: socket.socket) -> None:
        """Use a new connection: telephony was started or restarted."""
        self.detach()
        reader, self._writer = await asyncio.open_connection(sock=ours)
        self._reading = asyncio.create_task(self._read(reader))
        if self._limit is not None:
            self.limit(self._limit)

    def detach(self) -> None:
        """Forget the connection; offers under way fail."""
        if self._reading is not None:
            self._reading.cancel()
        if self._writer is not None:
            self._writer.close()
        self._writer = self._reading = None
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(UnavailableError("telephony was restarted; call again"))

    async def offer(self, sdp: str, *, join: str | None = None) -> tuple[str, str]:
        """Hand a page's SDP offer to telephony; return its SDP answer and the call's id.

        With ``join`` the page takes over the call of that id as soon as its sound flows.

        Raises:
            UnavailableError: telephony is away, full, or refused the offer.
        """
        if self._writer is None:
            raise UnavailableError("telephony is being restarted; call again in a moment")
        if len(self._answers) >= MOST_OFFERS:
            raise UnavailableError("too many calls begin at once; call again in a moment")
        key = secrets.token_hex(8)
        answer: asyncio.Future[tuple[str, str]] = asyncio.get_running_loop().create_future()
        self._answers[key] = answer
        try:
            write_event(self._writer, "offer", {"id": key, "sdp": sdp, "join": join})
            async with asyncio.timeout(ANSWER_SECONDS):
                return await answer
        except TimeoutError:
            raise UnavailableError("telephony did not answer in time; call again") from None
        finally:
            self._answers.pop(key, None)

    def ring(self, call_id: str, contact: Contact) -> None:
        """Have a call transferred. Raises UnavailableError while telephony is away."""
        if self._writer is None or self._writer.is_closing():
            raise UnavailableError("telephony is being restarted")
        write_event(self._writer, "transfer", {"call": call_id, "contact": contact})

    def limit(self, calls: int) -> None:
        """Have no more calls taken at once, by this telephony process and by those that follow it."""
        self._limit = calls
        if self._writer is not None:
            write_event(self._writer, "limit", {"calls": calls})

    def tell_contacts(self, numbers: Numbers) -> None:
        """The practice's file was read again: from now on these are the only numbers that are dialled."""
        if self._writer is not None:
            write_event(self._writer, "contacts", contacts_of(numbers).to_json())

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with suppress(ProtocolError, ConnectionError):
            while (event := await read_event(reader)) is not None:
                match event.type:
                    case "answer":
                        self._answer(event.data)
                    case "registration":
                        self._on_registration(str(event.data.get("state"))[:80])
                    case "refused":
                        code = event.data.get("code")
                        self._on_refused(code if isinstance(code, int) else 0)
                    case "transfer":
                        self._transfer(event.data)

    def _answer(self, data: dict[str, object]) -> None:
        waiting = self._answers.get(str(data.get("id")))
        if waiting is None or waiting.done():
            return
        if data.get("sdp"):
            waiting.set_result((str(data["sdp"]), str(data.get("call"))))
        else:
            waiting.set_exception(UnavailableError(str(data.get("error") or "telephony refused the call")))

    def _transfer(self, data: dict[str, object]) -> None:
        reason, code = data.get("reason"), data.get("code")
        self._on_transfer(
            str(data.get("call"))[:64],
            str(data.get("state"))[:20],
            reason[:40] if isinstance(reason, str) else None,
            code if isinstance(code, int) else None,
        )


def contacts_of(numbers: Numbers) -> Contacts:
    """Whom telephony may dial, and how."""
    known = {"secretary": numbers.secretary, "on_call": numbers.on_call}
    return Contacts(
        numbers={name: number for name, number in known.items() if number is not None},
        ring_seconds=numbers.ring_seconds,
        refer=numbers.method == "auto",
        accept_key=numbers.accept_key,
        overflow="secretary" if numbers.overflow == "redirect" else None,
    )


def can_ring(practice: Practice, contact: Contact, kind: str) -> bool:
    """Whether a call of this kind can be passed to a contact: a bare number needs a trunk that takes it."""
    number = practice.transfer.secretary if contact == "secretary" else practice.transfer.on_call
    if number is None:
        return False
    return number.startswith("sip:") or practice.sip.registration is not None or kind == "sip"


def telephony_settings(
    practice: Practice, control_fd: int, speech: str, sip: tuple[socket.socket, socket.socket] | None
) -> Settings:
    """What telephony is told for this practice. Raises ConfigurationError when the trunk's password is unreadable."""
    account = practice.sip.registration
    registration = None
    if account is not None and sip is not None:
        try:
            secret = account.password_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigurationError(
                f"practice.toml, [sip.registration], password_file: {account.password_file} cannot be read "
                f"({error.strerror}); make it a file that holds the trunk's password alone"
            ) from None
        registration = Registration(
            account.registrar,
            account.username,
            secret,
            transport=account.transport.lower(),
            expires=account.expires,
            ca_file=str(account.ca_file) if account.ca_file is not None else None,
        )
    return Settings(
        control_fd=control_fd,
        speech=speech,
        sip_udp_fd=sip[0].fileno() if sip else None,
        sip_tcp_fd=sip[1].fileno() if sip else None,
        allowed=tuple(str(network) for network in practice.sip.allow),
        registration=registration,
        contacts=contacts_of(practice.transfer),
        srtp_required=practice.sip.srtp == "required",
    )
