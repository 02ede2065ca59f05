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

import dns.asyncresolver
import dns.exception
import dns.rdtypes.IN.SRV
import dns.resolver

from telephony.sip.gate import normal
from telephony.sip.targets import MAX_ADDRESSES, Living, Service, Target, by_weight

log = logging.getLogger(__name__)

PREFIX = {"UDP": "_sip._udp", "TCP": "_sip._tcp", "TLS": "_sips._tcp"}
"""What stands before the domain of an SRV record (RFC 3263 §4.1)."""
PORT = {"UDP": 5060, "TCP": 5060, "TLS": 5061}
"""The port where neither the settings nor an SRV record give one (RFC 3261 §19.1.2)."""
LOOK_UP_SECONDS = 4.0
"""Longest wait for one answer, over all resolvers."""
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
        try:
            resolver = self._dns()
            answer = await resolver.resolve(f"{PREFIX[transport]}.{host}.", "SRV", search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return None
        except (dns.exception.DNSException, OSError) as error:
            log.info("SIP: no answer of the DNS about the trunk's servers (%s)", type(error).__name__)
            return known or None
        low, high = DEAD_SECONDS
        self._dead_seconds = min(max(float(answer.rrset.ttl if answer.rrset else 0), low), high)
        services = [
            Service(record.priority, record.weight, str(record.target), record.port)
            for record in answer
            if isinstance(record, dns.rdtypes.IN.SRV.SRV) and str(record.target) != "."  # "." means: not offered here
        ]
        ordered = by_weight(services, self._chance)
        addresses = await asyncio.gather(*(self._addresses_of(resolver, service.host) for service in ordered))
        targets = [
            Target(address, service.port, service.priority)
            for service, listed in zip(ordered, addresses, strict=True)
            for address in listed
        ]
        return targets if targets or not services else known

    async def _addresses_of(self, resolver: dns.asyncresolver.Resolver, host: str) -> list[str]:
        """A and AAAA of a server that an SRV record names; none where there is no answer."""
        try:
            answers = await resolver.resolve_name(host, search=False)
        except (dns.exception.DNSException, OSError):
            log.info("SIP: a server of the trunk has no address in the DNS")
            return []
        found = sorted(answers.addresses(), key=lambda address: ":" in address)  # IPv6 may lead nowhere from here
        return list(dict.fromkeys(map(normal, found)))[:MAX_ADDRESSES]

    def _dns(self) -> dns.asyncresolver.Resolver:
        """Made anew for each look-up: /etc/resolv.conf changes with the network. Raises DNSException."""
        resolver = dns.asyncresolver.Resolver(configure=self._resolver is None)
        if self._resolver is not None:
            address, resolver.port = self._resolver
            resolver.nameservers = [address]
        resolver.lifetime = LOOK_UP_SECONDS
        return resolver


async def _addresses(host: str) -> list[str]:
    """A and AAAA as this machine resolves names, /etc/hosts included."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # a name with an empty or an endless label cannot even be asked for
        return []
    return list(dict.fromkeys(normal(str(entry[4][0])) for entry in found))[:MAX_ADDRESSES]
