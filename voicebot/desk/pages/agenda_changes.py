"""What the agenda's forms and its calendar change: book, move, cancel, mark; each with its undo and its audit line."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import JSONResponse, Response

from voicebot.desk import diary
from voicebot.desk.appointment_form import (
    appointment_of,
    day_of,
    explained,
    in_short,
    move_to,
    new_page,
    note,
    one_page,
    placement_of,
)
from voicebot.desk.bookings import place_again
from voicebot.desk.context import new_key
from voicebot.desk.parameters import BookingForm, MoveForm, Staff, Text, TheDesk
from voicebot.errors import AgendaError, UnavailableError

router = APIRouter()


@router.post("/agenda/nouveau")
def create(
    request: Request,
    desk: TheDesk,
    me: Staff,
    form: BookingForm,
    key: Text = "",
) -> Response:
    """Book for a patient who has a file."""
    try:
        placement = placement_of(
            desk, form["start"], form["practitioner"], form["motive"], form["patient"], form["reason"]
        )
        made = desk.workspace.agenda.place(placement, source="desk", idempotency_key=key or new_key())
    except (AgendaError, UnavailableError) as error:
        return new_page(request, desk, me, form, error=error, key=key)
    note(desk, me, "appointment.booked", made)
    return desk.done(
        request,
        day_of(made),
        f"Rendez-vous pris : {in_short(made)}.",
        undo=f"/agenda/{made.id}/annuler",
        version=str(made.version),
    )


@router.post("/agenda/{appointment_id}/deplacer")
def move(
    appointment_id: str,
    request: Request,
    desk: TheDesk,
    me: Staff,
    form: MoveForm,
    asked: Text = "",
    version: Annotated[int, Form()] = 0,
    key: Text = "",
) -> Response:
    """Move to another time, practitioner or motive."""
    form |= {"asked": asked}
    try:
        made, back = move_to(desk, me, appointment_id, form, version, key)
    except (AgendaError, UnavailableError) as error:
        return one_page(request, desk, me, appointment_id, form=form, error=error)
    return desk.done(
        request,
        day_of(made),
        f"Rendez-vous déplacé : {in_short(made)}.",
        undo=f"/agenda/{made.id}/deplacer",
        **back,
    )


@router.post("/agenda/{appointment_id}/glisser")
def drag(
    appointment_id: str,
    desk: TheDesk,
    me: Staff,
    start: Text = "",
    practitioner: Text = "",
    version: Annotated[int, Form()] = 0,
    key: Text = "",
) -> Response:
    """The same for a mouse: JSON, so that the calendar can put the row back when it is refused."""
    form = {"start": start, "practitioner": practitioner, "motive": "", "reason": ""}
    try:
        made, back = move_to(desk, me, appointment_id, form, version, key)
    except (AgendaError, UnavailableError) as error:
        again = f"/agenda/{appointment_id}?start={start[:16]}&practitioner={practitioner}"
        return JSONResponse({"text": explained(error), "more": again}, 409)
    return JSONResponse(
        {
            "text": f"Rendez-vous déplacé : {in_short(made)}.",
            "undo": f"/agenda/{made.id}/deplacer",
            "fields": back,
        }
    )


@router.post("/agenda/{appointment_id}/annuler")
def cancel(
    appointment_id: str, request: Request, desk: TheDesk, me: Staff, version: Annotated[int, Form()] = 0
) -> Response:
    """Cancel; the toast brings it back while the time is free."""
    try:
        made = desk.workspace.agenda.cancel(
            appointment_id, source="desk", idempotency_key=new_key(), version=version or None
        )
    except (AgendaError, UnavailableError) as error:
        return one_page(request, desk, me, appointment_id, error=error)
    note(desk, me, "appointment.cancelled", made)
    return desk.done(
        request, day_of(made), f"Rendez-vous annulé : {in_short(made)}.", undo=f"/agenda/{made.id}/reprendre"
    )


@router.post("/agenda/{appointment_id}/reprendre")
def take_back(appointment_id: str, request: Request, desk: TheDesk, me: Staff) -> Response:
    """Undo a cancellation."""
    try:
        reason = diary.overbooking_reason(desk.session, appointment_id)
        made = place_again(desk.workspace.agenda, appointment_id, f"again-{appointment_id}", reason)
    except (AgendaError, UnavailableError) as error:
        return one_page(request, desk, me, appointment_id, error=error)
    note(desk, me, "appointment.booked", made)
    return desk.done(request, day_of(made), f"Rendez-vous rétabli : {in_short(made)}.")


@router.post("/agenda/{appointment_id}/presence")
def mark(
    appointment_id: str,
    request: Request,
    desk: TheDesk,
    me: Staff,
    status: Text = "",
    version: Annotated[int, Form()] = 0,
) -> Response:
    """Note that the patient came, or did not; ``booked`` takes it back."""
    if status not in MARKED:
        raise HTTPException(422)
    before = appointment_of(desk, appointment_id).status
    try:
        made = desk.workspace.agenda.mark(
            appointment_id,
            cast(Literal["done", "noshow", "booked"], status),
            source="desk",
            idempotency_key=new_key(),
            version=version or None,
        )
    except (AgendaError, UnavailableError) as error:
        return one_page(request, desk, me, appointment_id, error=error)
    note(desk, me, "appointment.marked", made, status=status)
    return desk.done(
        request,
        f"/agenda/{made.id}",
        MARKED[status],
        undo=f"/agenda/{made.id}/presence",
        status=before,
        version=str(made.version),
    )


MARKED = {
    "done": "Noté : le patient est venu.",
    "noshow": "Noté : le patient n'est pas venu.",
    "booked": "C'est effacé : ni venu, ni absent.",
}
"""What a mark says."""
