"""Dialogs (RFC 3261 §12): identity, route set, remote target and sequence numbers. Pure."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from telephony.sip.message import MAX_CSEQ, Request, Response
from telephony.sip.uri import Address, SipError, Uri


@dataclass
class Dialog:
    """One side's view of a dialog. Header texts are kept as they came, so that a peer sees its own again."""

    call_id: str
    local: str
    """Our From in requests of ours, with our tag."""
    local_tag: str
    remote: str
    """Our To in requests of ours, with the peer's tag, if it gave one (RFC 2543 peers do not)."""
    remote_tag: str | None
    target: str
    """The remote target: where requests go (the peer's Contact)."""
    route: list[str] = field(default_factory=list)
    """The route set, nearest hop first, as ``name-addr``."""
    local_seq: int = field(default_factory=lambda: secrets.randbelow(2**16) + 1)
    remote_seq: int | None = None
    secure: bool = False
    """The peer asked for SIPS, so our Contact has it too (§12.1.1)."""

    @classmethod
    def as_uas(cls, request: Request, local_tag: str) -> Dialog:
        """The dialog of an INVITE that we answer (§12.1.1). Raises SipError where its Contact cannot be read."""
        to = request.headers.get("To") or ""
        sender = request.from_
        target = contact_of(request) or sender.uri.text
        route = request.headers.elements("Record-Route")
        asked = (Address.parse(route[0]).uri if route else Uri.parse(target), Uri.parse(request.uri))
        return cls(
            call_id=request.call_id,
            local=f"{to};tag={local_tag}",
            local_tag=local_tag,
            remote=request.headers.get("From") or "",
            remote_tag=sender.tag,
            target=target,
            route=route,
            remote_seq=request.cseq[0],
            secure=any(uri.scheme == "sips" for uri in asked),
        )

    @classmethod
    def as_uac(cls, request: Request, response: Response) -> Dialog:
        """The dialog of an INVITE of ours that was answered (§12.1.2). Raises SipError."""
        return cls(
            call_id=request.call_id,
            local=request.headers.get("From") or "",
            local_tag=request.from_.tag or "",
            remote=response.headers.get("To") or "",
            remote_tag=response.to.tag,
            target=contact_of(response) or request.uri,
            route=response.headers.elements("Record-Route")[::-1],
            local_seq=request.cseq[0],
        )

    def matches(self, request: Request) -> bool:
        """Whether a request of the peer belongs to this dialog (§12.2.2)."""
        return (
            request.call_id == self.call_id
            and request.to.tag == self.local_tag
            and request.from_.tag == self.remote_tag
        )

    def in_order(self, request: Request) -> bool:
        """Take note of a request's CSeq; False when it is older than the last (§12.2.2: 500)."""
        number = request.cseq[0]
        if self.remote_seq is not None and number <= self.remote_seq:
            return False
        self.remote_seq = number
        return True

    def refresh_target(self, message: Request | Response) -> None:
        """Follow the peer's new Contact in a target refresh (§12.2.1.2, §12.2.2). Raises SipError."""
        self.target = contact_of(message) or self.target

    @property
    def next_hop(self) -> Uri:
        """Where the next request goes (§12.2.1.1, §8.1.2). Raises SipError."""
        return Address.parse(self.route[0]).uri if self.route else Uri.parse(self.target)

    def request(self, method: str, *, sequence: int | None = None) -> Request:
        """A request inside the dialog (§12.2.1.1). ``sequence`` is given for ACK only. Raises SipError."""
        if sequence is None:
            self.local_seq = (self.local_seq + 1) % MAX_CSEQ
        uri, route = self.target, self.route
        if route and "lr" not in Address.parse(route[0]).uri.parameters:  # a strict router
            uri, route = Address.parse(route[0]).uri.text, [*route[1:], f"<{self.target}>"]
        request = Request(method=method, uri=uri)
        request.headers.add("Max-Forwards", "70")
        for hop in route:
            request.headers.add("Route", hop)
        request.headers.add("From", self.local)
        request.headers.add("To", self.remote)
        request.headers.add("Call-ID", self.call_id)
        request.headers.add("CSeq", f"{self.local_seq if sequence is None else sequence} {method}")
        return request


def contact_of(message: Request | Response) -> str | None:
    """The URI of the first Contact (§8.1.1.8), or None. Raises SipError where it is malformed or no SIP URI."""
    contacts = message.headers.elements("Contact")
    if not contacts:
        return None
    uri = Address.parse(contacts[0]).uri
    if uri.scheme not in ("sip", "sips"):
        raise SipError("a Contact is not a SIP URI")
    return uri.text
