"""A caller who is passed to a person, and what becomes of him where nobody answers."""

from __future__ import annotations

from datetime import datetime

from tests.thinking.callers import Cabinet

OPEN = datetime(2026, 11, 23, 10, 0)
NUMBER = "+33612345678"


async def test_a_caller_whom_nobody_answers_gets_a_dated_call_back(cabinet: Cabinet) -> None:
    cabinet.clock.at = OPEN
    call = cabinet.call(caller=NUMBER)
    await call.greet()
    passed = await call.key("0")
    assert (passed.outcome, passed.ring, passed.asks) == ("transferred", "secretary", None)
    back = await call.transfer_failed()
    assert (back.outcome, back.ring, back.asks) == (None, None, "callback")
    assert "personne ne répond" in back.say
    promised = await call.hear("oui")
    assert "rappellera" in promised.say
    [callback] = call.callbacks
    assert (callback.phone, callback.reason, callback.by) == (NUMBER, "human", OPEN.date())
    assert (await call.hang_up()).outcome == "callback"


async def test_nobody_is_rung_twice_in_one_call(cabinet: Cabinet) -> None:
    cabinet.clock.at = OPEN
    call = cabinet.call(caller=NUMBER)
    await call.greet()
    await call.key("0")
    await call.transfer_failed()
    for _ in range(8):
        reply = await call.hear("?")
        assert reply.ring is None
        if reply.outcome is not None:
            break
    assert reply.outcome == "callback"


async def test_whoever_hangs_up_while_it_rings_keeps_what_he_had(cabinet: Cabinet) -> None:
    cabinet.clock.at = OPEN
    call = cabinet.call()
    await call.greet()
    await call.key("0")
    await call.transfer_failed()
    assert (await call.hang_up()).outcome == "abandoned"


async def test_an_emergency_that_nobody_takes_ends_with_the_number_to_dial(cabinet: Cabinet) -> None:
    cabinet.clock.at = OPEN
    call = cabinet.call()
    await call.greet()
    urgent = await call.hear("j'ai une douleur à la poitrine qui serre")
    assert (urgent.outcome, urgent.ring) == ("emergency", "secretary")
    back = await call.transfer_failed()
    assert (back.outcome, back.ring) == ("emergency", None)
    assert "15" in back.say


async def test_the_desk_takes_a_call_over_in_the_middle_of_a_booking(cabinet: Cabinet) -> None:
    cabinet.clock.at = OPEN
    call = cabinet.call()
    await call.greet()
    await call.hear("un rendez-vous pour une consultation")
    passed = await call.hand_over("on_call")
    assert (passed.outcome, passed.ring) == ("transferred", "on_call")
    assert (await call.transfer_failed()).asks == "callback"


async def test_after_words_of_suicide_the_number_for_them_stays_the_one_that_is_named(cabinet: Cabinet) -> None:
    cabinet.clock.at = OPEN
    call = cabinet.call()
    await call.greet()
    urgent = await call.hear("j'ai envie de mourir")
    assert (urgent.outcome, urgent.ring) == ("emergency", "secretary")
    back = await call.transfer_failed()
    assert back.outcome == "emergency"
    assert "31 14" in back.say


async def test_words_of_suicide_that_were_badly_heard_lead_to_their_own_number(cabinet: Cabinet) -> None:
    cabinet.clock.at = OPEN
    call = cabinet.call()
    await call.greet()
    assert (await call.hear("je veux mourir", logprob=-0.9)).asks == "emergency"
    assert "31 14" in (await call.hear("oui")).say


async def test_a_sign_that_was_denied_leaves_no_trace_in_the_next_advice(cabinet: Cabinet) -> None:
    cabinet.clock.at = OPEN
    call = cabinet.call()
    await call.greet()
    await call.hear("je veux mourir", logprob=-0.9)
    await call.hear("non")
    assert "31 14" not in (await call.hear("mon mari ne respire plus")).say
