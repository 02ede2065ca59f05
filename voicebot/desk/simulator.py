"""The simulator: what the assistant would answer to a wish, and the rule that decides.

A wish is picked in fields or typed in words; words are read by the readers of a call.
"""

from __future__ import annotations

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

    @property
    def yes(self) -> bool:
        """Whether the assistant may book what is wished."""
        return self.explanation.verdict.bookable


def read_wish(text: str, practice: Practice, now: datetime, office: Office | None = None) -> Wish:
    """Read a wish from words, as in a call: «nouveau patient, mardi, frottis»."""
    office = office or Office(practice)
    general = office.general_motive()
    motive = match.find(text, office.motives, general=general.id if general else None)
    practitioner = match.find(text, office.practitioners)
    said = lexicon.intents(text)
    claimed = [found.span for found in (motive, practitioner) if found and found.span] + lexicon.spans(text)
    zone = cast(Literal["A", "B", "C"] | None, practice.school_zone)
    settings = WhenSettings(school_zone=zone) if zone else WhenSettings()
    time = when.read(text, now=now, claimed=claimed, settings=settings)
    return Wish(
        motive=motive.id if motive else None,
        practitioner=practitioner.id if practitioner else None,
        patient="known" if "known_patient" in said and "new_patient" not in said else "new",
        windows=time.windows,
        soonest=time.prefer == "soonest",
        reading=time.reading,
        leftover=time.leftover,
    )


def answer(agenda: Explaining, wish: Wish) -> Answer:
    """What the assistant would say. Raises ValueError without a motive."""
    query = wish.query()
    explanation = agenda.explain(query, at) if (at := wish.instant) is not None else agenda.explain_windows(query)
    try:
        offers = agenda.offers(query, limit=OFFERS)
    except NotBookableError:
        offers = []
    return Answer(explanation, tuple(offers))


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
