"""The practice around a scripted call: what stood in the agenda, what happens meanwhile, and the judgement."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from tests.conversations.caller import HANG_UP, Caller
from tests.conversations.script import Script
from tests.thinking.callers import Away, Cabinet
from voicebot.agenda.admission import Placement
from voicebot.errors import NotBookableError, SlotTakenError, UnavailableError
from voicebot.ports import Asks, Reply, Understander, Understanding

OTHERS = {"lefevre": "Antoine Vasseur", "benali": "Moussa Diallo"}
"""Who takes slots meanwhile, and with whom."""

MOST_WORDS = 62
"""In one turn of the assistant after the greeting: more is not remembered by ear."""

COURTESY = re.compile(r"\b(monsieur|mademoiselle)\b|\bmadame\b(?! moreau)", re.I)


@dataclass
class Switch:
    """Rasa, that a script may take away and bring back."""

    real: Understander
    away: bool = False

    async def understand(self, text: str, *, asks: Asks | None, conversation: str) -> Understanding:
        if self.away:
            raise UnavailableError("killed")
        return await self.real.understand(text, asks=asks, conversation=conversation)


@dataclass
class Played:
    """A conversation that took place."""

    turns: list[tuple[str, Reply]] = field(default_factory=list)
    offered: Sequence[datetime] = ()
    """The offers that were open last."""
    meanwhile: list[str] = field(default_factory=list)
    """Rows that others wrote during the call."""

    @property
    def last(self) -> Reply:
        return self.turns[-1][1]

    def __str__(self) -> str:
        return "\n".join(
            f"  C: {said}\n  A: {reply.say}  [{reply.asks or reply.outcome}]" for said, reply in self.turns
        )


def prepare(cabinet: Cabinet, script: Script, understander: Understander) -> Switch:
    """Put the practice into the state that the script begins with."""
    if script.now is not None:
        cabinet.clock.at = datetime.fromisoformat(script.now)
    if "transcription_demandee" in script.settings:
        cabinet.practice = replace(cabinet.practice, transcript="ask")
    if "sans_secretaire" in script.settings:
        cabinet.practice = replace(cabinet.practice, transfer=replace(cabinet.practice.transfer, secretary=None))
    for row in script.before:
        start, motive, practitioner, patient = row.split(" ", 3)
        place(cabinet, datetime.fromisoformat(start), motive, practitioner, patient)
    switch = Switch(Away() if "sans_rasa" in script.settings else understander)
    cabinet.understander = switch
    return switch


def place(cabinet: Cabinet, start: datetime, motive: str, practitioner: str, patient: str) -> None:
    """Book for a patient of the practice, as the desk does."""
    found = [one for one in cabinet.agenda.find_patients(patient) if f"{one.first_name} {one.birth_name}" == patient]
    placement = Placement(motive, start, practitioner, found[0].id, "known" if found[0].known else "new")
    cabinet.agenda.place(placement, source="desk", idempotency_key=secrets.token_hex(8))


async def play(cabinet: Cabinet, script: Script, switch: Switch) -> Played:
    """Let the caller talk until the call is over."""
    call = cabinet.call(caller=script.caller)
    caller, played = Caller(script), Played()
    reply = await call.greet()
    played.turns.append(("", reply))
    while reply.outcome is None:
        assert reply.asks is not None, f"a reply asks something or ends the call\n{played}"
        if reply.asks == "choice":
            played.offered = reply.offers
        before = standing(cabinet)
        try:
            text = caller.answer(reply.asks, reply.offers)
        except Exception as error:
            raise AssertionError(f"{error}\n{played}") from error
        for event in script.events.get(reply.asks, ()) if caller.turn(reply.asks) == 1 else ():
            played.meanwhile += happen(cabinet, event, played.offered, switch)
            before = standing(cabinet)
        asked = reply.asks
        if text == HANG_UP:
            reply = await call.hang_up()
        elif text.startswith("#"):
            reply = await call.key(text[1:] or "#")
        else:
            reply = await call.hear(text)
        played.turns.append((text, reply))
        assert before == standing(cabinet) or asked == "confirm", f"{text!r} at {asked} wrote\n{played}"
    if script.keeps_text is not None:
        assert call.keeps_transcript is script.keeps_text
    return played


def happen(cabinet: Cabinet, event: str, offered: Sequence[datetime], switch: Switch) -> list[str]:
    """Let something happen in mid-call; returns the rows that it wrote."""
    before = set(standing(cabinet))
    match event.split():
        case ["attend", seconds]:
            cabinet.clock.at += timedelta(seconds=int(seconds))
        case ["pris", number]:
            start = offered[int(number) - 1]
            for practitioner, patient in OTHERS.items():
                with suppress(NotBookableError, SlotTakenError):
                    place(cabinet, start, "consultation", practitioner, patient)
        case ["rasa", "part"]:
            switch.away = True
        case ["rasa", "revient"]:
            switch.away = False
        case _:
            raise ValueError(f"nothing is known to happen as {event!r}")
    return [row for row in standing(cabinet) if row not in before]


def standing(cabinet: Cabinet) -> list[str]:
    """What is booked: ``2026-11-24T09:30 consultation benali Martin Durand``."""
    return sorted(
        f"{row.slot.start:%Y-%m-%dT%H:%M} {row.slot.motive} {row.slot.practitioner}"
        f" {row.patient.first_name} {row.patient.birth_name}"
        for row in cabinet.agenda.appointments()
        if row.status == "booked" and row.patient is not None
    )


# --- the judgement ---


def judge(script: Script, played: Played, cabinet: Cabinet) -> None:
    """Judge a conversation on what it left in the agenda, and on what holds for every call."""
    rows = [row for row in standing(cabinet) if row not in played.meanwhile]
    wanted = script.before if script.rows is None else script.rows
    assert agrees(rows, wanted), f"the agenda holds {rows}, not {list(wanted)}\n{played}"
    assert all(row.status == "booked" for row in cabinet.agenda.appointments()), f"a hold remains\n{played}"
    assert played.last.outcome in script.outcomes, f"{played.last.outcome}, not {script.outcomes}\n{played}"
    assert played.last.asks is None
    judge_speech(script, played)
    if script.picked is not None:
        row = played.last.appointment or next(r.appointment for _, r in reversed(played.turns) if r.appointment)
        assert row.slot.start == played.offered[script.picked - 1], f"not the offer that was chosen\n{played}"


def judge_speech(script: Script, played: Played) -> None:
    """What every call owes to the ear, and what this one must or must not have said."""
    spoken = " ".join(reply.say for _, reply in played.turns)
    for phrase in script.says:
        assert phrase in spoken, f"{phrase!r} was not said\n{played}"
    for phrase in script.never:
        assert phrase not in spoken, f"{phrase!r} was said\n{played}"
    assert not COURTESY.search(spoken), f"nobody is called Monsieur or Madame by guess\n{played}"
    for said, reply in played.turns[1:]:
        assert reply.say or reply.outcome, f"silence after {said!r}\n{played}"
        assert len(reply.say.split()) <= MOST_WORDS, f"too long for the ear: {reply.say}"
        if "C'est réservé" in reply.say or "C'est déplacé" in reply.say or "C'est annulé" in reply.say:
            assert reply.appointment is not None, f"said without a committed row\n{played}"


def agrees(rows: Sequence[str], wanted: Iterable[str]) -> bool:
    """Whether rows and patterns pair off. ``2026-11-24T08:30..12:00`` is a span; ``*`` stands for anything."""
    left = list(rows)
    for pattern in wanted:
        found = next((row for row in left if _fits(row, pattern)), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def _fits(row: str, pattern: str) -> bool:
    start, rest = row.split(" ", 1)
    when, wanted = pattern.split(" ", 1)
    if ".." in when:
        first, last = when.split("..")
        in_time = first <= start <= f"{first[:11]}{last}"
    else:
        in_time = fnmatchcase(start, when)
    return in_time and fnmatchcase(rest, wanted)
