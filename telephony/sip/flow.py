"""What the layers above know of a transport (RFC 3261 §18)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol


class Flow(Protocol):
    """One way to one peer: a UDP socket and an address, or one TCP or TLS connection."""

    @property
    def transport(self) -> str:
        """``UDP``, ``TCP`` or ``TLS``."""

    @property
    def reliable(self) -> bool:
        """Whether the transport retransmits by itself."""

    @property
    def peer(self) -> tuple[str, int]:
        """Address and port of the peer."""

    @property
    def local(self) -> tuple[str, int]:
        """Our address on the way to the peer, and our port on this flow."""

    @property
    def sent_by(self) -> tuple[str, int]:
        """Address and port at which we can be reached for a response."""

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent on it any more."""

    def send(self, data: bytes) -> bool:
        """Send one message; False when it certainly did not leave."""

    def towards(self, port: int) -> Flow:
        """The same peer's other port over UDP; over TCP the connection itself."""

    def abort(self) -> None:
        """Cut the connection, if it is one: nobody answers on it any more."""


@dataclass(frozen=True)
class NoWay:
    """Why there is no flow to a peer."""

    state: Literal["unreachable", "untrusted"]
    """``untrusted``: there is one, but its certificate is not believed."""
    detail: str = ""
    """For the log, without secrets."""
