"""Correct in place what a call has booked: another time, motive, practitioner or name; cancel; each with its undo."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from voicebot.call_log import Summary
from voicebot.desk import bookings, diary, verdicts
from voicebot.desk.appointment_form import explained
from voicebot.desk.context import Desk, new_key
from voicebot.desk.parameters import Staff, TheDesk
from voicebot.desk.roles import Account
from voicebot.errors import AgendaError, StaleVersionError
from voicebot.ports import Appointment

router = APIRouter()

Word = Annotated[str, Form(max_length=100)]
Number = Annotated[int, Form()]


@router.post("/relire/{call}/corriger")
async def correct(
    call: str,
    request: Request,
    desk: TheDesk,
    me: Staff,
    version: Number,
    motive: Word = "",
    practitioner: Word = "",
    start: Word = "",
    birth_name: Word = "",
    first_name: Word = "",
    key: Word = "",
    undoing: Word = "",
    verdict: Literal["", "right", "wrong"] = Form(""),
    reason: Word = "",
) -> Response:
    """Bring the appointment to what the form says. What had to be corrected was wrong, and the board counts it so.

    ``undoing`` brings back ``verdict`` and ``reason`` as they were before the correction.
    """
    form = {
        **{"motive": motive, "practitioner": practitioner, "start": start},
        **{"birth_name": birth_name, "first_name": first_name},
    }
    try:
        before, new = await run_in_threadpool(_correct, desk, me, call, version, form, key)
    except StaleVersionError:
        raise
    except AgendaError as error:
        return desk.done(request, f"/relire/{call}", f"Rien n'a été changé. {explained(error)}")
    summary = await run_in_threadpool(_summary, desk, call)
    if undoing:
        await verdicts.give(desk, me, summary, verdict or None, reason or None, summary.note)
        return desk.done(request, f"/relire/{call}", "La correction est défaite.")
    wrong = verdicts.reason_of(before, bookings.as_it_is(new))
    if wrong is None:
        return desk.done(request, f"/relire/{call}", "Rien n'a changé.")
    if summary.verdict != "wrong":
        await verdicts.give(desk, me, summary, "wrong", wrong, summary.note)
    undo = {"version": str(new.version), "key": new_key(), "undoing": "1"}
    was = {"verdict": summary.verdict or "", "reason": summary.reason or ""}
    return desk.done(
        request,
        f"/relire/{call}",
        "C'est corrigé. L'appel est noté faux.",
        undo=f"/relire/{call}/corriger",
        **before.fields(),
        **undo,
        **was,
    )


def _correct(
    desk: Desk, me: Account, call: str, version: int, form: dict[str, str], key: str
) -> tuple[bookings.Wanted, Appointment]:
    old = _booked(desk, call)
    before = bookings.as_it_is(old)
    new = bookings.correct(desk.workspace.agenda, old.id, version, bookings.wanted(form), key or new_key())
    _now_stands(desk, me, call, new)
    return before, new


@router.post("/relire/{call}/annuler")
def cancel(call: str, request: Request, desk: TheDesk, me: Staff, version: Number, key: Word = "") -> Response:
    """Cancel the appointment."""
    old = _booked(desk, call)
    try:
        new = desk.workspace.agenda.cancel(old.id, source="desk", idempotency_key=key or new_key(), version=version)
    except StaleVersionError:
        raise
    except AgendaError as error:
        return desk.done(request, f"/relire/{call}", f"Rien n'a été changé. {explained(error)}")
    _now_stands(desk, me, call, new)
    return desk.done(request, f"/relire/{call}", "Rendez-vous annulé.", undo=f"/relire/{call}/remettre", key=new_key())


@router.post("/relire/{call}/remettre")
def put_back(call: str, request: Request, desk: TheDesk, me: Staff, key: Word = "") -> Response:
    """Put back an appointment that was cancelled."""
    old = _booked(desk, call)
    try:
        reason = diary.overbooking_reason(desk.session, old.id)
        new = bookings.place_again(desk.workspace.agenda, old.id, key or new_key(), reason)
    except AgendaError as error:
        return desk.done(request, f"/relire/{call}", f"Le rendez-vous n'a pas pu être remis. {explained(error)}")
    _now_stands(desk, me, call, new)
    return desk.done(request, f"/relire/{call}", "Le rendez-vous est remis à sa place.")


def _summary(desk: Desk, call: str) -> Summary:
    summary = desk.workspace.call_log.get(call)
    if summary is None:
        raise HTTPException(404)
    return summary


def _booked(desk: Desk, call: str) -> Appointment:
    appointment = bookings.standing(desk.workspace.agenda, _summary(desk, call).appointment)
    if appointment is None:
        raise HTTPException(404)
    return appointment


def _now_stands(desk: Desk, me: Account, call: str, appointment: Appointment) -> None:
    desk.workspace.call_log.rebooked(call, appointment.id)
    patient = appointment.patient.id if appointment.patient else None
    desk.audit(me, "appointment.corrected", patient, appointment=appointment.id, status=appointment.status)
