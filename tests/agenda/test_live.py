"""A running service follows its practice's file and survives a wrong one."""

from __future__ import annotations

from datetime import datetime

from tests.agenda.helpers import HEAD, MONDAY, MakePractice
from voicebot.agenda.live import LivePractice


def test_the_last_good_rules_hold_while_the_file_is_wrong(make_practice: MakePractice) -> None:
    practice = make_practice()
    file = practice.directory / "practice.toml"
    good = file.read_text(encoding="utf-8")
    live = LivePractice(practice.directory)
    assert live() == practice
    assert not live.refresh()

    file.write_text(good.replace("duration_minutes = 15", "duration_minutes = 16"), encoding="utf-8")
    assert not live.refresh()
    assert live() == practice
    assert live.error is not None
    assert "duration_minutes" in str(live.error)

    file.write_text(good.replace("duration_minutes = 15", "duration_minutes = 25"), encoding="utf-8")
    assert live.refresh()
    assert live.error is None
    assert live().motives["consultation"].duration == 25

    file.unlink()
    assert not live.refresh()
    assert live().motives["consultation"].duration == 25
    assert live.error is not None


def test_a_file_that_says_the_same_again_changes_nothing(make_practice: MakePractice) -> None:
    practice = make_practice()
    live = LivePractice(practice.directory)
    file = practice.directory / "practice.toml"
    text = file.read_text(encoding="utf-8")
    file.unlink()
    file.write_text(text, encoding="utf-8")
    assert not live.refresh()


def test_reception_hours_may_cross_midnight(make_practice: MakePractice) -> None:
    practice = make_practice(head=HEAD, more='\n[[reception]]\ndays = ["lundi"]\nhours = ["20:00-02:00"]\n')
    assert not practice.reception_open(MONDAY)
    assert practice.reception_open(MONDAY.replace(hour=23))
    assert practice.reception_open(MONDAY.replace(day=24, hour=1))
    assert not practice.reception_open(MONDAY.replace(day=24, hour=2))


def test_nobody_answers_on_a_holiday_or_while_the_practice_is_closed(make_practice: MakePractice) -> None:
    rules = """
[[reception]]
days = ["lundi", "mardi", "mercredi", "jeudi", "vendredi"]
hours = ["08:30-12:30"]

[[exceptions]]
date = 2026-12-24
closed = true

[[exceptions]]
date = 2026-12-23
closed = true
practitioners = ["benali"]
"""
    practice = make_practice(more=rules)
    nine = datetime(2026, 12, 23, 9, 0)
    assert practice.reception_open(nine), "someone else is there"
    assert not practice.reception_open(nine.replace(day=24))
    assert not practice.reception_open(nine.replace(day=25))
