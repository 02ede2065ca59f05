"""Rules: forms for the practice's file, each change shown as slots before it is made; every state can come back."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from itertools import islice
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from voicebot.agenda.preview import Preview
from voicebot.desk import disclosure, forms
from voicebot.desk.context import Desk
from voicebot.desk.forms import NEW, Rubric
from voicebot.desk.parameters import AnyStaff, Text, TheDesk
from voicebot.desk.roles import Account
from voicebot.desk.rule_form import document_of, form_page, items_of, may_change, rubric_of, table_of
from voicebot.desk.rulebook import BY_HAND, Draft
from voicebot.errors import StaleVersionError, UnavailableError
from voicebot.practice import PracticeError
from voicebot.practice.editing import Add, Change, Drop, EditError, Put

router = APIRouter()


DAYS_SHOWN = 12
"""Days of a preview that are listed; the rest is counted."""

OVERTAKEN = "Quelqu'un d'autre vient de changer le fichier du cabinet. Rien n'a été écrasé : relisez, puis recommencez."


# --- looking ---


@router.get("/regles")
def rules(request: Request, desk: TheDesk, me: AnyStaff) -> Response:
    """Every rubric, the mode, and what the file's reader warns of."""
    practice, document = desk.workspace.rules(), document_of(desk)
    counts = {name: len(document.get(name, ())) for name, rubric in forms.rubrics().items() if rubric.shape != "one"}
    return desk.page(
        request,
        "rules/page.html",
        rubrics=[rubric for rubric in forms.rubrics().values() if may_change(me, rubric)],
        counts=counts,
        mode=practice.manner.mode,
        elder=practice.manner.elder,
        error=desk.workspace.rules.error,
        warnings=practice.warnings,
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
        return form_page(request, desk, found, "tout")
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
    return await _posted(request, desk, me, name, "tout")


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
    posted = await request.form()
    fields = {key: [value for value in posted.getlist(key) if isinstance(value, str)] for key in posted}
    return await run_in_threadpool(_change, request, desk, me, rubric_of(name, me), item, fields, removed)


def _change(
    request: Request, desk: Desk, me: Account, rubric: Rubric, item: str, fields: dict[str, list[str]], removed: bool
) -> Response:
    base = (fields.get("base") or [""])[0]
    item = (fields.get("id") or [item])[0].strip() if item == NEW and rubric.shape in ("named", "texts") else item
    filled = forms.typed(rubric, fields) | {"text": (fields.get("text") or [""])[0].strip(), "id": item}
    document = document_of(desk)
    if base and base != desk.rulebook.read()[1]:
        return form_page(request, desk, rubric, item, filled=filled, general=OVERTAKEN, status=409)
    changes = _changes(rubric, item, document, filled, removed)
    try:
        draft = desk.rulebook.draft(changes)
    except PracticeError as error:
        count = len(document.get(rubric.name, ()))
        near, far = forms.beside(rubric, item, error.problems, count) if rubric.fields else ({}, list(error.problems))
        if rubric.shape == "texts":
            near, far = {"text": " ".join(problem.text for problem in far)}, []
        return form_page(request, desk, rubric, item, filled=filled, near=near, far=far, status=422)
    except EditError as error:
        return form_page(request, desk, rubric, item, filled=filled, general=str(error), status=409)
    if not changes:
        return desk.done(request, _home(rubric), "Rien n'a changé.")
    what = _what(rubric, item, removed)
    if (fields.get("apply") or [""])[0]:
        return _apply(request, desk, me, rubric, draft, changes, what)
    return _preview(request, desk, me, rubric, item, fields, draft, what, removed)


def _apply(
    request: Request, desk: Desk, me: Account, rubric: Rubric, draft: Draft, changes: list[Change], what: str
) -> Response:
    before = desk.rulebook.versions(1)
    try:
        made = desk.rulebook.apply(draft.after, base=draft.base, author=me.id, what=what)
    except StaleVersionError:
        return desk.done(request, _home(rubric), OVERTAKEN)
    except UnavailableError as error:
        return desk.done(request, _home(rubric), str(error))
    old = tomllib.loads(draft.before)
    for change in changes:
        desk.audit(me, "rule.changed", None, file="practice.toml", **_told(old, change))
    undo = f"/regles/versions/{before[0].id}/retablir" if before else None
    return desk.done(request, _home(rubric), f"{what} : c'est en vigueur.", undo=undo, base=made.digest)


def _preview(
    request: Request,
    desk: Desk,
    me: Account,
    rubric: Rubric,
    item: str,
    fields: dict[str, list[str]],
    draft: Draft,
    what: str,
    removed: bool,
) -> Response:
    shown = desk.workspace.agenda.preview(draft.practice)
    named = me.may("secretary", "practitioner")
    if named:
        patients = [one.appointment.patient for one in shown.stranded if one.appointment.patient is not None]
        disclosure.found(desk.workspace.audit, me, patients, "patient.read")
    days = list(shown.days())
    return desk.page(
        request,
        "rules/preview.html",
        rubric=rubric,
        action=f"/regles/{rubric.name}" + ("" if item == "tout" else f"/{item}") + ("/retirer" if removed else ""),
        fields=[(key, value) for key, values in fields.items() if key not in ("apply", "base") for value in values],
        base=draft.base,
        what=what,
        lines=draft.lines,
        preview=shown,
        named=named,
        added=_starts(shown, "added"),
        removed=_starts(shown, "removed"),
        days=list(islice(days, DAYS_SHOWN)),
        more=max(0, len(days) - DAYS_SHOWN),
        warnings=[
            w for w in draft.practice.warnings if w.text not in {o.text for o in desk.workspace.rules().warnings}
        ],
        name_of=draft.practice.name_of,
        frozen=desk.rulebook.frozen,
    )


def _changes(
    rubric: Rubric, item: str, document: Mapping[str, Any], filled: Mapping[str, Any], removed: bool
) -> list[Change]:
    if removed:
        table_of(rubric, item, document)
        return [Drop(forms.path_of(rubric, item))]
    if rubric.shape == "texts":
        text = filled["text"]
        if document.get(rubric.name, {}).get(item) == text:
            return []
        return [Put((rubric.name, item), text)]
    table = None if item == NEW or item == "tout" else table_of(rubric, item, document, may_be_new=True)
    if item == "tout":
        table = document.get(rubric.name, {})
    return forms.changes(rubric, item, table, filled)


# --- what they share ---


def _home(rubric: Rubric) -> str:
    return "/regles" if rubric.shape == "one" else f"/regles/{rubric.name}"


def _what(rubric: Rubric, item: str, removed: bool) -> str:
    if rubric.shape == "one":
        return rubric.title
    done = "retrait" if removed else "ajout" if item == NEW else "changement"
    name = f" « {rubric.names.get(item, item)} »" if rubric.shape in ("named", "texts") else ""
    return f"{rubric.title}{name}, {done}"


def _told(old: Mapping[str, Any], change: Change) -> dict[str, str]:
    """A change as the audit trail keeps it."""
    if isinstance(change, Add):
        return {"key": change.name, "before": "", "after": str(dict(change.values))}
    value: Any = old
    for part in change.path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            value = ""
            break
    after = str(change.value) if isinstance(change, Put) else ""
    return {"key": ".".join(map(str, change.path)), "before": str(value), "after": after}


def _starts(preview: Preview, which: str) -> int:
    """Starts that come or go, each once whatever motive it serves."""
    return len({(slot.practitioner, slot.start) for _, slot in getattr(preview, which)})
