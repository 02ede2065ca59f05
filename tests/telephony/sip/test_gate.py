"""The allow-list and the rates."""

from __future__ import annotations

import pytest

from telephony.sip.gate import BURST, MAX_SOURCES, RATE, Gate, normal
from tests.telephony.sip.peer import Clock
from voicebot.errors import ConfigurationError


@pytest.mark.parametrize(
    ("address", "admitted"),
    [
        ("192.0.2.10", True),
        ("::ffff:192.0.2.10", True),
        ("192.0.3.1", False),
        ("2001:db8::5", True),
        ("2001:db9::5", False),
        ("203.0.113.9", False),
        ("nonsense", False),
    ],
)
def test_only_listed_networks_are_admitted(address: str, admitted: bool) -> None:
    assert Gate(["192.0.2.0/24", "2001:db8::/32"], clock=Clock()).admits(address) is admitted


def test_the_registrars_address_is_admitted_while_it_is_its_address() -> None:
    gate = Gate([], clock=Clock())
    gate.trust("trunk", ["203.0.113.9"])
    assert gate.admits("203.0.113.9")
    gate.trust("trunk", ["203.0.113.10"])
    assert not gate.admits("203.0.113.9")


def test_a_network_that_is_none_is_refused_with_its_text() -> None:
    with pytest.raises(ConfigurationError, match=r"192\.0\.2\.0/99"):
        Gate(["192.0.2.0/99"], clock=Clock())


def test_a_source_may_burst_and_then_keeps_to_its_rate() -> None:
    clock = Clock()
    gate = Gate(["0.0.0.0/0"], clock=clock)
    assert sum(gate.take("192.0.2.1") for _ in range(2000)) == BURST
    assert gate.take("192.0.2.2")
    clock.now += 1
    assert sum(gate.take("192.0.2.1") for _ in range(2000)) == pytest.approx(RATE, abs=1)


def test_a_stream_above_its_rate_is_read_later() -> None:
    clock = Clock()
    gate = Gate(["0.0.0.0/0"], clock=clock)
    assert not any(gate.debt("192.0.2.1") for _ in range(int(BURST)))
    waits = [gate.debt("192.0.2.1") for _ in range(100)]
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(100 / RATE)
    clock.now += waits[-1] + 0.1
    assert gate.debt("192.0.2.1") == 0


def test_only_so_many_sources_are_remembered() -> None:
    gate = Gate(["0.0.0.0/0"], clock=Clock())
    for number in range(MAX_SOURCES + 50):
        gate.take(f"source {number}")
    assert len(gate._buckets) == MAX_SOURCES


def test_addresses_have_one_form() -> None:
    assert normal("::ffff:192.0.2.1") == "192.0.2.1"
    assert normal("fe80::1%eth0") == "fe80::1"
