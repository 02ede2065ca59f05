"""SRTP (RFC 3711): vectors, both directions, replays, forgeries, new keys; what does not open is never played."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from telephony.media.rtp import RtpPacket
from telephony.media.rtp_session import RtpPorts, RtpSession
from telephony.media.sdes import Crypto, Keys, Suite
from telephony.media.srtp import MOST_STREAMS, Srtp

HERE = ipaddress.ip_address("127.0.0.1")

# RFC 3711, appendix B.3: a master key with its salt, and what is derived from them.
MASTER = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6")
CIPHER_KEY = bytes.fromhex("C61E7A93744F39EE10734AFE3FF7A087")
CIPHER_SALT = bytes.fromhex("30CBBC08863D8C85D49DB34A9AE1")
AUTH_KEY = bytes.fromhex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4")


def agreed(suite: Suite = Suite.SHA1_80) -> tuple[Keys, Keys]:
    """What each side holds."""
    one, other = Crypto.fresh(1, suite), Crypto.fresh(1, suite)
    return Keys(one, other), Keys(other, one)


def packet(sequence: int, payload: bytes = b"\xd5" * 160) -> bytes:
    return RtpPacket(8, sequence, sequence * 160, 0xCAFEBABE, payload).serialise()


REPORT = b"\x80\xc9\x00\x01\xca\xfe\xba\xbe"


@pytest.mark.parametrize(("suite", "tag"), [(Suite.SHA1_80, 10), (Suite.SHA1_32, 4)])
def test_a_packet_is_encrypted_as_the_rfc_has_it(suite: Suite, tag: int) -> None:
    keys = Keys(Crypto(1, suite, MASTER), Crypto.fresh(1, suite))
    plain = packet(0x1234)
    index = 0x1234  # the rollover counter is zero
    start = int.from_bytes(CIPHER_SALT, "big") << 16 ^ 0xCAFEBABE << 64 ^ index << 16
    cipher = Cipher(algorithms.AES(CIPHER_KEY), modes.CTR(start.to_bytes(16, "big"))).encryptor()
    expected = plain[:12] + cipher.update(plain[12:])
    expected += hmac.digest(AUTH_KEY, expected + bytes(4), hashlib.sha1)[:tag]
    assert Srtp(keys).protect(plain) == expected


@pytest.mark.parametrize("suite", list(Suite))
def test_both_sides_understand_each_other_once(suite: Suite) -> None:
    here, there = (Srtp(keys) for keys in agreed(suite))
    for sender, receiver in ((here, there), (there, here)):
        for sequence in (1, 2, 3):
            sealed = sender.protect(packet(sequence))
            assert b"\xd5\xd5\xd5\xd5" not in sealed
            assert receiver.unprotect(sealed) == packet(sequence)
            assert receiver.unprotect(sealed) is None, "a replay"
        sealed = sender.protect_rtcp(REPORT)
        assert len(sealed) == len(REPORT) + 4 + 10, "SRTCP has the long tag in both suites"
        assert receiver.unprotect_rtcp(sealed) == REPORT
        assert receiver.unprotect_rtcp(sealed) is None


def test_what_was_changed_or_made_by_another_does_not_open() -> None:
    here, there = (Srtp(keys) for keys in agreed())
    stranger = Srtp(agreed()[0])
    sealed = here.protect(packet(1))
    for position in (0, 1, 11, 12, 100, len(sealed) - 1):
        forged = bytes(byte ^ (0x01 if at == position else 0) for at, byte in enumerate(sealed))
        assert there.unprotect(forged) is None
    for forged in (packet(2), stranger.protect(packet(2)), here.protect_rtcp(REPORT), b"", b"\x80", b"\x80" * 1600):
        assert there.unprotect(forged) is None
        assert there.unprotect_rtcp(forged + b"x") is None
    assert there.unprotect(sealed) == packet(1), "forgeries do not use up what they imitate"


def test_the_former_key_opens_until_the_new_one_is_used() -> None:
    mine, yours = agreed()
    new_mine, new_yours = agreed()
    here, there = Srtp(mine), Srtp(yours)
    before = [there.protect(packet(sequence)) for sequence in range(3)]
    assert here.rekey(new_mine)
    assert here.unprotect(before[0]) == packet(0)
    there.rekey(new_yours)
    assert here.unprotect(before[1]) == packet(1)
    assert here.unprotect(there.protect(packet(3))) == packet(3)
    assert here.unprotect(before[2]) is None
    assert there.unprotect(here.protect(packet(9))) == packet(9)


def test_a_key_that_stays_goes_on_counting() -> None:
    mine, yours = agreed()
    here, there = Srtp(mine), Srtp(yours)
    sealed = here.protect(packet(1))
    assert there.unprotect(sealed) == packet(1)
    assert not here.rekey(replace(mine, theirs=Crypto.fresh(1, Suite.SHA1_80)))
    assert not there.rekey(replace(yours, theirs=replace(yours.theirs, tag=2)))
    assert there.unprotect(sealed) is None, "what was heard stays heard"
    assert there.unprotect(here.protect(packet(2))) == packet(2)


def test_a_peer_with_ever_new_sources_costs_no_memory_and_the_present_one_is_still_guarded() -> None:
    here, there = (Srtp(keys) for keys in agreed())
    sealed = []
    for ssrc in range(1, 4 * MOST_STREAMS):
        plain = RtpPacket(8, 1, 160, ssrc, b"voice").serialise()
        sealed.append(here.protect(plain))
        assert there.unprotect(sealed[-1]) == plain
    assert there.unprotect(sealed[-1]) is None
    assert there.unprotect(sealed[0]) is not None, "forgotten with its source"


# --- over sockets ---


class Side:
    """One end of a call."""

    def __init__(self) -> None:
        self.ports = RtpPorts.open(str(HERE), (20000, 40000))
        self.now = 100.0
        self.heard: list[RtpPacket] = []
        self.rtp = RtpSession(
            self.ports, lambda packet, now: self.heard.append(packet), rate=8000, clock=lambda: self.now
        )
        self.rtp.start()

    def connect(self, other: Side, keys: Keys | None, *, mux: bool = False) -> None:
        port = other.ports.number
        self.rtp.connect(HERE, port, port if mux else port + 1, mux=mux, keys=keys)

    def report(self) -> None:
        """Send a report now instead of when it is due."""
        if self.rtp._timer is not None:
            self.rtp._timer.cancel()
        self.rtp._report()

    async def until(self, condition: Callable[[Side], bool]) -> None:
        """Let packets arrive."""
        for _ in range(10_000):
            if condition(self):
                return
            await asyncio.sleep(0.001)
        raise AssertionError(f"{len(self.heard)} packets heard, {self.rtp.unauthentic} not opened")

    async def hears(self, count: int) -> None:
        """Let packets arrive until so many were heard."""
        await self.until(lambda side: len(side.heard) == count)


@pytest.fixture
async def sides() -> tuple[Side, Side]:
    return Side(), Side()


@pytest.mark.parametrize("mux", [False, True])
async def test_a_call_is_encrypted_both_ways_with_its_reports(sides: tuple[Side, Side], mux: bool) -> None:
    one, other = sides
    mine, yours = agreed()
    one.connect(other, mine, mux=mux)
    other.connect(one, yours, mux=mux)
    for sender, receiver in ((one, other), (other, one)):
        sender.rtp.send(8, 160, b"voice")
        await receiver.until(lambda side: [packet.payload for packet in side.heard] == [b"voice"])
        receiver.now += 5
        sender.report()
        await receiver.until(lambda side: side.rtp.last_received == side.now)  # a report is a sign of life
        assert receiver.rtp.unauthentic == 0
    one.rtp.close()
    other.rtp.close()


async def test_what_does_not_open_is_counted_never_heard_and_moves_nothing(sides: tuple[Side, Side]) -> None:
    one, other = sides
    attacker = Side()
    mine, yours = agreed()
    one.connect(other, mine)
    other.connect(one, yours)
    one.now += 5
    for keys in (None, agreed()[0]):  # from the right address: unencrypted, then by another key
        attacker.connect(one, keys)
        attacker.rtp.send(8, 160, b"forged")
        attacker.report()
    await one.until(lambda side: side.rtp.unauthentic == 4)
    assert (one.heard, one.rtp.last_received) == ([], 100.0)
    one.rtp.send(8, 160, b"voice")  # still to where the description says
    await other.hears(1)
    for side in (one, other, attacker):
        side.rtp.close()


async def test_a_replayed_packet_is_heard_once(sides: tuple[Side, Side]) -> None:
    one, other = sides
    mine, yours = agreed()
    other.connect(one, yours)
    sealed = Srtp(mine).protect(packet(1))
    for _ in range(3):
        one.ports.rtp.sendto(sealed, (str(HERE), other.ports.number))
    await other.until(lambda side: (len(side.heard), side.rtp.unauthentic) == (1, 2))
    one.rtp.close()
    other.rtp.close()


async def test_new_keys_begin_a_new_stream_and_the_same_keys_do_not(sides: tuple[Side, Side]) -> None:
    one, other = sides
    mine, yours = agreed()
    streams = []
    for count, keys in enumerate([(mine, yours), (mine, yours), agreed()], 1):
        one.connect(other, keys[0])
        other.connect(one, keys[1])
        one.rtp.send(8, 160, b"voice")
        other.rtp.send(8, 160, b"voice")
        for side in (one, other):
            await side.hears(count)
        streams.append((one.rtp.ssrc, other.rtp.ssrc))
    assert streams[0] == streams[1] != streams[2]
    assert one.rtp.unauthentic == other.rtp.unauthentic == 0
    one.rtp.close()
    other.rtp.close()


async def test_a_call_may_become_encrypted_and_plain_again(sides: tuple[Side, Side]) -> None:
    one, other = sides
    mine, yours = agreed()
    for count, keys in enumerate([(None, None), (mine, yours), (None, None)], 1):
        one.connect(other, keys[0])
        other.connect(one, keys[1])
        one.rtp.send(8, 160, b"voice")
        await other.hears(count)
    one.rtp.close()
    other.rtp.close()
