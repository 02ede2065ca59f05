"""Feasts and school holidays in a sentence."""

from __future__ import annotations

from datetime import date, timedelta

from voicebot.french.time.feasts import next_feast, school_holidays
from voicebot.french.time.grammar import DATES, Made
from voicebot.french.time.nodes import Context, Days
from voicebot.french.time.patterns import Found
from voicebot.french.time.spans import week
from voicebot.french.time.weekdays import days

_OF = "(de|d|du|de la|de l)?"


@DATES.rule(f"(u:UNIT {_OF})? x:FEAST")
def _feast(cx: Context, f: Found) -> Made | None:
    if f.has("u") and f["u"] != "jour":
        return None
    first, last = next_feast(f["x"], cx.today)
    return days(cx.one(first) if first == last else cx.between(first, last))


@DATES.rule(f"u:UNIT {_OF} x:FEAST")
def _week_of_feast(cx: Context, f: Found) -> Made | None:
    return days(week(cx, next_feast(f["x"], cx.today)[0])) if f["u"] == "semaine" else None


@DATES.rule("x:SCHOOL NEXT?")
def _school(cx: Context, f: Found) -> Made | None:
    """All school holidays to come; before and after are counted from the next ones."""
    spans = school_holidays(f["x"], cx.settings.school_zone, cx.today)
    if not spans:
        return None
    mask = 0
    for first, last in spans:
        mask |= cx.span(first, last)
    return days(Days(mask, "span", first=spans[0][0], last=spans[0][1]))


@DATES.rule("e:EDGE (de|des|d)? x:SCHOOL", "o:ORD u:UNIT (de|des|d)? x:SCHOOL")
def _part_of_holidays(cx: Context, f: Found) -> Made | None:
    """« au début des vacances », « la deuxième semaine des vacances de Noël »: of the next ones."""
    spans = school_holidays(f["x"], cx.settings.school_zone, cx.today)
    if not spans or (f.has("u") and f["u"] != "semaine"):
        return None
    first, last = spans[0]
    if f.has("o"):
        weeks = {1: 0, 2: 1, -1: (last - cx.monday(first + timedelta(days=2))).days // 7}
        if f["o"] not in weeks:
            return None
        monday = cx.monday(first + timedelta(days=2)) + timedelta(weeks=weeks[f["o"]])
        return days(cx.between(max(first, monday), min(last, monday + timedelta(days=6))))
    third = timedelta(days=(last - first).days // 3)
    bounds = {"debut": (first, first + third), "milieu": (first + third, last - third), "fin": (last - third, last)}
    return days(cx.between(*bounds[f["e"]]))


@DATES.rule("w:(des|apres)? (la|l)? BACK")
def _back_to_school(cx: Context, f: Found) -> Made | None:
    spans = school_holidays("vacances", cx.settings.school_zone, cx.today)
    if not spans:
        return None
    start: date = spans[0][1] + timedelta(days=1)
    return days(cx.between(start, None if f.has("w") else start + timedelta(days=6)))
