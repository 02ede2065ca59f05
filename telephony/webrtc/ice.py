"""What our ICE agent may say and believe: only the addresses we choose, and only real STUN.

aioice offers every address of the machine except loopback, and takes any datagram whose length field happens to fit
for STUN: RTP with payload type 8 or 9 is swallowed when its sequence number equals its length less 20. Both are mended
here, once, for this process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import aioice.ice
import aioice.stun

MAGIC_COOKIE = b"\x21\x12\xa4\x42"
"""RFC 8489, section 5."""

_addresses: ContextVar[tuple[str, ...]] = ContextVar("addresses", default=())


@contextmanager
def host_addresses(addresses: Sequence[str]) -> Iterator[None]:
    """Offer these IP addresses only while candidates are gathered within; an empty sequence offers all but loopback."""
    token = _addresses.set(tuple(addresses))
    try:
        yield
    finally:
        _addresses.reset(token)


def is_stun(data: bytes) -> bool:
    """Whether a datagram is STUN: first octet 0–3 (RFC 7983, section 7) and the magic cookie."""
    return len(data) >= 20 and data[0] <= 3 and data[4:8] == MAGIC_COOKIE


def _guarded_parse(parse: Callable[[bytes], aioice.stun.Message]) -> Callable[[bytes], aioice.stun.Message]:
    def parse_message(data: bytes) -> aioice.stun.Message:
        if not is_stun(data):
            raise ValueError("not STUN")
        return parse(data)

    return parse_message


def _chosen_addresses(every: Callable[..., list[str]]) -> Callable[..., list[str]]:
    def get_host_addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return list(_addresses.get()) or every(use_ipv4=use_ipv4, use_ipv6=use_ipv6)

    return get_host_addresses


aioice.stun.parse_message = _guarded_parse(aioice.stun.parse_message)  # type: ignore[assignment]
aioice.ice.get_host_addresses = _chosen_addresses(aioice.ice.get_host_addresses)
