"""Finding the servers of the trunk in the DNS (RFC 3263 §4.2), with the resolvers of this machine.

The transport is always configured, so NAPTR, which chooses one (§4.1), is not asked for. Nothing is looked up but SRV,
A and AAAA of the names given here and of the servers that they lead to.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import random
import socket
from collections.abc import Callable

from telephony.sip.gate import normal
from telephony.sip.targets import MAX_ADDRESSES, Living, Target, by_weight
from voicebot.errors import UnavailableError

log = logging.getLogger(__name__)

PREFIX = {"UDP": "_sip._udp", "TCP": "_sip._tcp", "TLS": "_sips._tcp"}
"""What stands before the domain of an SRV record (RFC 3263 §4.1)."""
PORT = {"UDP": 5060, "TCP": 5060, "TLS": 5061}
"""The port where neither the settings nor an SRV record give one (RFC 3261 §19.1.2)."""
DEAD_SECONDS = (60.0, 3600.0)
"""A dead server comes last for as long as the answer that named it may be kept (TTL), within these bounds, s."""


class Locator:
    """Finds targets. ``resolver`` is the address and port of a DNS server, instead of those of /etc/resolv.conf."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        resolver: tuple[str, int] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._living = Living(clock)
        self._resolver = resolver
        self._chance = chance
        self._known: dict[tuple[str, str, int | None], list[Target]] = {}
        """The last targets of each name: while the DNS is silent they are the best guess."""
        self._dead_seconds = DEAD_SECONDS[0]

    async def find(
        self, transport: str, host: str, port: int | None, *, prefer: tuple[str, int] | None = None
    ) -> list[Target]:
        """The targets of a name, the one to try first in front; none where nothing is known of the name.

        §4.2: an address is taken as it is, a port means A and AAAA, otherwise SRV and then A and AAAA.
        """
        host = host.strip("[]")
        try:
            return [Target(normal(str(ipaddress.ip_address(host))), port or PORT[transport])]
        except ValueError:
            pass
        known = self._known.get((transport, host, port), [])
        found: list[Target] | None = None
        if port is None:
            found = await self._services(transport, host, known)
        if found is None:
            found = [Target(address, port or PORT[transport]) for address in await _addresses(host)] or known
        self._known[transport, host, port] = found
        return self._living.order(found, prefer)

    def bury(self, peer: tuple[str, int]) -> None:
        """A target does not serve: the others come first for a while."""
        self._living.bury(peer, self._dead_seconds)

    async def _services(self, transport: str, host: str, known: list[Target]) -> list[Target] | None:
        """The targets of the SRV records, none where they say so, or None where the name has no such records."""
        from telephony.sip.resolver import Resolver  # most have no trunk to look for, and it loads slowly

        try:
            resolver = Resolver(self._resolver)
            found = await resolver.services(f"{PREFIX[transport]}.{host}")
        except UnavailableError as error:
            log.info("SIP trunk: %s", error)
            return known or None
        if found is None:
            return None
        services, ttl = found
        self._dead_seconds = min(max(ttl, DEAD_SECONDS[0]), DEAD_SECONDS[1])
        ordered = by_weight(services, self._chance)
        addresses = await asyncio.gather(*(resolver.addresses(service.host) for service in ordered))
        if not all(addresses):
            log.info("SIP trunk: a server has no address in the DNS")
        targets = [
            Target(address, service.port, service.priority)
            for service, listed in zip(ordered, addresses, strict=True)
            for address in listed
        ]
        return targets if targets or not services else known


async def _addresses(host: str) -> list[str]:
    """A and AAAA as this machine resolves names, /etc/hosts included."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # a name with an empty or an endless label cannot even be asked for
        return []
    return list(dict.fromkeys(normal(str(entry[4][0])) for entry in found))[:MAX_ADDRESSES]
