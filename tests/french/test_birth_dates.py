"""Birth dates as callers say them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.french.birth_dates import read_birth_date
from voicebot.french.speak import say_birth_date

TODAY = date(2026, 11, 23)
MARCH = date(1978, 3, 12)


@pytest.mark.parametrize(
    "text",
    [
        "douze mars mille neuf cent soixante-dix-huit",
        "le douze mars soixante-dix-huit",
        "douze trois mille neuf cent soixante-dix-huit",
        "douze trois soixante-dix-huit",
        "douze zéro trois soixante-dix-huit",
        "douze mars dix-neuf cent soixante-dix-huit",
        "douze mars dix-neuf soixante-dix-huit",
        "12/03/1978",
        "12 03 78",
        "12031978",
        "12 mars 1978.",
        "Je suis née le 12 mars 1978.",
        "alors euh c'est le douze euh mars soixante dix huit",
        "le onze mars non pardon le douze mars soixante-dix-huit",
        "le dimanche douze mars 1978",
    ],
)
def test_every_way_to_say_it_is_read(text: str) -> None:
    reading = read_birth_date(text, today=TODAY)
    assert reading.candidates == (MARCH,)
    assert reading.sure


@pytest.mark.parametrize(
    "text",
    ["le douze mars 1979, non 78", "le douze mars mille neuf cent soixante-dix-neuf non soixante-dix-huit"],
)
def test_a_year_taken_back_alone_is_replaced_but_never_sure(text: str) -> None:
    reading = read_birth_date(text, today=TODAY)
    assert reading.candidates == (MARCH,)
    assert not reading.sure


@pytest.mark.parametrize("text", ["le douze mart soixante dit huit", "douze mars mille neuf cent soixante dix uit"])
def test_a_slip_of_the_recogniser_is_mended_but_never_sure(text: str) -> None:
    reading = read_birth_date(text, today=TODAY)
    assert reading.candidates == (MARCH,)
    assert not reading.sure


def test_the_century_is_asked_for_where_both_are_possible() -> None:
    reading = read_birth_date("le trois mars vingt", today=TODAY)
    assert reading.candidates == (date(1920, 3, 3), date(2020, 3, 3))
    assert reading.century_asked
    assert not reading.sure


def test_a_century_that_cannot_be_is_not_asked_for() -> None:
    assert read_birth_date("3 mars 78", today=TODAY).candidates == (date(1978, 3, 3),)
    assert read_birth_date("3 mars 05", today=TODAY).candidates == (date(2005, 3, 3),)


def test_two_ways_to_cut_the_same_words_are_both_given() -> None:
    reading = read_birth_date("dix sept soixante", today=TODAY)
    assert set(reading.candidates) == {date(1960, 9, 10), date(1960, 7, 10)}
    assert not reading.sure
    assert not reading.century_asked


@pytest.mark.parametrize("text", ["", "bonjour", "trente février soixante", "le douze mars", "12 13 1978", "1978"])
def test_what_is_no_date_gives_no_candidate(text: str) -> None:
    reading = read_birth_date(text, today=TODAY)
    assert reading.candidates == ()
    assert not reading.sure


@pytest.mark.parametrize("text", ["24 décembre 2026", "1er janvier 1890", "01011890"])
def test_nobody_is_born_tomorrow_or_in_the_nineteenth_century(text: str) -> None:
    assert read_birth_date(text, today=TODAY).candidates == ()


def test_words_that_were_not_understood_are_given_back() -> None:
    reading = read_birth_date("né le 3 avril 1954 à Lyon", today=TODAY)
    assert reading.candidates == (date(1954, 4, 3),)
    assert reading.leftover == ("à", "Lyon")
    assert not reading.sure


@settings(max_examples=150, deadline=None)
@given(st.dates(date(1915, 1, 1), TODAY))
def test_what_is_said_is_read_back(day: date) -> None:
    reading = read_birth_date(say_birth_date(day), today=TODAY)
    assert reading.candidates == (day,)
    assert reading.sure


@settings(max_examples=100, deadline=None)
@given(st.dates(date(1912, 1, 1), TODAY))
def test_keys_are_read_as_day_month_and_year(day: date) -> None:
    assert read_birth_date(f"{day:%d%m%Y}", today=TODAY).candidates == (day,)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_read_without_an_error(text: str) -> None:
    reading = read_birth_date(text, today=TODAY)
    assert all(day <= TODAY for day in reading.candidates)
