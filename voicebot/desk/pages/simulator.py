"""The simulator: a wish in words or fields, the assistant's answer, and the rule that decides."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import Any, cast

from fastapi import APIRouter, Request
from starlette.responses import Response

from voicebot.desk.labels import motive_label
from voicebot.desk.parameters import AnyStaff, Staff, TheDesk
from voicebot.desk.roles import Account
from voicebot.desk.rule_form import may_change, place
from voicebot.desk.simulator import INSTANT, Wish, answer, read_wish, replay
from voicebot.ports import PatientKind
from voicebot.practice.schema import Practice

router = APIRouter()


LONGEST = 200
"""Characters of a typed wish that are read."""

HEARD = 30
"""Past utterances that one page reads, the newest: reading French takes milliseconds each."""

SHOWN = 8
"""Wishes that one page shows."""


@router.get("/regles/simulateur")
def simulator(
    request: Request,
    desk: TheDesk,
    me: AnyStaff,
    texte: str = "",
    motif: str = "",
    praticien: str = "",
    patient: str = "",
    jour: str = "",
    heure: str = "",
) -> Response:
    """Answer a wish; without one, the empty form."""
    practice, now = desk.workspace.rules(), desk.workspace.clock.now()
    wish, trouble = None, ""
    if texte.strip():
        wish = read_wish(texte[:LONGEST], practice, now)
    elif motif or praticien or jour or heure:
        trouble = _trouble(practice, motif, praticien, jour, heure)
        if not trouble:
            kind: PatientKind = "known" if patient == "known" else "new"
            wish = Wish(motif, praticien or None, kind, _windows(jour, heure))
    found = answer(desk.workspace.agenda, wish) if wish is not None and wish.motive is not None else None
    return desk.page(
        request,
        "rules/simulator.html",
        text=texte,
        reads_calls=me.may("practitioner", "secretary"),
        wish=wish,
        trouble=trouble,
        answer=found,
        may_change=lambda rubric: may_change(me, rubric),
        rule=place(found.explanation.verdict.where) if found else None,
        fields={
            "motif": (wish.motive if wish else motif) or "",
            "praticien": (wish.practitioner if wish else praticien) or "",
            "patient": wish.patient if wish else patient or "new",
            "jour": jour,
            "heure": heure,
        },
        **_names(practice, me),
    )


@router.get("/regles/simulateur/appels")
def past(request: Request, desk: TheDesk, me: Staff, avant: int = 2**62) -> Response:
    """What callers wished in past calls, answered by the rules of now; ``avant`` is where the next page begins."""
    rows = desk.session.tuples(
        "select id, call, at, data ->> 'text' from call_event where event = 'heard' and id < ?"
        " and data ->> 'text' is not null order by id desc limit ?",
        (avant, HEARD),
    )
    practice = desk.workspace.rules()
    position = {(call, at): id for id, call, at, _ in reversed(rows)}
    heard = ((call, datetime.fromisoformat(at), text) for _, call, at, text in rows)
    found = list(islice(replay(heard, practice, desk.workspace.agenda, desk.workspace.clock.now()), SHOWN))
    for call in {one.call for one in found}:
        desk.audit(me, "transcript.read", call)
    last = rows[-1][0] if len(rows) == HEARD else None
    if len(found) == SHOWN:
        last = position[found[-1].call, found[-1].at.isoformat(timespec="seconds")]
    shown = [one for one in found if me.sees_sensitive or not practice.motives[cast(str, one.wish.motive)].sensitive]
    return desk.page(
        request, "rules/past.html", rows=shown, read=len(rows), last=last, rule=place, **_names(practice, me)
    )


def _names(practice: Practice, me: Account) -> dict[str, Any]:
    return {
        "motives": {id: motive_label(practice, id, me) for id in practice.motives},
        "practitioners": {person.id: person.name for person in practice.practitioners.values()},
    }


def _windows(day: str, hour: str) -> tuple[tuple[datetime, datetime], ...]:
    if not day:
        return ()
    start = datetime.fromisoformat(f"{day}T{hour or '00:00'}")
    return ((start, start + (INSTANT if hour else timedelta(days=1))),)


def _trouble(practice: Practice, motive: str, practitioner: str, day: str, hour: str) -> str:
    """What keeps fields from being a question, in French; empty when they are one."""
    if motive not in practice.motives:
        return "Choisissez un motif de la liste."
    if practitioner and practitioner not in practice.practitioners:
        return "Choisissez un praticien de la liste, ou n'importe qui."
    if hour and not day:
        return "Choisissez aussi un jour pour cette heure."
    try:
        _windows(day, hour)
    except (ValueError, OverflowError):
        return "Ce jour ou cette heure n'existe pas."
    return ""
