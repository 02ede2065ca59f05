"""Time expressions: the development set, and what INTERFACES promises of every reading."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

import pytest

from tests.french.bilan import measure
from tests.french.expressions import BLIND, DEVELOPMENT, EXAMINED, judge, load
from voicebot.french.when import WhenSettings, read
from voicebot.ports import When

NOW = datetime(2026, 11, 23, 8, 0)
TUESDAY = datetime(2026, 11, 24)


def at(text: str, offered: tuple[datetime, ...] = (), **options: object) -> When:
    return read(text, now=NOW, offered=offered, **options)  # type: ignore[arg-type]


def windows(text: str, **options: object) -> list[tuple[str, str]]:
    return [(f"{a:%Y-%m-%dT%H:%M}", f"{b:%Y-%m-%dT%H:%M}") for a, b in at(text, **options).windows]


def test_no_development_phrase_is_read_wrong_in_silence() -> None:
    wrong = [f"{e.where} {e.text!r} → {w.reading}" for e, w, v in measure(DEVELOPMENT) if v == "fausse en silence"]
    assert not wrong


def test_no_phrase_of_the_examination_is_read_wrong_in_silence() -> None:
    results = measure(EXAMINED)
    assert not [f"{e.where} {e.text!r} → {w.reading}" for e, w, v in results if v == "fausse en silence"]
    assert sum(v == "juste" for _, _, v in results) / len(results) >= 0.85


def test_at_least_95_percent_of_the_development_phrases_are_read_right_in_every_family() -> None:
    families: defaultdict[str, list[bool]] = defaultdict(list)
    for expression, _, verdict in measure(DEVELOPMENT):
        families[expression.family].append(verdict == "juste")
    assert sum(len(verdicts) for verdicts in families.values()) >= 500
    assert {name: sum(v) / len(v) for name, v in families.items() if sum(v) / len(v) < 0.95} == {}


def test_the_reading_says_exactly_what_will_be_searched() -> None:
    different = []
    for expression in load(DEVELOPMENT):
        when = read(expression.text, now=expression.now, offered=expression.offered)
        again = read(when.reading, now=expression.now)
        if when.windows and (again.windows != when.windows or not again.sure):
            different.append(f"{expression.text!r} → {when.reading!r} → {again.reading!r}")
    assert not different


@pytest.mark.skipif(not BLIND.is_dir(), reason="no blind set here")
def test_the_blind_set_can_be_measured() -> None:
    assert all(judge(e, w) == v for e, w, v in measure(BLIND))


def test_the_example_of_the_interface() -> None:
    when = at("mardi matin")
    assert windows("mardi matin") == [("2026-11-24T00:00", "2026-11-24T12:00")]
    assert (when.prefer, when.leftover, when.sure, when.reading) == (None, (), True, "mardi 24 novembre au matin")


def test_a_clock_time_is_one_minute_and_about_is_half_an_hour_on_each_side() -> None:
    assert windows("mardi à 10h") == [("2026-11-24T10:00", "2026-11-24T10:01")]
    assert windows("mardi vers 10h") == [("2026-11-24T09:30", "2026-11-24T10:30")]


def test_a_bare_day_is_whole_and_a_bare_time_holds_for_every_day() -> None:
    assert windows("mardi") == [("2026-11-24T00:00", "2026-11-25T00:00")]
    assert len(at("à dix heures").windows) == 120


def test_windows_are_sorted_merged_and_half_open() -> None:
    found = at("jeudi, mardi ou mercredi").windows
    assert found == ((TUESDAY, datetime(2026, 11, 27)),)


def test_nothing_is_later_than_120_days_from_now() -> None:
    for text in ("n'importe quand", "à dix heures", "à partir du premier décembre", "le plus tôt possible"):
        assert at(text).windows[-1][1] <= NOW + timedelta(days=120)


def test_nothing_before_now_is_ever_offered() -> None:
    assert at("aujourd'hui").windows[0][0] == NOW
    assert read("ce matin", now=datetime(2026, 11, 23, 13)).windows == ()


@pytest.mark.parametrize(
    "text", ["", "   ", "?", "bonjour", "mardi dernier", "hier", "le 30 février", "à 27 heures", "…"]
)
def test_no_constraint_impossible_or_past_gives_nothing_and_is_not_sure(text: str) -> None:
    when = at(text)
    assert when.windows == ()
    assert not when.sure


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("un vaccin mardi matin", ("vaccin",)),
        ("mardi matin pour Léonie Kermadec", ("Léonie", "Kermadec")),
        ("le deuxième", ("deuxième",)),
        ("mardi ou la semaine des quatre jeudis", ("semaine", "quatre")),
    ],
)
def test_every_content_word_that_was_not_understood_is_returned_and_makes_the_reading_unsure(
    text: str, left: tuple[str, ...]
) -> None:
    when = at(text)
    assert not when.sure
    assert set(left) <= set(when.leftover)


def test_spans_that_another_reader_has_claimed_are_no_content() -> None:
    text = "Jean Vendredi, une prise de sang jeudi"
    claimed = [(0, 13), (15, 31)]
    assert not at(text).sure
    when = at(text, claimed=claimed)
    assert when.sure
    assert windows(text, claimed=claimed) == [("2026-11-26T00:00", "2026-11-27T00:00")]


def test_politeness_booking_and_reasons_are_no_content() -> None:
    text = (
        "Bonjour madame, je voudrais prendre un rendez-vous s'il vous plaît, plutôt jeudi parce que je joue au bridge."
    )
    assert at(text).sure


def test_without_offers_nothing_relative_is_understood() -> None:
    for text in (
        "plus tard",
        "le premier",
        "celui de dix heures",
        "un autre jour",
        "le même jour",
        "la semaine d'après",
    ):
        when = at(text)
        assert not when.sure
        assert when.leftover


@pytest.mark.parametrize("hour", [8, 14, 19])
def test_what_is_regular_is_said_so_at_any_hour_of_the_day(hour: int) -> None:
    when = read("tous les matins sauf le mercredi", now=datetime(2027, 1, 12, hour, 20))
    assert when.reading == "le matin, tous les jours sauf le mercredi"
    assert read(when.reading, now=datetime(2027, 1, 12, hour, 20)).windows == when.windows


def test_the_settings_of_a_practice_change_what_words_mean() -> None:
    early = WhenSettings(first_hour=6, around=15)
    assert windows("mardi à sept heures", settings=early) == [("2026-11-24T07:00", "2026-11-24T07:01")]
    assert windows("mardi vers dix heures", settings=early) == [("2026-11-24T09:45", "2026-11-24T10:15")]


def test_the_school_zone_moves_the_winter_holidays() -> None:
    text = "pendant les vacances de février"
    assert windows(text, settings=WhenSettings(school_zone="A"))[0][0] == "2027-02-13T00:00"
    assert windows(text, settings=WhenSettings(school_zone="C"))[0][0] == "2027-02-06T00:00"


def test_an_utterance_without_end_is_bounded() -> None:
    when = at("mardi ou " * 5000)
    assert when.windows


def test_accents_case_punctuation_and_apostrophes_do_not_count() -> None:
    spellings = ["jeudi après-midi", "JEUDI APRES MIDI", "Jeudi, après-midi.", "jeudi après‑midi".replace("‑", " ")]
    assert len({at(text).windows for text in spellings}) == 1
    assert at("l'après-midi").windows == at("l’après midi").windows
