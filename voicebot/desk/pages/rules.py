"""Rules: forms for the practice's file, each change shown as slots before it is made; every state can come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby, islice
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from voicebot.agenda.preview import Preview
from voicebot.desk import disclosure, forms
from voicebot.desk.cautions import cautions
from voicebot.desk.context import Desk
from voicebot.desk.forms import NEW, Rubric
from voicebot.desk.parameters import AnyStaff, Text, TheDesk
from voicebot.desk.roles import Account
from voicebot.desk.rule_change import OvertakenError, Posted, still, told
from voicebot.desk.rule_form import (
    ONLY,
    address,
    document_in,
    document_of,
    form_page,
    items_of,
    may_change,
    place,
    rubric_of,
    said_now,
    tables_of,
)
from voicebot.desk.rulebook import BY_HAND, Draft
from voicebot.errors import StaleVersionError, UnavailableError
from voicebot.practice import PracticeError
from voicebot.practice.editing import Change, EditError

router = APIRouter()


TOGETHER = timedelta(minutes=30)
"""Starts that are no further apart are told as one run."""

DAYS_SHOWN = 12
"""Days of a preview that are listed; the rest is counted."""

OVERTAKEN = "Quelqu'un d'autre vient de changer cette règle. Rien n'a été écrasé : relisez, puis recommencez."
GONE = (
    "Quelqu'un d'autre vient de changer ou de retirer cette règle. Rien n'a été écrasé : regardez la liste. Ce que "
    "vous aviez tapé est ici, et ferait une règle de plus."
)
OURS = frozenset({"apply", "base", "back"})
"""Fields of a form that are not about the rule."""


# --- looking ---


@router.get("/regles")
def rules(request: Request, desk: TheDesk, me: AnyStaff) -> Response:
    """Every rubric, the mode, and what the file's reader warns of."""
    desk.workspace.rules.refresh()  # whoever comes here after an edit by hand sees it at once
    practice, document = desk.workspace.rules(), document_of(desk)
    counts = {
        name: len(tables_of(rubric, document)) for name, rubric in forms.rubrics().items() if rubric.shape != "one"
    }
    error = desk.workspace.rules.error
    mine = [rubric for rubric in forms.rubrics().values() if may_change(me, rubric)]
    return desk.page(
        request,
        "rules/page.html",
        groups=[(name, list(group)) for name, group in groupby(mine, key=lambda rubric: rubric.group)],
        counts=counts,
        mode=practice.manner.mode,
        elder=practice.manner.elder,
        problems=[(problem, place(problem.where)) for problem in error.problems] if error else [],
        warnings=[(warning, place(warning.where)) for warning in practice.warnings],
        frozen=desk.rulebook.frozen,
        base=desk.rulebook.read()[1],
    )


@router.get("/regles/versions")
def versions(request: Request, desk: TheDesk, me: AnyStaff) -> Response:
    """Every state of the file."""
    return desk.page(
        request,
        "rules/versions.html",
        versions=desk.rulebook.versions(),
        authors={account.id: account.name for account in desk.accounts.all()} | {BY_HAND: "à la main"},
        frozen=desk.rulebook.frozen,
    )


@router.get("/regles/{name}")
def rubric(name: str, request: Request, desk: TheDesk, me: AnyStaff) -> Response:
    """The rules of one rubric; the form itself where there is only one."""
    found = rubric_of(name, me)
    if found.shape == "one":
        return form_page(request, desk, found, ONLY)
    return desk.page(
        request, "rules/rubric.html", rubric=found, items=items_of(desk, found), frozen=desk.rulebook.frozen
    )


@router.get("/regles/{name}/{item}")
def one(name: str, item: str, request: Request, desk: TheDesk, me: AnyStaff) -> Response:
    """The form of one rule."""
    found = rubric_of(name, me)
    given = {key: [value] for key, value in request.query_params.items()}
    if item == NEW and given:
        return form_page(request, desk, found, item, filled=forms.typed(found, given))
    return form_page(request, desk, found, item)


# --- changing ---


@router.post("/regles/versions/{version_id}/retablir")
def restore(version_id: int, request: Request, desk: TheDesk, me: AnyStaff, base: Text = "") -> Response:
    """Bring a state back, byte for byte."""
    before = next((version for version in desk.rulebook.versions(1)), None)
    try:
        made = desk.rulebook.restore(version_id, base=base or desk.rulebook.read()[1], author=me.id)
    except StaleVersionError:
        return desk.done(request, "/regles/versions", OVERTAKEN)
    except UnavailableError as error:
        return desk.done(request, "/regles/versions", str(error))
    except PracticeError:
        return desk.done(
            request, "/regles/versions", "Cette version n'est plus valable avec le programme d'aujourd'hui."
        )
    desk.audit(me, "rule.restored", version=version_id)
    undo = f"/regles/versions/{before.id}/retablir" if before else None
    return desk.done(request, "/regles/versions", made.what + ".", undo=undo, base=made.digest)


@router.post("/regles/{name}")
async def change_only(name: str, request: Request, desk: TheDesk, me: AnyStaff) -> Response:
    """Preview or apply the form of a rubric that has only one."""
    return await _posted(request, desk, me, name, ONLY)


@router.post("/regles/{name}/{item}")
async def change(name: str, item: str, request: Request, desk: TheDesk, me: AnyStaff) -> Response:
    """Preview or apply the form of one rule."""
    return await _posted(request, desk, me, name, item)


@router.post("/regles/{name}/{item}/retirer")
async def remove(name: str, item: str, request: Request, desk: TheDesk, me: AnyStaff) -> Response:
    """Preview or apply the removal of one rule."""
    return await _posted(request, desk, me, name, item, removed=True)


async def _posted(
    request: Request, desk: Desk, me: Account, name: str, item: str, *, removed: bool = False
) -> Response:
    sent = await request.form()
    fields = {key: [value for value in sent.getlist(key) if isinstance(value, str)] for key in sent}
    posted = Posted.of(rubric_of(name, me), item, fields, removed)
    return await run_in_threadpool(_change, request, desk, me, posted)


def _change(request: Request, desk: Desk, me: Account, posted: Posted) -> Response:
    rubric, filled = posted.rubric, posted.filled
    raw, base = desk.rulebook.noted()
    document = document_in(raw)
    overtaken = posted.one("base") not in ("", base)
    if overtaken:
        try:
            posted = replace(
                posted, item=still(rubric, posted.item, desk.rulebook.text_at(posted.one("base")), document)
            )
        except OvertakenError as error:
            return _overtaken(request, desk, posted, error.table)
    if posted.one("back"):
        return form_page(request, desk, rubric, posted.form, filled=filled)
    if problem := posted.misnamed(document):
        return form_page(request, desk, rubric, NEW, filled=filled, near={"id": problem}, status=422)
    if near := posted.doubtful_paths:
        # What was typed may be the password itself: it is not shown again.
        filled |= dict.fromkeys(near, "")
        return form_page(request, desk, rubric, posted.form, filled=filled, near=near, status=422)
    if rubric.shape == "texts" and not posted.removed and not filled["text"]:
        return form_page(
            request, desk, rubric, posted.form, filled=filled, near={"text": "Écrivez ce qui est dit."}, status=422
        )
    changes = posted.changes(document)
    if not changes:
        return desk.done(request, _home(rubric), "Rien n'a changé.")
    try:
        draft = desk.rulebook.draft(changes, raw)
    except PracticeError as error:
        near, far = forms.beside(rubric, posted.item, error.problems, len(document.get(rubric.name, ())))
        return form_page(request, desk, rubric, posted.form, filled=filled, near=near, far=far, status=422)
    except EditError as error:
        return form_page(request, desk, rubric, posted.form, filled=filled, general=str(error), status=409)
    if posted.one("apply") and not overtaken:
        return _apply(request, desk, me, posted, draft, changes)
    return _preview(request, desk, me, posted, draft, overtaken=overtaken)


def _overtaken(request: Request, desk: Desk, posted: Posted, table: Any) -> Response:
    """Somebody changed the very rule: what was typed stays, and what stands now is said beside it."""
    rubric, filled = posted.rubric, posted.filled
    if posted.removed:
        return desk.done(request, _home(rubric), OVERTAKEN)
    if rubric.shape == "list":
        # Which of the rules it has become is not known: what was typed could only be a new one.
        return form_page(request, desk, rubric, NEW, filled=filled, general=GONE, status=409)
    now = said_now(rubric, filled, table, desk.workspace.rules())
    return form_page(request, desk, rubric, posted.form, filled=filled, general=OVERTAKEN, now=now, status=409)


def _apply(request: Request, desk: Desk, me: Account, posted: Posted, draft: Draft, changes: list[Change]) -> Response:
    rubric, before = posted.rubric, desk.rulebook.versions(1)
    try:
        made = desk.rulebook.apply(draft.after, base=draft.base, author=me.id, what=posted.what)
    except StaleVersionError:
        return form_page(request, desk, rubric, posted.form, filled=posted.filled, general=OVERTAKEN, status=409)
    except UnavailableError as error:
        return desk.done(request, _home(rubric), str(error))
    for change in changes:
        desk.audit(me, "rule.changed", None, file="practice.toml", **told(draft.before, change))
    undo = f"/regles/versions/{before[0].id}/retablir" if before else None
    done = f"{posted.what} : " + (f"c'est enregistré. {rubric.when}" if rubric.later else "c'est en vigueur.")
    return desk.done(request, _home(rubric), done, undo=undo, base=made.digest)


def _preview(request: Request, desk: Desk, me: Account, posted: Posted, draft: Draft, *, overtaken: bool) -> Response:
    rubric, shown = posted.rubric, desk.workspace.agenda.preview(draft.practice)
    named = me.may("secretary", "practitioner")
    if named:
        patients = [one.appointment.patient for one in shown.stranded if one.appointment.patient is not None]
        disclosure.found(desk.workspace.audit, me, patients, "patient.read")
    days = list(shown.days())
    fields = [(key, value) for key, values in posted.fields.items() if key not in OURS for value in values]
    said = {warning.text for warning in desk.workspace.rules().warnings}
    return desk.page(
        request,
        "rules/preview.html",
        rubric=rubric,
        action=address(rubric, posted.form) + ("/retirer" if posted.removed else ""),
        fields=fields,
        base=draft.base,
        what=posted.what,
        overtaken=overtaken,
        removing=posted.removed,
        lines=draft.lines,
        preview=shown,
        named=named,
        added=_starts(shown, "added"),
        removed=_starts(shown, "removed"),
        days=list(islice(days, DAYS_SHOWN)),
        runs=_runs,
        more=max(0, len(days) - DAYS_SHOWN),
        cautions=list(cautions(desk.workspace.rules(), draft.practice)),
        warnings=[(warning, place(warning.where)) for warning in draft.practice.warnings if warning.text not in said],
        name_of=draft.practice.name_of,
        frozen=desk.rulebook.frozen,
    )


# --- what they share ---


def _home(rubric: Rubric) -> str:
    return "/regles" if rubric.shape == "one" else f"/regles/{rubric.name}"


def _runs(starts: Sequence[datetime]) -> list[tuple[datetime, datetime]]:
    """Starts that follow one another, as the first and the last of each run."""
    found = [(starts[0], starts[0])]
    for start in starts[1:]:
        if start - found[-1][1] <= TOGETHER:
            found[-1] = (found[-1][0], start)
        else:
            found.append((start, start))
    return found


def _starts(preview: Preview, which: str) -> int:
    """Starts that come or go, each once whatever motive it serves."""
    return len({(slot.practitioner, slot.start) for _, slot in getattr(preview, which)})
