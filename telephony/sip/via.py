"""The Via header and the way back for responses (RFC 3261 §18.2, §20.42; RFC 3581)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from telephony.sip.uri import SipError, format_host, parse_parameters, render_parameters, split_host_port

MAGIC_COOKIE = "z9hG4bK"
"""What the branch of an RFC 3261 transaction starts with (§8.1.1.7)."""


@dataclass(frozen=True)
class Via:
    """One hop: transport, the ``sent-by`` host and port, and parameters."""

    transport: str
    host: str
    port: int | None = None
    parameters: Mapping[str, str | None] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Via:
        """Read one element of a Via header, with white space wherever §25.1 allows it. Raises SipError."""
        head, _, tail = text.partition(";")
        protocol = head.split("/", 2)
        words = protocol[2].split(None, 1) if len(protocol) == 3 else []
        if len(words) != 2 or protocol[0].strip().upper() != "SIP":
            raise SipError("a Via is malformed")
        host, port = split_host_port(words[1])
        return cls(words[0].upper(), host, port, parse_parameters(tail))

    @property
    def branch(self) -> str:
        """The branch, empty where there is none."""
        return self.parameters.get("branch") or ""

    @property
    def is_rfc3261(self) -> bool:
        """Whether the branch identifies the transaction (§17.2.3): cookie and something behind it."""
        return self.branch.lower().startswith(MAGIC_COOKIE.lower()) and len(self.branch) > len(MAGIC_COOKIE)

    def received_from(self, host: str, port: int) -> Via:
        """This hop with ``received`` (§18.2.1) and, where asked for, ``rport`` (RFC 3581 §4) filled in."""
        parameters = dict(self.parameters)
        if "rport" in parameters:
            parameters["rport"] = str(port)
        if self.host != host or "rport" in parameters:
            parameters["received"] = host
        return replace(self, parameters=parameters)

    def return_port(self) -> int:
        """The port to which a response over UDP goes (§18.2.2, RFC 3581 §4); the host is the source's."""
        rport = self.parameters.get("rport")
        if rport and rport.isascii() and rport.isdigit() and 0 < int(rport[:6]) < 65536:
            return int(rport[:6])
        return self.port or 5060

    def __str__(self) -> str:
        port = f":{self.port}" if self.port else ""
        return f"SIP/2.0/{self.transport} {format_host(self.host)}{port}{render_parameters(self.parameters)}"
