"""Plain dates, where dateparser is reliable, read as dateparser reads them."""

from __future__ import annotations

import warnings
from datetime import date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.french.speak import MONTHS
from voicebot.french.when import read

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own making, on import
    import dateparser

NOW = datetime(2026, 11, 23, 8, 0)


@settings(max_examples=25, deadline=None)
@given(st.dates(date(2026, 11, 24), date(2027, 3, 20)))
def test_a_written_date_is_the_day_that_dateparser_finds(day: date) -> None:
    text = f"{day.day} {MONTHS[day.month - 1]} {day.year}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = dateparser.parse(text, languages=["fr"])
    assert found is not None
    start = datetime.combine(found.date(), time())
    assert read(f"le {text}", now=NOW).windows == ((start, start + timedelta(days=1)),)
