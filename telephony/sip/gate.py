"""Who may talk to us and how fast: an allow-list of networks and a token bucket for each source. Pure."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Sequence

from voicebot.errors import ConfigurationError

RATE = 200.0
"""Messages a second that one source may send for long: 20 calls a second with ten messages each."""
BURST = 400.0
"""Messages that one source may send at once."""
MAX_SOURCES = 1024
"""Most sources whose rate is remembered; the one unheard for longest is forgotten."""


def normal(address: str) -> str:
    """An address in its usual form: no zone, and IPv4 that a dual-stack socket shows as ``::ffff:…`` as IPv4."""
    if ":" in address:
        six = ipaddress.IPv6Address(address.partition("%")[0])
        return str(six.ipv4_mapped or six)
    return address


class Gate:
    """The allow-list and the rates."""

    def __init__(self, allowed: Sequence[str], *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for text in allowed:
            try:
                self._networks.append(ipaddress.ip_network(text, strict=False))
            except ValueError:
                raise ConfigurationError(
                    f"SIP allow-list: {text!r} is no network; write an address like 192.0.2.10 or 192.0.2.0/24"
                ) from None
        self._trusted: dict[str, set[str]] = {}
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def trust(self, name: str, addresses: Sequence[str]) -> None:
        """Also admit the present addresses of a configured host, and no longer those that it had before."""
        self._trusted[name] = {normal(address) for address in addresses}

    def admits(self, address: str) -> bool:
        """Whether a source may talk to us at all."""
        try:
            ip = ipaddress.ip_address(normal(address))
        except ValueError:
            return False
        return any(str(ip) in known for known in self._trusted.values()) or any(
            ip in network for network in self._networks
        )

    def take(self, address: str) -> bool:
        """Count one datagram; False when the source is above its rate and the datagram is to be dropped, uncounted."""
        tokens = self._tokens(address)
        if tokens < 1:
            return False
        self._keep(address, tokens - 1)
        return True

    def debt(self, address: str) -> float:
        """Count one message of a stream, which cannot be dropped; seconds for which not to read on, or 0."""
        tokens = max(self._tokens(address) - 1, -BURST)
        self._keep(address, tokens)
        return max(0.0, -tokens / RATE)

    def _tokens(self, address: str) -> float:
        tokens, last = self._buckets.get(address, (BURST, 0.0))
        return min(BURST, tokens + (self._clock() - last) * RATE)

    def _keep(self, address: str, tokens: float) -> None:
        self._buckets[address] = (tokens, self._clock())
        self._buckets.move_to_end(address)
        if len(self._buckets) > MAX_SOURCES:
            self._buckets.popitem(last=False)
