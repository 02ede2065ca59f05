"""The media of one SIP call through its offers and answers: keys of SRTP that change, and those that may not go."""

from __future__ import annotations

import asyncio
import base64
import ipaddress

import pytest

from telephony.media.negotiation import Agreement, LocalDescription, agree
from telephony.media.rtp import RtpPacket
from telephony.media.rtp_line import RtpLine
from telephony.media.rtp_session import RtpPorts, RtpSession
from telephony.media.sdp import SessionDescription
from telephony.media.session import Listener, VoiceSession
from telephony.sip.handler import OutgoingCall
from voicebot.errors import ProtocolError
from voicebot.processes.sip_media import SipMedia

HERE = ipaddress.ip_address("127.0.0.1")


class Peer:
    """A telephone: its description and its RTP."""

    def __init__(self) -> None:
        ports = RtpPorts.open(str(HERE), (20000, 40000))
        self.local = LocalDescription(HERE, ports.number)
        self.heard: list[RtpPacket] = []
        self.rtp = RtpSession(ports, lambda packet, now: self.heard.append(packet), rate=8000)
        self.rtp.start()

    def follow(self, agreement: Agreement) -> None:
        self.rtp.connect(HERE, agreement.port, agreement.rtcp_port, mux=False, keys=agreement.keys)

    def send(self) -> None:
        self.rtp.send(8, 0, bytes([0xD5] * 160))

    async def exchange(self, line: RtpLine) -> None:
        """A packet each way is understood."""
        before, received = len(self.heard), line.rtp.last_received
        for _ in range(2000):
            self.send()
            line.rtp.send(8, 0, b"voice")
            await asyncio.sleep(0.005)
            if len(self.heard) > before and line.rtp.last_received > received:
                return
        raise AssertionError("the two do not hear each other")


class Ours:
    """Our side, without a beat."""

    def __init__(self, *, required: bool = False) -> None:
        self.lines: list[RtpLine] = []
        self.unusable = 0
        self.media = SipMedia(
            "some call", str(HERE), (20000, 40000), srtp_required=required, begin=self._begin, unusable=self._unusable
        )

    def _begin(self, line: RtpLine) -> VoiceSession:
        self.lines.append(line)
        return VoiceSession(line, Listener(lambda pcm: None, lambda key: None, lambda mark: None, lambda why: None))

    def _unusable(self) -> None:
        self.unusable += 1

    @property
    def line(self) -> RtpLine:
        (line,) = self.lines
        return line

    def close(self) -> None:
        for line in self.lines:
            line.close()
        self.media.close()


@pytest.fixture
async def peer() -> Peer:
    return Peer()


def keys_in(sdp: bytes) -> list[bytes]:
    return [crypto.key for crypto in SessionDescription.parse(sdp).media[0].crypto]


async def test_new_keys_in_a_re_invite_are_followed_both_ways_and_none_is_logged(
    peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    ours = Ours()
    call = OutgoingCall(lambda ip: b"")
    ours.media.attach(call)
    seen: list[bytes] = []
    peer.local.secure()
    offer = peer.local.offer()
    answer, agreement = ours.media.answer(offer)
    ours.media.follow(agreement)
    for renewed in (False, False, True):
        if renewed:
            peer.local.secure()
            offer = peer.local.offer()
        assert call.on_reoffer is not None
        reply = call.on_reoffer(offer) if seen else answer
        assert reply is not None
        peer.follow(peer.local.conclude(SessionDescription.parse(reply)))
        await peer.exchange(ours.line)
        seen += keys_in(reply)
    assert seen[0] == seen[1] != seen[2], "our key stays as long as theirs"
    assert ours.media.secured
    for key in (*seen, *keys_in(offer)):
        assert base64.b64encode(key).decode() not in caplog.text
    peer.rtp.close()
    ours.close()


async def test_a_re_invite_without_an_offer_gets_the_same_keys(peer: Peer) -> None:
    ours = Ours()
    call = OutgoingCall(lambda ip: b"")
    ours.media.attach(call)
    peer.local.secure()
    answer, agreement = ours.media.answer(peer.local.offer())
    ours.media.follow(agreement)
    assert call.on_offer_request is not None
    assert call.on_answer is not None
    offer = call.on_offer_request()
    assert keys_in(offer) == keys_in(answer)
    theirs = agree(SessionDescription.parse(offer), HERE)
    peer.follow(theirs)
    call.on_answer(peer.local.answer(SessionDescription.parse(offer), theirs))
    await peer.exchange(ours.line)
    peer.rtp.close()
    ours.close()


async def test_where_srtp_is_required_a_call_cannot_become_plain(peer: Peer, caplog: pytest.LogCaptureFixture) -> None:
    ours = Ours(required=True)
    call = OutgoingCall(lambda ip: b"")
    ours.media.attach(call)
    with pytest.raises(ProtocolError):
        ours.media.answer(peer.local.offer())
    assert len(keys_in(ours.media.offer())) == 2, "nor is plain RTP offered where a call brought no offer"
    plain = peer.local.offer()
    peer.local.secure()
    answer, agreement = ours.media.answer(peer.local.offer())
    ours.media.follow(agreement)
    peer.follow(peer.local.conclude(SessionDescription.parse(answer)))
    assert call.on_reoffer is not None
    assert call.on_answer is not None
    assert call.on_reoffer(plain) is None
    call.on_answer(plain)
    assert ours.unusable == 1
    await peer.exchange(ours.line)  # as before
    peer.rtp.close()
    ours.close()


async def test_packets_that_fail_srtps_check_are_told_by_number_once_at_the_end(
    peer: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    ours = Ours()
    peer.local.secure()
    answer, agreement = ours.media.answer(peer.local.offer())
    ours.media.follow(agreement)
    peer.follow(peer.local.conclude(SessionDescription.parse(answer)))
    await peer.exchange(ours.line)
    peer.rtp.connect(HERE, ours.media._ports.number, 9, mux=False)  # from now on unencrypted
    for _ in range(2000):
        peer.send()
        await asyncio.sleep(0.001)
        if ours.line.rtp.unauthentic > 60:
            break
    received = ours.line.rtp.unauthentic
    peer.rtp.close()
    ours.close()
    assert [record.getMessage() for record in caplog.records if "SRTP's check" in record.getMessage()] == [
        f"call some call: {received} packets failed SRTP's check and were dropped"
    ]
