"""The passes of the grammar, in order. The modules beside this one add their rules to them."""

from __future__ import annotations

from typing import Any

from voicebot.french.time.lexer import ALPHABET
from voicebot.french.time.patterns import Grammar

Made = list[tuple[str, Any]]
"""What a rule makes: (kind, value) of each piece that replaces what it matched."""

CLOCKS = Grammar(ALPHABET)
"""Numbers and « heures » to clock times (``CLK``)."""
COMPANY = Grammar(ALPHABET)
"""Bare numbers beside a clock time: « dix ou onze heures », « entre neuf et onze », « à quatorze trente »."""
OFFERS = Grammar(ALPHABET)
"""Words that point at what was offered; each rule refuses when nothing was offered."""
HOURS = Grammar(ALPHABET)
"""Clock times and parts of the day to sets of minutes (``HRS``)."""
STORIES = Grammar(ALPHABET)
"""« depuis trois jours », « ma fille de six ans »: consumed, they constrain nothing."""
DATES = Grammar(ALPHABET)
"""Weekdays, dates, weeks, months and feasts to sets of days (``DAY``)."""
MOVES = Grammar(ALPHABET)
"""« déplacer mon rendez-vous de mardi à jeudi »: what is left is jeudi."""
RANGES = Grammar(ALPHABET)
"""Days and prepositions to spans of days, days and hours to stretches of time (``SET``)."""
PICKS = Grammar(ALPHABET)
"""« celui de … », « le premier », once days and hours are known."""

PASSES = (CLOCKS, COMPANY, OFFERS, HOURS, STORIES, DATES, MOVES, RANGES, PICKS)
