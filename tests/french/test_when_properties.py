"""Time expressions by construction: phrases whose meaning is computed apart must be read so, or asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from voicebot.french.speak import say_date, say_datetime, say_time
from voicebot.french.when import read
from voicebot.ports import When

NOW = datetime(2026, 11, 23, 8, 0)
TODAY = NOW.date()
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")

COMING = [TODAY + timedelta(days=(n - TODAY.weekday() - 1) % 7 + 1) for n in range(7)]

Fits = Callable[[datetime], bool]

DAYS: dict[str, Fits] = {
    **{name: (lambda t, n=n: t.date() == COMING[n]) for n, name in enumerate(WEEKDAYS)},
    "demain": lambda t: t.date() == TODAY + timedelta(days=1),
    "après-demain": lambda t: t.date() == TODAY + timedelta(days=2),
    "la semaine prochaine": lambda t: date(2026, 11, 30) <= t.date() <= date(2026, 12, 6),
    "le 3 décembre": lambda t: t.date() == date(2026, 12, 3),
    "en janvier": lambda t: (t.year, t.month) == (2027, 1),
    "à partir de jeudi": lambda t: t.date() >= date(2026, 11, 26),
    "avant le 10 décembre": lambda t: t.date() < date(2026, 12, 10),
    "n'importe quel jour": lambda t: True,
    "tous les jours sauf le mercredi": lambda t: t.weekday() != 2,
}
HOURS: dict[str, Fits] = {
    "": lambda t: True,
    "le matin": lambda t: t.hour < 12,
    "l'après-midi": lambda t: 13 <= t.hour < 19,
    "à dix heures": lambda t: t.time() == time(10),
    "à 14h30": lambda t: t.time() == time(14, 30),
    "à deux heures et quart": lambda t: t.time() == time(14, 15),
    "après seize heures": lambda t: t.hour >= 16,
    "pas avant dix heures": lambda t: t.hour >= 10,
    "entre neuf heures et onze heures": lambda t: 9 <= t.hour < 11,
    "entre midi et deux": lambda t: 12 <= t.hour < 14,
    "mais pas le matin": lambda t: t.hour >= 12,
}
VOCABULARY = sorted({word for phrase in [*DAYS, *HOURS] for word in phrase.split()})
BEFORE = ("", "euh ", "bonjour, ", "je voudrais un rendez-vous ", "alors plutôt ", "Est-ce que vous avez ", "oui ")
BETWEEN = (" ", " euh ", " s'il vous plaît ", ", ", " plutôt ", " si possible ")
AFTER = ("", " s'il vous plaît", ".", " merci", " si possible", " parce que je travaille", " ça m'irait bien")
PROBES = [
    datetime.combine(TODAY + timedelta(days=d), time(h, m))
    for d in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 17, 24, 40, 45, 80)
    for h, m in ((8, 30), (9, 0), (10, 0), (10, 15), (11, 59), (12, 30), (14, 15), (14, 30), (16, 45), (18, 0), (20, 0))
]


def inside(moment: datetime, when: When) -> bool:
    return any(a <= moment < b for a, b in when.windows)


def check(text: str, fits: Fits) -> None:
    when = read(text, now=NOW)
    if when.sure:
        wrong = [p for p in PROBES if p >= NOW and inside(p, when) != fits(p)]
        assert not wrong, f"{text!r} read as {when.reading!r}"


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(sorted(DAYS)),
    st.sampled_from(sorted(HOURS)),
    st.sampled_from(BEFORE),
    st.sampled_from(BETWEEN),
    st.sampled_from(AFTER),
    st.booleans(),
)
def test_a_day_and_an_hour_in_any_company_are_read_right_or_asked(
    day: str, hour: str, before: str, between: str, after: str, hour_first: bool
) -> None:
    if day.startswith(("à partir", "avant")) and hour.startswith("à ") and not hour_first:
        return  # « avant le 10 à 14h30 » ends at that minute
    if before.endswith("avez ") and hour.startswith("pas") and hour_first:
        return  # « vous n'avez pas avant dix heures ? » asks for before ten
    if "sauf" in day and hour and not hour_first:
        return  # « sauf le mercredi le matin » is the exception's hour as well as the others'
    first, second = (hour, day) if hour_first and hour and not hour.startswith("mais") else (day, hour)
    text = before + (first + between + second if second else first) + after
    check(text, lambda t: DAYS[day](t) and HOURS[hour](t))


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.sampled_from(WEEKDAYS), min_size=2, max_size=3, unique=True),
    st.sampled_from([" ou ", " et ", ", "]),
    st.sampled_from(["", " le matin", " à 14h30", " après seize heures"]),
)
def test_a_list_of_weekdays_shares_its_hour(names: list[str], join: str, hour: str) -> None:
    check(join.join(names) + hour, lambda t: any(DAYS[n](t) for n in names) and HOURS[hour.strip()](t))


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(WEEKDAYS), st.sampled_from(WEEKDAYS), st.sampled_from([" non pardon ", " euh non ", " enfin non "])
)
def test_a_correction_replaces_the_day(wrong: str, right: str, correction: str) -> None:
    check(wrong + correction + right, DAYS[right])


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(sorted(DAYS)), st.sampled_from(sorted(HOURS)), st.integers(0, 12))
def test_an_unknown_word_anywhere_makes_the_reading_unsure(day: str, hour: str, place: int) -> None:
    words = f"{day} {hour}".split()
    words.insert(min(place, len(words)), "brocoli")
    when = read(" ".join(words), now=NOW)
    assert not when.sure
    assert "brocoli" in when.leftover


@settings(max_examples=120, deadline=None)
@given(st.datetimes(datetime(2026, 11, 23, 8), datetime(2027, 3, 20), allow_imaginary=False))
@example(datetime(2026, 12, 1, 12, 0))
@example(datetime(2027, 1, 1, 8, 1))
@example(datetime(2026, 11, 24, 7, 30))
def test_what_is_said_is_read_back(moment: datetime) -> None:
    moment = moment.replace(second=0, microsecond=0)
    spoken = say_datetime(moment)
    if moment.hour < 8:
        spoken += " du matin"
    when = read(spoken, now=NOW)
    if moment.hour == 0:
        return  # no time of a practice: « minuit » ends a day as well as it begins one
    assert when.windows == ((moment, moment + timedelta(minutes=1)),), spoken
    assert when.sure


@settings(max_examples=60, deadline=None)
@given(st.dates(date(2026, 11, 24), date(2027, 3, 20)))
def test_a_date_that_is_said_is_read_back(day: date) -> None:
    start = datetime.combine(day, time())
    assert read(say_date(day), now=NOW).windows == ((start, start + timedelta(days=1)),)


@settings(max_examples=100, deadline=None)
@given(st.times())
def test_a_time_that_is_said_is_read_back_for_every_day(moment: time) -> None:
    if 1 <= moment.hour < 8 or moment.hour == 0:
        return
    when = read(f"à {say_time(moment)}", now=NOW)
    assert {a.time() for a, _ in when.windows} == {moment.replace(second=0, microsecond=0)}


@settings(max_examples=120, deadline=None)
@given(st.lists(st.sampled_from([*VOCABULARY, "ou", "et", "non", "de"])))
def test_any_heap_of_words_gives_well_formed_windows(words: list[str]) -> None:
    when = read(" ".join(words), now=NOW)
    ends = [edge for window in when.windows for edge in window]
    assert ends == sorted(ends)
    assert all(a < b for a, b in when.windows)
    assert all(b < c for (_, b), (c, _) in zip(when.windows, when.windows[1:], strict=False))
    assert not when.windows or when.windows[0][0] >= NOW
    assert when.sure <= bool(when.windows)
    if when.sure and not when.reading.endswith("d'autres moments"):
        assert read(when.reading, now=NOW).windows == when.windows


@settings(max_examples=120, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_without_an_error(text: str) -> None:
    read(text, now=NOW, offered=(datetime(2026, 11, 24, 9),))
