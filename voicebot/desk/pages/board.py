"""The board: honest figures per day and week, and a digest for a doctor between two patients."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from voicebot.desk import disclosure
from voicebot.desk.dates import read_date, read_moment
from voicebot.desk.figures import OUTCOMES, Figures, together, weeks
from voicebot.desk.labels import day, label, motive_label, short_day
from voicebot.desk.parameters import Staff, TheDesk
from voicebot.desk.plots import Plot, bars
from voicebot.desk.roles import Account, role

router = APIRouter()

Reader = Annotated[Account, Depends(role("administrator", "practitioner", "secretary", "auditor"))]

WEEKS_SHOWN = 8

GROUPS = {
    "settled": ("booked", "moved", "cancelled", "informed"),
    "person": ("transferred", "emergency"),
    "later": ("callback",),
    "lost": ("abandoned",),
}
"""Outcomes as the plot stacks them; calls without an outcome count as lost."""


@router.get("/tableau")
def board(request: Request, desk: TheDesk, me: Reader, semaine: str = "", vue: str = "jours") -> Response:
    """One week by day, or eight weeks."""
    today = desk.workspace.clock.now().date()
    monday = _monday(read_date(semaine) or today)
    by_week = vue == "semaines"
    first = monday - timedelta(weeks=WEEKS_SHOWN - 1) if by_week else monday
    days = desk.board.days(first, monday + timedelta(days=6))
    rows = weeks(days) if by_week else days
    whole = together(days)
    return desk.page(
        request,
        "board/page.html",
        vue="semaines" if by_week else "jours",
        rows=[(_name(row), _short(row), row) for row in rows],
        whole=whole,
        calls=_calls(rows),
        hours=_hours(whole),
        outcomes=OUTCOMES,
        first=first,
        last=monday + timedelta(days=6),
        before=monday - timedelta(weeks=1),
        after=monday + timedelta(weeks=1) if monday + timedelta(weeks=1) <= today else None,
        monday=monday,
        today=today,
        digest=me.may("practitioner", "secretary"),
    )


@router.get("/tableau/resume")
def digest(request: Request, desk: TheDesk, me: Staff, praticien: str = "") -> Response:
    """What happened since this account last looked."""
    now = desk.workspace.clock.now()
    since, seen = desk.digests.since(me.id, now)
    practice = desk.workspace.rules()
    who = frozenset({praticien}) if praticien in practice.practitioners else None
    found = desk.digests.read(since, who)
    rows = []
    for change in found.changes:
        appointment = desk.workspace.agenda.appointment(change.appointment)
        rows.append((change, appointment, motive_label(practice, appointment.slot.motive, me)))
    disclosure.found(
        desk.workspace.audit, me, [one.patient for _, one, _ in rows if one.patient is not None], "patient.read"
    )
    return desk.page(
        request,
        "board/digest.html",
        digest=found,
        seen=seen,
        rows=rows,
        now=now,
        practitioners=practice.practitioners.values(),
        chosen=praticien if who else "",
        name_of=practice.name_of,
    )


@router.post("/tableau/resume/lu")
def read(
    request: Request,
    desk: TheDesk,
    me: Staff,
    praticien: Annotated[str, Form(max_length=40)] = "",
    depuis: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """All this is read: the next digest begins here; or, to undo that, at ``depuis`` again."""
    now = desk.workspace.clock.now()
    since, _ = desk.digests.since(me.id, now)
    back = read_moment(depuis)
    desk.digests.looked(me.id, now if back is None else min(back, now))
    place = f"/tableau/resume?praticien={praticien}" if praticien.isidentifier() else "/tableau/resume"
    if back is not None:
        return desk.done(request, place)
    return desk.done(
        request,
        place,
        "C'est noté : le prochain résumé commence maintenant.",
        undo="/tableau/resume/lu",
        praticien=praticien,
        depuis=since.isoformat(timespec="seconds"),
    )


def _calls(rows: list[Figures]) -> Plot:
    columns = []
    for row in rows:
        counts = {kind: sum(row.outcome(name) for name in names) for kind, names in GROUPS.items()}
        counts["lost"] += row.unfinished
        counts["refused"] = row["refused"]
        spoken = f"{_name(row)} : {row.arrived} appels reçus, " + ", ".join(
            f"{value} {label('board_parts', kind)}" for kind, value in counts.items()
        )
        columns.append((_short(row), spoken, list(counts.items())))
    return bars(columns)


def _hours(whole: Figures) -> Plot:
    first, last = (min(whole.hours), max(whole.hours)) if whole.hours else (8, 18)
    counts = [(hour, whole.hours.get(hour, 0)) for hour in range(min(first, 8), max(last, 18) + 1)]
    return bars([(str(hour), f"{hour} heures : {n} appels", [("hour", n)]) for hour, n in counts], width=420)


def _name(row: Figures) -> str:
    return day(row.first) if row.first == row.last else f"Semaine du {row.first:%d/%m}"


def _short(row: Figures) -> str:
    return short_day(row.first) if row.first == row.last else f"{row.first:%d/%m}"


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
