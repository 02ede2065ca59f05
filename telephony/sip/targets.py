"""The servers behind one name, in the order in which they are tried (RFC 3263 §4, RFC 2782). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

MAX_SERVICES = 16
"""Most SRV records of a name that are looked at."""
MAX_ADDRESSES = 8
"""Most addresses of one server."""


@dataclass(frozen=True)
class Service:
    """One SRV record."""

    priority: int
    weight: int
    host: str
    port: int


@dataclass(frozen=True)
class Target:
    """One address of one server."""

    address: str
    port: int
    priority: int = 0
    """Lower is better; 0 where there are no SRV records."""

    @property
    def peer(self) -> tuple[str, int]:
        """Address and port."""
        return self.address, self.port


def by_weight(services: Iterable[Service], chance: Callable[[], float]) -> list[Service]:
    """The order of RFC 2782: by priority, and within one at random, as often first as the weight says."""
    ordered: list[Service] = []
    # Those without weight stand first, so that they have a small chance too.
    left = sorted(services, key=lambda service: (service.priority, service.weight))[:MAX_SERVICES]
    while left:
        same = [service for service in left if service.priority == left[0].priority]
        point = chance() * sum(service.weight for service in same)
        for service in same:
            point -= service.weight
            if point <= 0:
                break
        ordered.append(service)
        left.remove(service)
    return ordered


class Living:
    """Remembers which servers were dead, so that the next try begins with one that lives."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._dead: dict[tuple[str, int], float] = {}

    def bury(self, peer: tuple[str, int], seconds: float) -> None:
        """This server does not serve; until then the others come first."""
        now = self._clock()
        self._dead = {known: end for known, end in self._dead.items() if end > now}
        self._dead[peer] = now + seconds

    def order(self, targets: Sequence[Target], prefer: tuple[str, int] | None = None) -> list[Target]:
        """The living by priority, then the dead by priority: perhaps they are back.

        ``prefer`` comes first among its equals: whoever serves us goes on to (RFC 3263 §4.3 asks it of a transaction,
        a binding is better off with it too).
        """
        now = self._clock()
        return sorted(
            targets,
            key=lambda target: (self._dead.get(target.peer, 0.0) > now, target.priority, target.peer != prefer),
        )
