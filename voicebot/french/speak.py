"""Values as French people say them, ready for the voice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from voicebot.french.names import capitalise, spell_out
from voicebot.french.numbers import to_words

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


def say_day_number(day: int) -> str:
    """1 to 31: ``"premier"``, ``"vingt-quatre"``."""
    return "premier" if day == 1 else to_words(day)


def say_date(value: date, *, year: bool = False) -> str:
    """``"mardi premier décembre"``; with ``year``, ``"mardi premier décembre deux mille vingt-six"``."""
    text = f"{WEEKDAYS[value.weekday()]} {say_day_number(value.day)} {MONTHS[value.month - 1]}"
    return f"{text} {to_words(value.year)}" if year else text


def say_day(value: date, *, today: date) -> str:
    """A day as one says it today: ``"aujourd'hui"``, ``"demain"``, else its date."""
    near = {today: "aujourd'hui", today + timedelta(days=1): "demain"}
    return near.get(value) or say_date(value)


def say_time(value: time) -> str:
    """``"quatorze heures trente"``, ``"midi"``, ``"neuf heures cinq"``."""
    if (value.hour, value.minute) in ((12, 0), (0, 0)):
        return "midi" if value.hour else "minuit"
    hour = to_words(value.hour, feminine=True)
    unit = "heure" if value.hour < 2 else "heures"
    return f"{hour} {unit} {to_words(value.minute, feminine=True)}" if value.minute else f"{hour} {unit}"


def say_datetime(value: datetime) -> str:
    """``"mardi premier décembre à quatorze heures trente"``."""
    return f"{say_date(value.date())} à {say_time(value.time())}"


def say_birth_date(value: date) -> str:
    """``"douze mars mille neuf cent soixante-dix-huit"`` (no weekday)."""
    return f"{say_day_number(value.day)} {MONTHS[value.month - 1]} {to_words(value.year)}"


def say_phone(e164: str) -> str:
    """A number in pairs with pauses: ``"+33612345678"`` → ``"zéro six, douze, trente-quatre, cinquante-six, …"``.

    A number of another country is said with its indicative, then in pairs. Raises ValueError when it is not E.164.
    """
    digits = e164.removeprefix("+")
    if not (e164.startswith("+") and digits.isdigit() and 7 <= len(digits) <= 15):
        raise ValueError("a phone number to be said must be in E.164, for instance +33612345678")
    if digits.startswith("33") and len(digits) == 11:
        return ", ".join(_say_pairs("0" + digits[2:]))
    return "plus " + ", ".join(_say_pairs(digits))


def _say_pairs(digits: str) -> list[str]:
    head = digits[:1] if len(digits) % 2 else ""
    pairs = [digits[i : i + 2] for i in range(len(head), len(digits), 2)]
    return [to_words(int(d)) for d in head] + [
        f"zéro {to_words(int(pair[1]))}" if pair[0] == "0" else to_words(int(pair)) for pair in pairs
    ]


def say_name(name: str) -> str:
    """A name as it is written on an identity card, capitalised: ``"jean-pierre"`` → ``"Jean-Pierre"``."""
    return capitalise(name)


def say_letters(name: str) -> str:
    """A name spelled so that it is understood on a phone: ``"D comme Daniel, U comme Ursule, …"``."""
    return spell_out(name)


def say_list(items: Sequence[str], *, last: str = "ou") -> str:
    """``("lundi", "mardi", "jeudi")`` → ``"lundi, mardi ou jeudi"``."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"
