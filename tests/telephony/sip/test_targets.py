"""The order in which a trunk's servers are tried (RFC 2782, RFC 3263)."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from telephony.sip.targets import MAX_SERVICES, Living, Service, Target, by_weight
from tests.telephony.sip.peer import Clock

SERVICES = st.lists(
    st.builds(Service, st.integers(0, 3), st.integers(0, 65535), st.sampled_from("abc"), st.integers(1, 65535)),
    max_size=MAX_SERVICES,
)
ONE, TWO, THREE = (Target("192.0.2.1", 5060, 10), Target("192.0.2.2", 5060, 10), Target("192.0.2.3", 5060, 20))


@given(SERVICES, st.randoms(use_true_random=False))
def test_every_server_has_its_turn_and_the_better_priorities_come_first(
    services: list[Service], chance: Random
) -> None:
    ordered = by_weight(services, chance.random)
    assert Counter(ordered) == Counter(services)
    assert [service.priority for service in ordered] == sorted(service.priority for service in services)


def test_a_server_is_first_as_often_as_its_weight_says() -> None:
    services = [Service(1, 3, "heavy", 5060), Service(1, 1, "light", 5060), Service(1, 0, "none", 5060)]
    chance = Random(7)
    first = Counter(by_weight(services, chance.random)[0].host for _ in range(4000))
    assert 2850 < first["heavy"] < 3150
    assert first["none"] < 50


def test_a_flood_of_records_is_cut() -> None:
    assert len(by_weight([Service(1, 1, str(n), 5060) for n in range(1000)], Random(1).random)) == MAX_SERVICES


def test_the_dead_come_last_until_their_time_is_over() -> None:
    clock = Clock()
    living = Living(clock)
    assert living.order([THREE, TWO, ONE]) == [TWO, ONE, THREE]
    living.bury(ONE.peer, 60)
    living.bury(TWO.peer, 30)
    assert living.order([ONE, TWO, THREE]) == [THREE, ONE, TWO]
    clock.now += 31
    assert living.order([ONE, TWO, THREE]) == [TWO, THREE, ONE]
    clock.now += 30
    assert living.order([ONE, TWO, THREE]) == [ONE, TWO, THREE]


def test_who_serves_us_goes_on_unless_a_better_one_lives() -> None:
    living = Living(Clock())
    assert living.order([ONE, TWO, THREE], TWO.peer) == [TWO, ONE, THREE]
    assert living.order([ONE, TWO, THREE], THREE.peer) == [ONE, TWO, THREE]
