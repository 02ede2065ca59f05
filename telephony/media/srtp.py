"""SRTP and SRTCP (RFC 3711) of one RTP session, by libsrtp."""

from __future__ import annotations

from collections.abc import Callable

from pylibsrtp import Error, Policy, Session

from telephony.media.sdes import Crypto, Keys, Suite

_PROFILES = {
    Suite.SHA1_80: Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    # SRTCP keeps the tag of 80 bits (RFC 4568, section 6.2.2).
    Suite.SHA1_32: Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
}


MOST_STREAMS = 16
"""Sources (SSRC) of one peer whose packets are kept apart; the oldest is forgotten for one more."""


class Srtp:
    """Protects what is sent and opens what is received, each packet once (a window of 128 packets)."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._outbound = _session(keys.ours, Policy.SSRC_ANY_OUTBOUND)
        self._inbound = _Inbound(keys.theirs)
        self._before: _Inbound | None = None

    def rekey(self, keys: Keys) -> bool:
        """Follow a new agreement; whether our own key changed, so that a new stream (SSRC) is due.

        A direction whose key stays keeps its count of packets: begun anew, it would use the same keystream twice.
        """
        ours, theirs = _differ(keys.ours, self._keys.ours), _differ(keys.theirs, self._keys.theirs)
        if ours:
            self._outbound = _session(keys.ours, Policy.SSRC_ANY_OUTBOUND)
        if theirs:
            self._before, self._inbound = self._inbound, _Inbound(keys.theirs)
        self._keys = keys
        return ours

    def protect(self, packet: bytes) -> bytes:
        """An RTP packet as SRTP."""
        return self._outbound.protect(packet)

    def protect_rtcp(self, packet: bytes) -> bytes:
        """A compound RTCP packet as SRTCP."""
        return self._outbound.protect_rtcp(packet)

    def unprotect(self, packet: bytes) -> bytes | None:
        """The RTP packet, or None when it is forged, replayed or malformed."""
        return self._open(packet, _Inbound.unprotect)

    def unprotect_rtcp(self, packet: bytes) -> bytes | None:
        """The RTCP packet, or None likewise."""
        return self._open(packet, _Inbound.unprotect_rtcp)

    def _open(self, packet: bytes, how: Callable[[_Inbound, bytes], bytes | None]) -> bytes | None:
        opened = how(self._inbound, packet)
        if self._before is None:
            return opened
        if opened is None:
            # The other side sends by its former key until our answer has reached it.
            return how(self._before, packet)
        self._before = None
        return opened


class _Inbound:
    """Opens packets by one key of the other side."""

    def __init__(self, crypto: Crypto) -> None:
        self._session = _session(crypto, Policy.SSRC_ANY_INBOUND)
        self._streams: dict[bytes, None] = {}

    def unprotect(self, packet: bytes) -> bytes | None:
        return self._open(packet, self._session.unprotect, 8)

    def unprotect_rtcp(self, packet: bytes) -> bytes | None:
        return self._open(packet, self._session.unprotect_rtcp, 4)

    def _open(self, packet: bytes, how: Callable[[bytes], bytes], ssrc_at: int) -> bytes | None:
        try:
            opened = how(packet)
        except (Error, ValueError):
            return None
        ssrc = packet[ssrc_at : ssrc_at + 4]
        if ssrc not in self._streams:
            self._streams[ssrc] = None
            # libsrtp itself would keep each one that ever came.
            if len(self._streams) > MOST_STREAMS:
                oldest = next(iter(self._streams))
                del self._streams[oldest]
                self._session.remove_stream(int.from_bytes(oldest, "big"))
        return opened


def _differ(one: Crypto, other: Crypto) -> bool:
    return (one.suite, one.key) != (other.suite, other.key)


def _session(crypto: Crypto, ssrc: int) -> Session:
    return Session(Policy(key=crypto.key, ssrc_type=ssrc, srtp_profile=_PROFILES[crypto.suite]))
