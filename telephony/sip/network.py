"""The way out, as the user agent sees it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from telephony.sip.flow import Flow, NoWay


class Network(Protocol):
    """The way out."""

    def flow_to(self, transport: str, host: str, port: int) -> Flow | None:
        """A flow to a numeric address that the allow-list holds, or None."""

    def open(
        self,
        transport: str,
        host: str,
        port: int | None,
        done: Callable[[Flow | NoWay], None],
        *,
        avoid: Collection[tuple[str, int]] = (),
        standing: Flow | None = None,
    ) -> None:
        """Find the servers of a configured name, connect if need be, then call ``done`` once, soon.

        Those of ``avoid`` were tried and do not serve; ``standing`` is used again unless a better one is there.
        """
