"""Turn-taking: who may speak, and what a cough, an interruption or an announcement does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voicebot.floor import (
    PROMPT_GUARD,
    RESUME_AFTER,
    Action,
    Event,
    Floor,
    Holder,
    Key,
    PromptEnd,
    PromptStart,
    SpeechStart,
    Tick,
    Words,
    step,
)


def play(*events: tuple[float, Event]) -> tuple[Floor, list[Action]]:
    floor, actions = Floor(), []
    for now, event in events:
        floor, done = step(floor, event, now)
        actions += done
    return floor, actions


def test_an_answer_after_the_prompt_is_reported() -> None:
    floor, actions = play((0, PromptStart()), (2, PromptEnd()), (2.5, SpeechStart()), (3.5, Words(True)))
    assert actions == [Action.LISTEN, Action.REPORT]
    assert floor.holder is Holder.NOBODY


def test_a_caller_who_speaks_over_a_prompt_stops_it() -> None:
    _, actions = play((0, PromptStart()), (1, SpeechStart()), (2, Words(True)))
    assert actions == [Action.PAUSE, Action.FLUSH, Action.REPORT]


def test_a_cough_pauses_the_prompt_and_it_resumes() -> None:
    floor, actions = play(
        (0, PromptStart()), (1, SpeechStart()), (1.2, Words(False)), (1.2 + RESUME_AFTER - 0.1, Tick())
    )
    assert actions == [Action.PAUSE]
    floor, done = step(floor, Tick(), 1.2 + RESUME_AFTER)
    assert done == (Action.RESUME,)
    assert floor.holder is Holder.ASSISTANT


def test_the_announcement_cannot_be_interrupted() -> None:
    floor, actions = play((0, PromptStart(interruptible=False)), (1, SpeechStart()), (2, Words(True)), (2.1, Key()))
    assert actions == [Action.DISCARD]
    assert floor.holder is Holder.ASSISTANT


def test_speech_right_after_a_prompt_starts_is_the_tail_of_the_last_turn() -> None:
    _, actions = play((0, PromptStart()), (PROMPT_GUARD / 2, SpeechStart()))
    assert actions == []


def test_a_key_silences_the_prompt() -> None:
    floor, actions = play((0, PromptStart()), (1, Key()))
    assert actions == [Action.FLUSH]
    assert floor.holder is Holder.CALLER


def test_speech_during_thought_takes_the_floor_and_is_reported() -> None:
    _, actions = play((0, PromptStart()), (1, PromptEnd()), (2, SpeechStart()), (3, Words(True)), (3.1, SpeechStart()))
    assert actions == [Action.LISTEN, Action.REPORT]


EVENTS = st.sampled_from(
    [PromptStart(), PromptStart(False), PromptEnd(), SpeechStart(), Words(True), Words(False), Tick(), Key()]
)


@given(st.lists(st.tuples(st.floats(0, 3), EVENTS), max_size=30))
def test_a_prompt_is_never_left_paused(steps: list[tuple[float, Event]]) -> None:
    """Whatever happens, a pause is followed by a resume, a flush or the prompt's end before the next prompt."""
    floor, now, paused = Floor(), 0.0, False
    for gap, event in steps:
        now += gap
        floor, actions = step(floor, event, now)
        for action in actions:
            if action is Action.PAUSE:
                assert not paused
                paused = True
            elif action in (Action.RESUME, Action.FLUSH):
                paused = False
        if isinstance(event, PromptStart | PromptEnd):
            paused = False
        assert paused == (floor.holder is Holder.CONTESTED)
