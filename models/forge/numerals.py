"""French numbers, clock times, dates and telephone numbers in words, as callers say them. Pure."""

from __future__ import annotations

from datetime import date, time
from random import Random

_UP_TO_NINETEEN = """
zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf
"""
_UNITS = _UP_TO_NINETEEN.split()
_TENS = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante"}
WEEKDAYS = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
_YEAR = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
MONTHS = _YEAR.split()


def cardinal(number: int) -> str:
    """`number` (0 to 999999) in words, in the spelling before 1990: "soixante et onze", "quatre-vingts"."""
    if number < 20:
        return _UNITS[number]
    if number < 100:
        return _below_hundred(number)
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        head = "cent" if hundreds == 1 else f"{_UNITS[hundreds]} cent"
    else:
        thousands, rest = divmod(number, 1000)
        head = "mille" if thousands == 1 else f"{cardinal(thousands)} mille"
    return head if rest == 0 else f"{head} {cardinal(rest)}"


def _below_hundred(number: int) -> str:
    tens, unit = number // 10 * 10, number % 10
    if tens == 70:
        return "soixante et onze" if number == 71 else f"soixante-{_UNITS[number - 60]}"
    if tens >= 80:
        return "quatre-vingts" if number == 80 else f"quatre-vingt-{_UNITS[number - 80]}"
    if unit == 0:
        return _TENS[tens]
    return f"{_TENS[tens]} et un" if unit == 1 else f"{_TENS[tens]}-{_UNITS[unit]}"


def day_number(day: int) -> str:
    """A day of the month: "premier", then cardinals."""
    return "premier" if day == 1 else cardinal(day)


def clock(at: time, rng: Random) -> str:
    """A clock time as one of its usual wordings: "quatorze heures trente", "dix heures et quart", "midi"."""
    if at.hour == 12 and at.minute in (0, 15, 30) and rng.random() < 0.7:
        return {0: "midi", 15: "midi et quart", 30: "midi et demi"}[at.minute]
    if at.minute == 45 and rng.random() < 0.25:
        return f"{_hours(at.hour + 1)} moins le quart"
    minutes = {0: [""], 15: [" quinze", " quinze", " et quart"], 30: [" trente", " trente", " et demie"]}
    return _hours(at.hour) + rng.choice(minutes.get(at.minute, [f" {cardinal(at.minute)}"]))


def _hours(hour: int) -> str:
    if hour == 1:
        return "une heure"
    return "vingt et une heures" if hour == 21 else f"{cardinal(hour)} heures"


def calendar_day(day: date, rng: Random) -> str:
    """A day to come, as one of its usual wordings: "mardi vingt-quatre novembre", "le vingt-quatre novembre"."""
    weekday, number, month = WEEKDAYS[day.weekday()], day_number(day.day), MONTHS[day.month - 1]
    full = f"{weekday} {number} {month}"
    return rng.choice((full, full, f"le {full}", f"le {number} {month}", f"le {number} {month}", f"{weekday} {number}"))


def year(number: int, rng: Random) -> str:
    """A year of birth; before 2000 sometimes "dix-neuf cent …"."""
    if 1900 < number < 2000 and rng.random() < 0.1:
        return f"dix-neuf cent {cardinal(number - 1900)}"
    return cardinal(number)


def birth_date(day: date, rng: Random) -> str:
    """A date of birth, no article: "douze mars mille neuf cent soixante-dix-huit", "douze trois soixante-dix-huit"."""
    short = cardinal(day.year - 1900) if 1910 < day.year < 2000 else cardinal(day.year)
    number, month, draw = day_number(day.day), MONTHS[day.month - 1], rng.random()
    if draw < 0.78:
        return f"{number} {month} {year(day.year, rng)}"
    if draw < 0.88:
        return f"{number} {month} {short}"
    zero = "zéro " if day.month < 10 and rng.random() < 0.5 else ""
    figures = f"{cardinal(day.day)} {zero}{cardinal(day.month)}"
    return f"{figures} {cardinal(day.year) if rng.random() < 0.5 else short}"


def digit_pairs(digits: str, rng: Random) -> list[str]:
    """A telephone number cut in pairs: ["zéro six", "douze", …]; now and then a pair is said as two figures."""
    pairs = []
    for start in range(0, len(digits), 2):
        pair = digits[start : start + 2]
        single = len(pair) == 1 or pair[0] == "0" or rng.random() < 0.04
        pairs.append(" ".join(_UNITS[int(digit)] for digit in pair) if single else cardinal(int(pair)))
    return pairs
