"""One utterance to everything it says: our own words and readers first, Rasa's guess beside them.

The words win where they are plain ("secrétaire"), Rasa where they are not. Without Rasa (``guess`` None) a call goes
on with yes and no, keys, times, names, motives and the lexicon.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime

from voicebot.french import when as times
from voicebot.french.birth_dates import read_birth_date
from voicebot.french.ordinals import read_choice
from voicebot.french.phones import read_phone
from voicebot.french.time.settings import WhenSettings
from voicebot.french.yesno import read_yes_no
from voicebot.ports import Asks, Understanding, When
from voicebot.thinking import lexicon, match, moving
from voicebot.thinking.match import Match
from voicebot.thinking.names import NO_NAMES, NamesHeard, read_answer, read_introduction
from voicebot.thinking.office import Office
from voicebot.thinking.state import Item, State
from voicebot.thinking.words import fold

NAMES: frozenset[Asks] = frozenset({"birth_name", "first_name", "spelling"})
DIGITS: frozenset[Asks] = frozenset({"birth_date", "phone"})
TIMES: frozenset[Asks] = frozenset(
    {"open", "motive", "known", "for_whom", "practitioner", "when", "choice", "confirm", "which", "callback"}
)

ALWAYS = frozenset(
    {"human", "refuse_assistant", "repeat", "wait", "wrong_number", "erase_call", "other_language", "goodbye"}
    | {"dont_know", "transcript", "refuse_identity", "slower", "drop"}
)
"""What may be said at any question; at a question about a name, nothing else is taken from words."""

SURE = 0.6
"""Confidence from which Rasa's intent is taken for said."""

OPEN = 0.4
"""The same for a purpose when any purpose may come: a wrong guess there is heard at once and corrected."""

PURPOSES = frozenset(
    {"book", "move", "cancel", "ask_appointment", "hours", "address", "access", "documents", "prices", "results"}
    | {"callback", "message", "late", "wrong_number"}
)

VERY_SURE = 0.9
"""The same at a question about a name or digits, where anything may sound like anything."""

EMERGENCY = 0.2
"""Confidence in an emergency from which it is asked about, though no listed sign was heard; as in `dialogs/config.yml`.
No sign of the held-out phrases is missed up to 0.3: a third is kept back, since a miss is far worse than a question."""

SUSPICION = 0.08
"""The same where nothing else was understood."""

_BIRTH = re.compile(r"\b(née?|naissance)\b", re.I)
_YEAR = re.compile(r"\b(19\d\d|20[0-2]\d)\b|\bmille neuf cent|\bdix neuf cent|\bdeux mille")
_PAST = re.compile(r"\b(depuis|il y a|hier|dernier|derniere)\b")
INSTEAD = re.compile(r"\b(en fait|finalement|plutot|non|trompe|pardon|en realite)\b")
"""What announces that something said before is taken back."""

CHANGED = re.compile(r"\b(en fait|finalement|je prefere|je voudrais plutot|en realite)\b")
"""The same at a question about a person, where "non" and "pardon" are about the name."""

_BORN = re.compile(r"\b(?:née?|naissance)\b(?:(?!\bje\b|\bj'|\bpour\b).)*", re.I)
"""A birth date said in passing, to where the sentence goes on to something else."""

_DATED = re.compile(
    r"\b(?:\d{1,2}|premier|1er|[^\W\d]+(?:[ -](?:et[ -])?[^\W\d]+)?)\s+"
    r"(?:janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre)\s+"
    r"(?:19\d\d|20[0-2]\d|(?:mille|dix)[ -]neuf[ -]cents?(?:[ -][^\W\d]+)*|deux[ -]mille(?:[ -][^\W\d]+)*)",
    re.I,
)
"""A day with its year: unasked, one that is past can only be a birth date."""

_DAYS = "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
_SINCE = re.compile(
    r"\b(?:depuis|il y a)\s+(?:\w+\s+){0,3}?"
    rf"(?:ans?|années?|mois|semaines?|jours?|heures?|temps|longtemps|hier|avant-hier|{_DAYS})\b"
    r"(?:\s+(?:matin|midi|après-midi|soir|dernière?))?"
    rf"|\b(?:la semaine|le mois|l'année|l'an|{_DAYS}) (?:dernière?|passée?)\b",
    re.I,
)
"""A time that is past says nothing of when an appointment is wanted."""

_BUT = re.compile(r"\b(mais|sauf|plutot|par contre|erreur|trompe|faux|fausse|change)\b")


@dataclass(frozen=True)
class Reading:
    """Everything that one utterance says."""

    text: str
    says: frozenset[str] = frozenset()
    """Intents that were said, by words or by Rasa."""
    guess: str | None = None
    """Rasa's first choice, however unsure."""
    route: str = "turn"
    emergency: float = 0.0
    """Rasa's probability of an emergency."""
    yes: bool | None = None
    choice: int | None = None
    when: When | None = None
    moved_from: When | None = None
    """When the appointment to be moved is, where both times were said: "de mardi à jeudi"."""
    impossible: bool = False
    """A day was named that is past, or does not exist."""
    motive: Match | None = None
    practitioner: Match | None = None
    known: bool | None = None
    names: NamesHeard = NO_NAMES
    birth_date: date | None = None
    birth_date_sure: bool = False
    phone: str | None = None
    phone_sure: bool = False
    items: frozenset[Item] = frozenset()
    keys: bool = False
    """Given by the keypad: never doubtful."""

    @property
    def plain_yes(self) -> bool:
        """A yes and nothing that takes it back."""
        return self.yes is True and not _BUT.search(fold(self.text)) and not self.says & {"other_offer", "wait"}


def read(
    text: str,
    state: State,
    office: Office,
    understanding: Understanding | None,
    *,
    now: datetime,
    settings: WhenSettings,
    doubtful: bool = False,
) -> Reading:
    """Read an utterance in the light of what was asked. ``doubtful``: the recogniser was not sure of its words."""
    asks = state.asks
    says = _says(text, asks, understanding)
    motive = practitioner = None
    if asks in ("open", "motive", "known", "for_whom", "practitioner", "when", "choice", "confirm", "which"):
        general = office.general_motive()
        practitioner = match.find(text, office.practitioners) if asks != "known" else None
        instead = asks in ("known", "practitioner", "when", "choice") and INSTEAD.search(fold(text))
        if instead or asks in ("open", "motive", "for_whom", "confirm", "which"):
            said = match.without_refused(text) if instead or asks == "confirm" else text
            motive = match.find(said, office.bookable_motives(), general=general.id if general else None)
            if (
                not (motive and motive.sure)
                and "symptom" in says
                and general is not None
                and asks in ("open", "motive")
            ):
                motive = Match(general.id, sure=True)
    elif asks in NAMES | {"birth_date"} and CHANGED.search(fold(text)):
        motive = match.find(match.without_refused(text), office.bookable_motives())
    born = _BORN.search(text) if asks != "birth_date" else None
    birth = read_birth_date(born[0], today=now.date()) if born else None
    if born is None and asks in TIMES and (dated := _DATED.search(text)):
        birth = read_birth_date(dated[0], today=now.date())
        born = dated if birth.candidates else None
    if (birth is None or not birth.candidates) and _may_be_birth_date(text, asks):
        born, birth = None, read_birth_date(text, today=now.date())
    phone = read_phone(text) if asks == "phone" or re.search(r"(\d[ .]?){9}", text) else None
    names = _names(text, asks)
    if names.span and practitioner and practitioner.span and _overlap(names.span, practitioner.span):
        # "Pour Camille Moreau" names the midwife.
        names = NO_NAMES
    claimed = [found.span for found in (motive, practitioner) if found is not None and found.span is not None]
    claimed += lexicon.spans(text) + ([names.span] if names.span is not None else [])
    claimed += [born.span()] if born is not None else [past.span() for past in _SINCE.finditer(text)]
    when = moved_from = None
    if birth is None or not birth.candidates or born is not None:
        when = _when(text, state, now, settings, claimed)
    if (both := moving.from_to(text) if "move" in says else None) is not None:
        moved_from = times.read(both[0], now=now, settings=settings)
        when = times.read(both[1], now=now, settings=settings)
    elif asks == "open" and "cancel" not in says and (both := moving.has_appointment(text)) is not None:
        old = times.read(both[0], now=now, settings=settings)
        if old.windows or not both[0]:
            when = times.read(both[1], now=now, settings=settings)
            if old.windows and _is_move(both[1], says, when):
                moved_from, says = old, (says - {"book"}) | {"move"}
    impossible = when is not None and not when.windows and moving.names_day(text)
    if impossible and "soonest" not in lexicon.intents(text):
        says -= {"soonest"}
    return Reading(
        text=text,
        says=says,
        guess=understanding.intent if understanding else None,
        route=understanding.route if understanding else "turn",
        emergency=_emergency(understanding, asks),
        yes=_yes(text, understanding, asks),
        choice=_choice(text, state, now, settings),
        when=when if when is not None and (when.windows or when.prefer) else None,
        moved_from=moved_from,
        impossible=impossible,
        motive=motive,
        practitioner=practitioner,
        known=_known(text, says, asks),
        names=replace(names, sure=names.sure and not doubtful),
        birth_date=birth.candidates[0] if birth and birth.candidates else None,
        birth_date_sure=bool(birth and birth.sure and not doubtful),
        phone=phone.e164 if phone else None,
        phone_sure=bool(phone and phone.sure and not doubtful),
        items=lexicon.items(text) if asks in ("confirm", "which") else frozenset(),
    )


def _is_move(rest: str, says: frozenset[str], when: When) -> bool:
    """Whether a caller who has an appointment wants it at another time, rather than one more or to know something."""
    if "book" in lexicon.intents(rest) or says & {"ask_appointment", "late", "documents", "message", "callback"}:
        return False
    return "move" in says or bool(when.windows) or moving.wants_another_time(rest)


def _says(text: str, asks: Asks | None, understanding: Understanding | None) -> frozenset[str]:
    says = lexicon.intents(text)
    if asks in NAMES or asks in DIGITS:
        says &= ALWAYS
        if understanding and understanding.confidence >= VERY_SURE and understanding.intent in ALWAYS:
            says |= {understanding.intent}
        return says
    likely = OPEN if asks == "open" and understanding and understanding.intent in PURPOSES else SURE
    if understanding and understanding.confidence >= likely:
        says |= {understanding.intent}
    return says


def _emergency(understanding: Understanding | None, asks: Asks | None) -> float:
    # Where a name or digits are expected Rasa's probabilities mean nothing: the listed signs alone count there.
    if understanding is None or asks in NAMES or asks in DIGITS:
        return 0.0
    return dict(understanding.ranking).get("emergency", 0.0)


def _yes(text: str, understanding: Understanding | None, asks: Asks | None) -> bool | None:
    said = read_yes_no(text)
    if said is None and understanding and understanding.confidence >= SURE and asks not in NAMES:
        return {"affirm": True, "deny": False}.get(understanding.intent)
    return said


def _known(text: str, says: frozenset[str], asks: Asks | None) -> bool | None:
    if "new_patient" in says:
        return False
    plain = lexicon.intents(text)
    no = read_yes_no(text) is False or fold(text).startswith("non ")
    if asks == "known" and "known_patient" not in plain and ("dont_know" in plain or no):
        # "Non, mais ma voisine oui": what Rasa hears in it does not count.
        return None if "dont_know" in plain else False
    if "known_patient" in says and asks in ("known", "open", "motive"):
        return True
    return read_yes_no(text) if asks == "known" else None


def _names(text: str, asks: Asks | None) -> NamesHeard:
    if asks is not None and asks in NAMES:
        return read_answer(text, asks)
    return read_introduction(text) if asks in ("open", "motive", "for_whom", "when") else NO_NAMES


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _may_be_birth_date(text: str, asks: Asks | None) -> bool:
    if asks == "birth_date":
        return True
    if asks in NAMES or asks == "phone":
        return False
    return bool(_BIRTH.search(text) or (asks in ("confirm", "which") and _YEAR.search(fold(text))))


def _choice(text: str, state: State, now: datetime, settings: WhenSettings) -> int | None:
    if state.asks == "choice":
        offered = tuple(slot.start for slot in state.wish.offers)
    elif state.asks == "which":
        offered = tuple(item.slot.start for item in state.wish.appointments or ())
    else:
        return None
    return read_choice(text, offered, now=now, settings=settings)


def _when(
    text: str, state: State, now: datetime, settings: WhenSettings, claimed: list[tuple[int, int]]
) -> When | None:
    changed = state.asks in NAMES and CHANGED.search(fold(text)) and moving.names_day(text)
    if state.asks is None or (state.asks not in TIMES and not changed):
        return None
    offered = tuple(slot.start for slot in state.wish.offers)
    reading = times.read(text, now=now, offered=offered, claimed=claimed, settings=settings)
    if state.asks != "when" and not reading.sure and _PAST.search(fold(_SINCE.sub(" ", text))):
        return None
    return reading
