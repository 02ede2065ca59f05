"""Values as they are said."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from voicebot.french import speak


def test_dates_say_the_first_as_premier() -> None:
    assert speak.say_date(date(2026, 12, 1)) == "mardi premier décembre"
    assert speak.say_date(date(2026, 11, 24), year=True) == "mardi vingt-quatre novembre deux mille vingt-six"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (time(14, 30), "quatorze heures trente"),
        (time(9, 5), "neuf heures cinq"),
        (time(1, 0), "une heure"),
        (time(21, 0), "vingt et une heures"),
        (time(12, 0), "midi"),
        (time(12, 15), "douze heures quinze"),
        (time(0, 0), "minuit"),
    ],
)
def test_times_are_said_on_24_hours(value: time, said: str) -> None:
    assert speak.say_time(value) == said


def test_a_datetime_is_a_day_and_an_hour() -> None:
    assert speak.say_datetime(datetime(2026, 12, 1, 14, 30)) == "mardi premier décembre à quatorze heures trente"


def test_near_days_are_said_by_their_name() -> None:
    today = date(2026, 11, 23)
    assert speak.say_day(today, today=today) == "aujourd'hui"
    assert speak.say_day(date(2026, 11, 24), today=today) == "demain"
    assert speak.say_day(date(2026, 11, 25), today=today) == "mercredi vingt-cinq novembre"


def test_phone_numbers_are_said_in_pairs() -> None:
    assert speak.say_phone("+33600123456") == "zéro six, zéro zéro, douze, trente-quatre, cinquante-six"
    assert speak.say_phone("+3221234567").startswith("plus trente-deux, vingt et un")
    with pytest.raises(ValueError, match=r"E\.164"):
        speak.say_phone("0612345678")


def test_lists_end_with_their_conjunction() -> None:
    assert speak.say_list(["lundi", "mardi", "jeudi"]) == "lundi, mardi ou jeudi"
    assert speak.say_list(["lundi", "mardi"], last="et") == "lundi et mardi"
    assert speak.say_list(["lundi"]) == "lundi"
    assert speak.say_list([]) == ""


def test_birth_dates_have_no_weekday() -> None:
    assert speak.say_birth_date(date(1978, 3, 12)) == "douze mars mille neuf cent soixante-dix-huit"


def test_names_and_letters() -> None:
    assert speak.say_name("le goff") == "Le Goff"
    assert speak.say_letters("Li") == "L comme Louis, I comme Irma"
