"""The end of a turn depends on the question, the words so far, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.hearing.endpointer import (
    EVIDENCE,
    LONGEST,
    SPECULATE,
    Endpointer,
    Event,
    Nothing,
    Speculate,
    SpeechStart,
    TurnEnd,
)
from voicebot.hearing.patience import PATIENCE
from voicebot.ports import Asks

WINDOW = 0.032


class Line:
    """A telephone line of windows: each probability takes 32 ms."""

    def __init__(self, asks: Asks | None = None, *, pace: float = 1.0) -> None:
        self.endpointer = Endpointer(pace=pace)
        self.endpointer.expect(asks, at=0.0)
        self.windows = 0
        self.events: list[Event] = []

    @property
    def time(self) -> float:
        return self.windows * WINDOW

    def hear(self, probability: float, seconds: float) -> list[Event]:
        return self.hear_each([probability] * round(seconds / WINDOW))

    def hear_each(self, probabilities: Iterable[float]) -> list[Event]:
        events: list[Event] = []
        for probability in probabilities:
            self.windows += 1
            events += self.endpointer.push(probability, self.time)
        self.events += events
        return events


def kinds(events: Iterable[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_a_turn_is_started_speculated_on_and_ended() -> None:
    line = Line("confirm")
    line.hear(0.01, 0.5)
    line.hear(0.95, 0.5)
    line.hear(0.01, 1.0)
    assert kinds(line.events) == ["SpeechStart", "Speculate", "TurnEnd"]
    start, pause, end = line.events
    assert isinstance(start, SpeechStart)
    assert isinstance(pause, Speculate)
    assert isinstance(end, TurnEnd)
    assert start.start == pytest.approx(0.5, abs=WINDOW)
    assert end.end == pause.end == pytest.approx(1.0, abs=WINDOW)
    assert end.start == start.start
    assert end.voiced == pytest.approx(0.5, abs=WINDOW)
    assert end.reason == "silence"


@pytest.mark.parametrize("asks", get_args(Asks))
def test_every_question_waits_for_its_own_silence(asks: Asks) -> None:
    line = Line(asks)
    line.hear(0.9, 0.4)
    line.hear(0.0, 3.0)
    [end] = [event for event in line.events if isinstance(event, TurnEnd)]
    assert end.at - end.end == pytest.approx(PATIENCE[asks].silence, abs=WINDOW)


def test_what_takes_a_word_is_answered_sooner_than_a_date_and_a_date_sooner_than_a_phone_number() -> None:
    assert PATIENCE["known"].silence < PATIENCE["when"].silence < PATIENCE["phone"].silence
    assert PATIENCE["phone"].silence < PATIENCE["spelling"].silence


def test_a_no_to_what_was_read_back_may_go_on_while_a_yes_is_answered_at_once() -> None:
    assert PATIENCE["confirm"].silence > PATIENCE["when"].silence
    assert PATIENCE["confirm"].complete <= PATIENCE["known"].complete


@pytest.mark.parametrize("asks", get_args(Asks))
def test_a_complete_answer_never_waits_longer_and_never_less_than_recognition_needs(asks: Asks) -> None:
    patience = PATIENCE[asks]
    assert SPECULATE < patience.complete <= patience.silence < patience.nothing


def test_words_that_answer_the_question_end_the_turn_sooner() -> None:
    line = Line("phone")
    line.hear(0.9, 2.0)
    [pause] = [event for event in line.hear(0.0, 0.25) if isinstance(event, Speculate)]
    line.endpointer.complete(pause.end)
    [end] = line.hear(0.0, 2.0)
    assert isinstance(end, TurnEnd)
    assert end.reason == "complete"
    assert end.at - end.end == pytest.approx(PATIENCE["phone"].complete, abs=WINDOW)


def test_a_completeness_that_comes_after_more_speech_is_ignored() -> None:
    line = Line("phone")
    line.hear(0.9, 1.0)
    [_, pause] = [event for event in (*line.events, *line.hear(0.0, 0.3)) if not isinstance(event, Nothing)]
    assert isinstance(pause, Speculate)
    line.hear(0.9, 0.5)
    line.endpointer.complete(pause.end)  # while speaking
    line.hear(0.0, 0.25)
    line.endpointer.complete(pause.end)  # of the pause before
    line.hear(0.0, 3.0)
    assert [event.reason for event in line.events if isinstance(event, TurnEnd)] == ["silence"]


def test_each_pause_is_speculated_on_once() -> None:
    line = Line("spelling")
    for _ in range(3):
        line.hear(0.9, 0.3)
        line.hear(0.0, 1.0)
    assert kinds(line.events) == ["SpeechStart", "Speculate", "Speculate", "Speculate"]
    line.hear(0.0, 1.0)
    assert kinds(line.events)[-1] == "TurnEnd"


def test_a_click_is_no_speech() -> None:
    line = Line("confirm")
    for _ in range(10):
        line.hear_each([0.99])
        line.hear(0.0, 0.2)
    assert line.events == []


def test_a_click_in_a_pause_does_not_stretch_it() -> None:
    line = Line("confirm")
    line.hear(0.9, 0.5)
    line.hear(0.0, 0.224)
    line.hear_each([0.99])
    line.hear(0.0, 1.0)
    [end] = [event for event in line.events if isinstance(event, TurnEnd)]
    assert end.at - end.end == pytest.approx(PATIENCE["confirm"].silence, abs=2 * WINDOW)


def test_the_shortest_yes_is_heard() -> None:
    line = Line("confirm")
    line.hear_each([0.0, 0.6, 0.7, 0.1])
    line.hear(0.0, 1.0)
    assert kinds(line.events) == ["SpeechStart", "Speculate", "TurnEnd"]


def test_a_voice_that_wavers_between_the_thresholds_goes_on() -> None:
    line = Line("confirm")
    line.hear(0.9, 0.2)
    line.hear(0.4, 1.0)
    assert kinds(line.events) == ["SpeechStart"]


def test_what_stays_below_the_bar_is_no_speech() -> None:
    line = Line("confirm")
    line.hear(0.34, 2.0)
    assert line.events == []


def test_a_murmur_that_lasts_is_heard() -> None:
    """A short « non » over a telephone may never reach one half."""
    line = Line("confirm")
    line.hear_each([0.1, 0.43, 0.49, 0.48, 0.41, 0.2])
    assert kinds(line.events) == ["SpeechStart"]
    assert line.events == [SpeechStart(pytest.approx(WINDOW))]


def test_saying_nothing_is_told_once_and_counted_from_the_end_of_the_question() -> None:
    line = Line()
    line.endpointer.suspend()
    line.hear(0.0, 20.0)
    asked = line.time
    line.endpointer.expect("confirm", at=asked)
    line.hear(0.0, 20.0)
    [nothing] = line.events
    assert isinstance(nothing, Nothing)
    assert nothing.at - asked == pytest.approx(PATIENCE["confirm"].nothing, abs=WINDOW)


def test_speech_after_the_question_stops_the_wait_for_it() -> None:
    line = Line("confirm")
    line.hear(0.0, PATIENCE["confirm"].nothing - 0.3)
    line.hear(0.9, 0.6)
    line.hear(0.0, 20.0)
    assert kinds(line.events) == ["SpeechStart", "Speculate", "TurnEnd"]


def test_speech_over_the_prompt_is_heard() -> None:
    line = Line()
    line.endpointer.suspend()
    assert kinds(line.hear(0.9, 0.3)) == ["SpeechStart"]
    assert line.endpointer.speaking


def test_an_endless_turn_is_cut_and_the_speech_goes_on_in_the_next() -> None:
    line = Line("open")
    line.hear(0.9, LONGEST + 2.0)
    assert kinds(line.events) == ["SpeechStart", "TurnEnd", "SpeechStart"]
    end = line.events[1]
    assert isinstance(end, TurnEnd)
    assert end.reason == "long"
    assert end.at - end.start == pytest.approx(LONGEST, abs=WINDOW)


def test_slow_speakers_get_longer_silences() -> None:
    line = Line("confirm", pace=2.0)
    line.hear(0.9, 0.4)
    line.hear(0.0, 2.0)
    [end] = [event for event in line.events if isinstance(event, TurnEnd)]
    assert end.at - end.end == pytest.approx(2 * PATIENCE["confirm"].silence, abs=WINDOW)


@given(
    probabilities=st.lists(st.sampled_from([0.0, 0.2, 0.4, 0.5, 0.9]), max_size=400),
    asks=st.sampled_from(get_args(Asks)),
)
def test_events_come_in_order_whatever_is_heard(probabilities: list[float], asks: Asks) -> None:
    line = Line(asks)
    line.hear_each(probabilities)
    line.hear(0.0, 12.0)
    turn: SpeechStart | None = None
    pause: Speculate | None = None
    for event in line.events:
        match event:
            case SpeechStart():
                assert turn is None
                turn = event
            case Speculate():
                assert turn is not None
                assert event.start == turn.start
                assert pause is None or event.end > pause.end
                pause = event
            case TurnEnd():
                assert turn is not None
                assert pause is not None
                assert event.end == pause.end
                assert event.end - event.start >= EVIDENCE * WINDOW - 1e-6
                assert 0 < event.voiced <= event.end - event.start + 1e-6
                turn = pause = None
            case Nothing():
                assert turn is None
    assert turn is None
