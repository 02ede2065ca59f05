"""The reading in French, made from the set itself: what is read back is what will be searched."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from voicebot.french.speak import MONTHS, WEEKDAYS, say_list
from voicebot.french.time.nodes import ALL_DAYS, ALL_MINUTES, SIZE, Context
from voicebot.french.time.settings import DAY

_MOST_GROUPS = 4
_MOST_DAYS = 6


def describe(cx: Context, result: Sequence[int], *, soonest: bool) -> str:
    """« mardi 24 novembre au matin », « tous les jours à 10 heures », « le plus tôt possible »."""
    groups: dict[int, int] = {}
    past = cx.now.hour * 60 + cx.now.minute
    for index, mask in enumerate(result):
        if mask:
            whole = _unclipped(mask, past, result) if index == 0 else mask
            groups[whole] = groups.get(whole, 0) | 1 << index
    if list(groups) == [ALL_MINUTES] and groups[ALL_MINUTES] == ALL_DAYS:
        return "le plus tôt possible" if soonest else "n'importe quand"
    if len(groups) > _MOST_GROUPS:
        shown = sorted(groups.items(), key=lambda item: item[1] & -item[1])[:_MOST_GROUPS]
        text = say_list([_group(cx, days, mask) for mask, days in shown]) + ", et d'autres moments"
    else:
        ordered = sorted(groups.items(), key=lambda item: item[1] & -item[1])
        text = say_list([_group(cx, days, mask) for mask, days in ordered], last="ou")
    return f"{text}, le plus tôt possible" if soonest else text


def _unclipped(mask: int, past: int, result: Sequence[int]) -> int:
    """Today's minutes are cut at now: say them as the other days' where they are the same but for that."""
    for other in result[1:]:
        if other and other >> past << past == mask:
            return other
    for other in (ALL_MINUTES,):
        if other >> past << past == mask:
            return other
    return mask


def _group(cx: Context, days: int, mask: int) -> str:
    hours = _hours(cx, mask)
    return f"{_days(cx, days)} {hours}".strip()


def _days(cx: Context, mask: int) -> str:
    listed = [cx.at(i) for i in range(SIZE) if mask >> i & 1]
    if len(listed) == 1:
        return _date(listed[0])
    if mask == ALL_DAYS:
        return "tous les jours"
    weekdays = [w for w in range(7) if mask & cx.weekday(w)]
    full = sum(cx.weekday(w) for w in weekdays)
    if len(weekdays) < 7 and (mask in (full, full & ~1)) and len(listed) > len(weekdays):
        if len(weekdays) > 4:
            missing = [WEEKDAYS[w] for w in range(7) if w not in weekdays]
            return f"tous les jours sauf le {say_list(missing, last='et le')}"
        return f"le {say_list([WEEKDAYS[w] for w in weekdays], last='et le')}"
    runs = _runs(listed)
    if len(runs) <= _MOST_DAYS:
        return say_list([_run(cx, a, b) for a, b in runs])
    return f"{say_list([_run(cx, a, b) for a, b in runs[:3]], last='')} et d'autres jours"


def _runs(listed: Sequence[date]) -> list[tuple[date, date]]:
    runs: list[tuple[date, date]] = []
    for day in listed:
        if runs and (day - runs[-1][1]).days == 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def _run(cx: Context, first: date, last: date) -> str:
    if first == last:
        return _date(first)
    if cx.index(last) == SIZE - 1:
        return f"à partir du {_date(first)}"
    if (last - first).days == 1:
        return f"{_date(first)} ou {_date(last)}"
    if first == cx.today:
        return f"d'ici le {_date(last)}"
    return f"du {_date(first)} au {_date(last)}"


def _date(day: date) -> str:
    number = "1er" if day.day == 1 else str(day.day)
    return f"{WEEKDAYS[day.weekday()]} {number} {MONTHS[day.month - 1]}"


_NAMES = {
    "matin": "au matin",
    "apres_midi": "l'après-midi",
    "soir": "le soir",
    "midi_deux": "entre midi et deux",
    "fin journee": "en fin de journée",
    "debut matin": "en début de matinée",
    "fin matin": "en fin de matinée",
    "debut apres_midi": "en début d'après-midi",
    "fin apres_midi": "en fin d'après-midi",
}


def _hours(cx: Context, mask: int) -> str:
    if mask == ALL_MINUTES:
        return ""
    runs = _minute_runs(mask)
    named = {cx.settings.parts[name]: text for name, text in _NAMES.items() if name in cx.settings.parts}
    return say_list([named.get(run) or _minutes(*run) for run in runs])


def _minute_runs(mask: int) -> list[tuple[int, int]]:
    runs = []
    offset = 0
    while mask:
        skip = (mask & -mask).bit_length() - 1
        mask >>= skip
        length = (~mask & (mask + 1)).bit_length() - 1
        runs.append((offset + skip, offset + skip + length))
        mask >>= length
        offset += skip + length
    return runs


def _minutes(first: int, last: int) -> str:
    if last - first == 1:
        return f"à {_clock(first)}"
    if last == DAY:
        return f"à partir de {_clock(first)}"
    if first == 0:
        return f"avant {_clock(last)}"
    return f"entre {_clock(first)} et {_clock(last)}"


def _clock(at: int) -> str:
    hour, minute = divmod(at, 60)
    if minute == 0 and hour in (0, 12, 24):
        return "midi" if hour == 12 else "minuit"
    unit = "heure" if hour < 2 else "heures"
    return f"{hour} {unit} {minute}" if minute else f"{hour} {unit}"
