"""What one utterance was understood to say, as a secretary reads it beside what was heard."""

from __future__ import annotations

from voicebot.thinking.understand import ALWAYS, PURPOSES, Reading

Items = tuple[tuple[str, str], ...]
"""Pairs of a kind and a value: ids, ISO dates, or the reading of a time in French."""


def items_of(reading: Reading) -> Items:
    """What was taken from an utterance, the act first."""
    found = [("says", intent) for intent in sorted(reading.says & (PURPOSES | ALWAYS))]
    if reading.yes is not None:
        found.append(("yes" if reading.yes else "no", ""))
    if reading.choice is not None:
        found.append(("choice", str(reading.choice + 1) if reading.choice >= 0 else "last"))
    if reading.known is not None:
        found.append(("known" if reading.known else "new", ""))
    if reading.motive is not None:
        found.append(("motive", reading.motive.id))
    if reading.practitioner is not None:
        found.append(("practitioner", reading.practitioner.id))
    if reading.when is not None and reading.when.reading:
        found.append(("when", reading.when.reading))
    names = reading.names
    found += [(k, v) for k, v in (("birth_name", names.birth_name), ("first_name", names.first_name)) if v]
    if reading.birth_date is not None:
        found.append(("birth_date", reading.birth_date.isoformat()))
    if reading.phone is not None:
        found.append(("phone", reading.phone))
    return tuple(found)
