"""The reading in French, made from the set itself: what is read back is what will be searched.

Read again by the grammar it gives the same set (a property test holds it to that), so a caller who agrees agrees to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from voicebot.french.speak import MONTHS, WEEKDAYS, say_list
from voicebot.french.time.nodes import ALL_DAYS, ALL_MINUTES, SIZE, Context, minute_runs, minutes
from voicebot.french.time.settings import DAY

_MOST_TEXTS = 8
_MOST_REFUSED = 2

_PARTS = {
    "matin": "au matin",
    "apres_midi": "l'après-midi",
    "soir": "le soir",
    "midi_deux": "entre midi et deux",
    "fin journee": "en fin de journée",
    "debut matin": "en début de matinée",
    "milieu matin": "en milieu de matinée",
    "fin matin": "en fin de matinée",
    "debut apres_midi": "en début d'après-midi",
    "milieu apres_midi": "en milieu d'après-midi",
    "fin apres_midi": "en fin d'après-midi",
}
"""Parts of the day that are said by their name."""


def describe(cx: Context, result: Sequence[int], *, soonest: bool) -> str:
    """« mardi 24 novembre au matin », « tous les jours à 10 heures », « le plus tôt possible »."""
    whole = _unclipped(cx, result)
    groups = _groups(whole)
    if groups == {ALL_MINUTES: ALL_DAYS}:
        return "le plus tôt possible" if soonest else "n'importe quand"
    texts = [text for mask, days in groups.items() for text in _group(cx, days, mask, alone=len(groups) == 1)]
    text = say_list(texts) if len(texts) <= _MOST_TEXTS else f"{', '.join(texts[:_MOST_TEXTS])}, ou à d'autres moments"
    refused = _groups([ALL_MINUTES & ~mask for mask in whole])
    if len(groups) > 1 and len(refused) <= _MOST_REFUSED:
        gone = [
            text
            for mask, days in refused.items()
            for text in _group(cx, days, mask, alone=len(refused) == 1, front=True)
        ]
        if not any("sauf" in one for one in gone):
            text = min(text, f"tous les jours sauf {say_list(gone, last='et')}", key=len)
    return f"{text}, le plus tôt possible" if soonest else text


def _groups(result: Sequence[int]) -> dict[int, int]:
    """Days by the minutes that they have in common, in order of the first day."""
    groups: dict[int, int] = {}
    for index, mask in enumerate(result):
        if mask:
            groups[mask] = groups.get(mask, 0) | 1 << index
    return groups


def _unclipped(cx: Context, result: Sequence[int]) -> list[int]:
    """Today's minutes are cut at now: give back those before it, as far as the words that say so go."""
    past = cx.now.hour * 60 + cx.now.minute
    today, same_days = result[0], set(result[7::7])
    if not today and len(same_days) == 1 and not next(iter(same_days)) >> past:
        return [result[7], *result[1:]]  # « le matin », said in the afternoon, is every morning still
    if not today or not past or not today >> past & 1:
        return list(result)
    for other in (*dict.fromkeys(result[1:]), *(minutes(*cx.settings.parts[name]) for name in _PARTS)):
        if other and other >> past << past == today:
            return [other, *result[1:]]
    return [today | minutes(0, past), *result[1:]]


def _group(cx: Context, days: int, mask: int, *, alone: bool, front: bool = False) -> list[str]:
    """A set of days with its hours (in ``front`` of them where asked); a whole day is said so beside other sets."""
    hours = _hours(cx, mask)
    regular = _regular(cx, days, alone=alone)
    if regular is not None:
        if "sauf" in regular and hours:
            return [f"{hours.replace('au matin', 'le matin')}, {regular}"]
        return [_with_hours(regular, hours, alone=alone, front=front)]
    runs = _runs([cx.at(i) for i in range(SIZE) if days >> i & 1])
    if alone and not hours:
        return [_run(cx, first, last) for first, last in runs]
    if all((last - first).days < 2 for first, last in runs):
        text = say_list([_run(cx, first, last) for first, last in runs])
        return [_with_hours(text, hours, alone=alone, front=front)]
    return [_run_with_hours(cx, first, last, hours, alone=alone) for first, last in runs]


def _with_hours(text: str, hours: str, *, alone: bool, front: bool = False) -> str:
    if front and hours:
        return f"{hours} {text}"
    return f"{text} {hours}" if hours else text if alone else f"{text} toute la journée"


def _run_with_hours(cx: Context, first: date, last: date, hours: str, *, alone: bool) -> str:
    """Hours stand in front of an open end: « à partir de mardi à 10 heures » would be a stretch of time."""
    text = _run(cx, first, last)
    if (last - first).days > 1 and (first == cx.today or cx.index(last) == SIZE - 1):
        return f"{hours} {text}".strip()
    return _with_hours(text, hours, alone=alone)


def _regular(cx: Context, mask: int, *, alone: bool) -> str | None:
    """Every day, or every such weekday; None when the days keep no such order."""
    if mask == ALL_DAYS:
        return "tous les jours"
    weekdays = [w for w in range(7) if mask & cx.weekday(w)]
    if mask != sum(cx.weekday(w) for w in weekdays) or mask.bit_count() <= 2 * len(weekdays):
        return None
    if len(weekdays) < 5 or not alone:
        return say_list([f"le {WEEKDAYS[w]}" for w in weekdays], last="et")
    left_out = [f"le {WEEKDAYS[w]}" for w in range(7) if w not in weekdays]
    return f"tous les jours sauf {say_list(left_out, last='et')}"


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
    if (last - first).days == 1:
        return f"{_date(first)} ou {_date(last)}"
    if cx.index(last) == SIZE - 1:
        return f"à partir du {_date(first)}"
    return f"d'ici le {_date(last)}" if first == cx.today else f"du {_date(first)} au {_date(last)}"


def _date(day: date) -> str:
    number = "1er" if day.day == 1 else str(day.day)
    return f"{WEEKDAYS[day.weekday()]} {number} {MONTHS[day.month - 1]}"


def _hours(cx: Context, mask: int) -> str:
    if mask == ALL_MINUTES:
        return ""
    named = {cx.settings.parts[name]: text for name, text in _PARTS.items() if name in cx.settings.parts}
    return say_list([named.get(run) or _minutes(cx, *run) for run in minute_runs(mask)])


def _minutes(cx: Context, first: int, last: int) -> str:
    if last - first == 1:
        return f"à {_clock(cx, first)}"
    if last == DAY:
        return f"plus tard que {_clock(cx, first - 1)}" if first % 5 == 1 else f"à partir de {_clock(cx, first)}"
    if first == 0:
        return f"au plus tard à {_clock(cx, last - 1)}" if last % 5 == 1 else f"avant {_clock(cx, last)}"
    return f"entre {_clock(cx, first)} et {_clock(cx, last)}"


def _clock(cx: Context, at: int) -> str:
    hour, minute = divmod(at, 60)
    if minute == 0 and hour in (0, 12, 24):
        return "midi" if hour == 12 else "minuit"
    unit = "heure" if hour < 2 else "heures"
    text = f"{hour} {unit} {minute}" if minute else f"{hour} {unit}"
    return f"{text} du matin" if 0 < hour < cx.settings.first_hour else text
