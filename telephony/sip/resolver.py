"""SRV, A and AAAA records from the resolvers of this machine (RFC 2782), by dnspython.

Imported by those only who look something up: it takes half a second to load.
"""

from __future__ import annotations

import dns.asyncresolver
import dns.exception
import dns.rdtypes.IN.SRV
import dns.resolver

from telephony.sip.gate import normal
from telephony.sip.targets import MAX_ADDRESSES, Service
from voicebot.errors import UnavailableError

LOOK_UP_SECONDS = 4.0
"""Longest wait for one answer, over all resolvers."""


class Resolver:
    """For one look-up: /etc/resolv.conf changes with the network.

    Args:
        server: address and port of a DNS server instead of those of /etc/resolv.conf.

    Raises:
        UnavailableError: this machine names no resolver.
    """

    def __init__(self, server: tuple[str, int] | None = None) -> None:
        try:
            self._dns = dns.asyncresolver.Resolver(configure=server is None)
        except dns.exception.DNSException as error:
            raise UnavailableError(f"the DNS cannot be asked ({type(error).__name__})") from None
        if server is not None:
            address, self._dns.port = server
            self._dns.nameservers = [address]
        self._dns.lifetime = LOOK_UP_SECONDS

    async def services(self, name: str) -> tuple[list[Service], float] | None:
        """The SRV records of a name and how long they hold, s; None where it has none. Raises UnavailableError."""
        try:
            answer = await self._dns.resolve(f"{name}.", "SRV", search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return None
        except (dns.exception.DNSException, OSError) as error:
            raise UnavailableError(f"no answer of the DNS ({type(error).__name__})") from None
        services = [
            Service(record.priority, record.weight, str(record.target), record.port)
            for record in answer
            if isinstance(record, dns.rdtypes.IN.SRV.SRV) and str(record.target) != "."  # "." means: not offered here
        ]
        return services, float(answer.rrset.ttl if answer.rrset else 0)

    async def addresses(self, host: str) -> list[str]:
        """A and AAAA of a server that an SRV record names; none where there is no answer."""
        try:
            answers = await self._dns.resolve_name(host, search=False)
        except (dns.exception.DNSException, OSError):
            return []
        found = sorted(answers.addresses(), key=lambda address: ":" in address)  # IPv6 may lead nowhere from here
        return list(dict.fromkeys(map(normal, found)))[:MAX_ADDRESSES]
