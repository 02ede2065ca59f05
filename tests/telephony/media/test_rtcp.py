"""Our reports say what RFC 3550 asks for; aiortc's parser is the witness."""

from __future__ import annotations

from aiortc.rtp import RtcpByePacket, RtcpPacket, RtcpRrPacket, RtcpSdesPacket, RtcpSrPacket

from telephony.media import rtcp
from telephony.media.rtcp import Reception


def received(*sequences: int) -> Reception:
    reception = Reception(8000, 99)
    for sequence in sequences:
        reception.packet(sequence & 0xFFFF, sequence * 160, 10 + sequence * 0.02)
    return reception


def test_a_sender_report_with_a_block_and_a_name() -> None:
    data = rtcp.report(7, "name", sent=(0.5, 1000, 3, 480), reception=received(1, 2, 4), now=11.0)
    report, name = RtcpPacket.parse(data)
    assert isinstance(report, RtcpSrPacket)
    assert report.sender_info.ntp_timestamp == (2_208_988_800 << 32) + (1 << 31)
    assert (report.sender_info.rtp_timestamp, report.sender_info.packet_count, report.sender_info.octet_count) == (
        1000,
        3,
        480,
    )
    (block,) = report.reports
    assert (block.ssrc, block.packets_lost, block.fraction_lost, block.highest_sequence) == (99, 1, 64, 4)
    assert isinstance(name, RtcpSdesPacket)
    assert name.chunks[0].items == [(1, b"name")]


def test_a_receiver_report_where_nothing_was_sent() -> None:
    report, _ = RtcpPacket.parse(rtcp.report(7, "name", sent=None, reception=received(1), now=11.0))
    assert isinstance(report, RtcpRrPacket)
    assert report.reports[0].packets_lost == 0


def test_sequence_numbers_wrap_and_losses_are_counted_per_report() -> None:
    reception = received(*(n for n in range(65500, 65600) if n % 10))
    assert reception.lost == 9  # the first of the ten was never expected
    first, _ = RtcpPacket.parse(rtcp.report(7, "n", sent=None, reception=reception, now=11.0))
    assert isinstance(first, RtcpRrPacket)
    assert first.reports[0].highest_sequence == 65599
    assert first.reports[0].fraction_lost > 0
    second, _ = RtcpPacket.parse(rtcp.report(7, "n", sent=None, reception=reception, now=12.0))
    assert isinstance(second, RtcpRrPacket)
    assert second.reports[0].fraction_lost == 0


def test_the_last_sender_report_is_referred_to() -> None:
    theirs = rtcp.report(99, "x", sent=(1000.0, 1, 1, 160), reception=None, now=1.0)
    reception = received(1)
    reception.sender_report(theirs, 20.0)
    report, _ = RtcpPacket.parse(rtcp.report(7, "n", sent=None, reception=reception, now=20.5))
    assert isinstance(report, RtcpRrPacket)
    assert report.reports[0].lsr == int.from_bytes(theirs[10:14], "big")
    assert report.reports[0].dlsr == 32768


def test_a_steady_stream_has_no_jitter_and_an_unsteady_one_has() -> None:
    assert received(*range(50)).jitter < 1
    reception = Reception(8000, 1)
    for n in range(200):
        reception.packet(n, n * 160, n * 0.02 + (0.01 if n % 2 else 0))
    assert 60 < reception.jitter < 100


def test_the_name_ends_with_a_zero_octet_whatever_its_length() -> None:
    for length in range(1, 9):
        data = rtcp.report(7, "n" * length, sent=None, reception=None, now=0.0)
        assert len(data) % 4 == 0
        assert data[-1] == 0
        assert len(RtcpPacket.parse(data)) == 2


def test_goodbye() -> None:
    packets = RtcpPacket.parse(rtcp.bye(7, "name"))
    assert isinstance(packets[-1], RtcpByePacket)
    assert packets[-1].sources == [7]
