"""The simulator: what the assistant would answer to a wish, and the rule that decides.

A wish is picked in fields or typed in words; words are read by the readers of a call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, Protocol, cast

from voicebot.agenda.explain import Explanation
from voicebot.errors import NotBookableError
from voicebot.french import when
from voicebot.french.time.settings import WhenSettings
from voicebot.ports import PatientKind, Slot, SlotQuery
from voicebot.practice.schema import Practice
from voicebot.thinking import lexicon, match
from voicebot.thinking.office import Office

INSTANT = timedelta(minutes=1)
"""How long the window of a clock time is."""

OFFERS = 3
"""How many times a caller is offered at once."""


class Explaining(Protocol):
    """What of the agenda is asked."""

    def offers(self, query: SlotQuery, *, limit: int = 3) -> list[Slot]:
        """Slots that differ usefully."""

    def explain(self, query: SlotQuery, at: datetime) -> Explanation:
        """Whether the assistant may book a time."""

    def explain_windows(self, query: SlotQuery) -> Explanation:
        """Whether the assistant may book in windows."""


@dataclass(frozen=True)
class Wish:
    """What a caller would like."""

    motive: str | None
    practitioner: str | None = None
    patient: PatientKind = "new"
    windows: tuple[tuple[datetime, datetime], ...] = ()
    soonest: bool = False
    reading: str = ""
    """The time as it was read, in French."""
    leftover: tuple[str, ...] = ()
    """Words that nobody understood."""
    doubts: tuple[str, ...] = ()
    """Why the time may be read otherwise, in French."""
    also: tuple[str, ...] = ()
    """Other motives that were named, by their ids: one is answered at a time."""
    timeless: bool = False
    """Whether a time was said that is past, too far, or does not exist."""

    @property
    def says_something(self) -> bool:
        """Whether there is enough to answer: a motive or a time."""
        return self.motive is not None or bool(self.windows)

    @property
    def instant(self) -> datetime | None:
        """The one clock time that is meant, if it is one."""
        if len(self.windows) != 1:
            return None
        [(start, end)] = self.windows
        return start if end - start <= INSTANT else None

    def query(self) -> SlotQuery:
        """As the agenda is asked. Raises ValueError without a motive."""
        if self.motive is None:
            raise ValueError("a wish without a motive is no query")
        return SlotQuery(self.motive, self.patient, self.practitioner, self.windows, soonest=self.soonest)


@dataclass(frozen=True)
class Answer:
    """Yes or no, why, and what the assistant would offer."""

    explanation: Explanation
    offers: tuple[Slot, ...]
    timeless: bool = False
    other: Slot | None = None
    """Where nothing that is wished is possible at any time: the first slot of a wish that is near to it."""
    other_wish: Literal["practitioner", "known"] | None = None
    """What that wish differs in: whoever the practitioner is, or a patient who is known."""

    @property
    def yes(self) -> bool:
        """Whether the assistant may book what is wished."""
        return self.explanation.verdict.bookable and not self.timeless


def read_wish(text: str, practice: Practice, now: datetime, office: Office | None = None) -> Wish:
    """Read a wish from words, as in a call, and in a few words as staff write: «nouveau patient, mardi, frottis»."""
    office = office or Office(practice)
    general = office.general_motive()
    motive = match.find(text, office.motives, general=general.id if general else None)
    practitioner = match.find(text, office.practitioners)
    kind, notes = _shorthand(text)
    said = lexicon.intents(text)
    if kind is None:
        kind = "known" if "known_patient" in said and "new_patient" not in said else "new"
    claimed = [found.span for found in (motive, practitioner) if found and found.span] + lexicon.spans(text) + notes
    zone = cast(Literal["A", "B", "C"] | None, practice.school_zone)
    settings = WhenSettings(school_zone=zone) if zone else WhenSettings()
    time = when.read(text, now=now, claimed=claimed, settings=settings)
    return Wish(
        motive=motive.id if motive else None,
        practitioner=practitioner.id if practitioner else None,
        patient=kind,
        windows=time.windows,
        soonest=time.prefer == "soonest",
        reading=time.reading,
        leftover=time.leftover,
        doubts=time.doubts if time.windows else (),
        also=_others(text, motive, office),
        timeless=time.timed and not time.windows,
    )


_NOTES: tuple[tuple[str, PatientKind], ...] = (
    (r"(?:pas|plus) (?:un |une )?nouve(?:au|lle)s?(?: patiente?s?)?", "known"),
    (r"(?:pas|non|in)(?: encore)? ?connue?s?(?: du cabinet)?", "new"),
    (r"(?:patiente?s? )?(?:déjà )?connue?s?(?: du cabinet)?", "known"),
    (r"(?:ancien(?:ne)?|habituel(?:le)?) patiente?", "known"),
    (r"(?:nouve(?:au|lle)s?|inconnue?s?)(?: patiente?s?)?", "new"),
)
"""How staff note the kind of a patient in a word; the first that is found decides."""


def _shorthand(text: str) -> tuple[PatientKind | None, list[tuple[int, int]]]:
    """The kind of patient that a note says, and where it stands."""
    for pattern, kind in _NOTES:
        found = [hit.span() for hit in re.finditer(rf"\b{pattern}\b", text, re.IGNORECASE)]
        if found:
            return kind, found
    return None, []


def _others(text: str, motive: match.Match | None, office: Office) -> tuple[str, ...]:
    """Motives that are named beside the one that was taken."""
    if motive is None or motive.span is None:
        return ()
    first, last = motive.span
    other = match.find(text[:first] + " " * (last - first) + text[last:], office.motives)
    return (other.id,) if other is not None and other.id != motive.id else ()


def answer(agenda: Explaining, wish: Wish) -> Answer:
    """What the assistant would say. Raises ValueError without a motive."""
    query = wish.query()
    explanation = agenda.explain(query, at) if (at := wish.instant) is not None else agenda.explain_windows(query)
    offers = _offers(agenda, query)
    if explanation.next is None and not offers:
        for near, differs in _near(query):
            if found := _offers(agenda, near, 1):
                return Answer(explanation, (), wish.timeless, found[0], differs)
    return Answer(explanation, tuple(offers), wish.timeless)


def _near(query: SlotQuery) -> Iterator[tuple[SlotQuery, Literal["practitioner", "known"]]]:
    """Wishes that differ in one thing."""
    if query.practitioner is not None:
        yield replace(query, practitioner=None, windows=()), "practitioner"
    if query.patient == "new":
        yield replace(query, patient="known", windows=()), "known"


def _offers(agenda: Explaining, query: SlotQuery, limit: int = OFFERS) -> list[Slot]:
    try:
        return agenda.offers(query, limit=limit)
    except NotBookableError:
        return []


@dataclass(frozen=True)
class Replayed:
    """A wish that a caller had, answered by the rules of now."""

    call: str
    at: datetime
    text: str
    wish: Wish
    answer: Answer


def replay(
    heard: Iterable[tuple[str, datetime, str]], practice: Practice, agenda: Explaining, now: datetime
) -> Iterator[Replayed]:
    """Answer what callers said in past calls, where it holds a motive and a time that is not over.

    Args:
        heard: call, moment and words of each utterance.
    """
    office = Office(practice)
    for call, at, text in heard:
        if match.find(text, office.motives) is None:
            continue
        wish = read_wish(text, practice, at, office)
        if wish.motive is None or not wish.windows or wish.windows[-1][1] <= now:
            continue
        ahead = tuple((max(start, now), end) for start, end in wish.windows if end > now)
        wish = replace(wish, windows=ahead)
        yield Replayed(call, at, text, wish, answer(agenda, wish))
