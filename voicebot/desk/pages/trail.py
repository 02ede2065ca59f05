"""Accès: who read or changed what, from the audit trail; ids only, for the person who controls it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from voicebot.desk.context import Desk, desk
from voicebot.desk.labels import label
from voicebot.desk.roles import Account, role
from voicebot.vault.audit import Entry
from voicebot.vault.export import labels as trail_labels

router = APIRouter()

ROWS = 100
AREAS = (
    *("", "patient", "transcript", "live", "call", "agenda", "appointment", "waitlist", "todo", "account", "login"),
    *("rule", "import", "export", "purge", "backup"),
)
"""First words of the actions that one can ask for alone."""


@router.get("/acces")
def page(
    request: Request,
    desk: Annotated[Desk, Depends(desk)],
    me: Annotated[Account, Depends(role("auditor"))],
    quoi: Annotated[str, Query(max_length=40)] = "",
    qui: Annotated[str, Query(max_length=80)] = "",
    avant: Annotated[int, Query(ge=1, lt=2**62)] | None = None,
) -> Response:
    """The newest lines, of one kind or one person if asked; ``avant`` is where an older page ends."""
    # One more than is shown says whether there are older ones.
    found = desk.workspace.audit.entries(action=quoi or None, actor=qui or None, before=avant, limit=ROWS + 1)
    older, found = len(found) > ROWS, found[-ROWS:]
    names = {f"user:{one.id}": one.name for one in [*desk.accounts.all(), me]}
    actions = trail_labels()["actions"]
    rows = [(entry, _who(entry, names), actions.get(entry.action, entry.action)) for entry in reversed(found)]
    areas = [(area, label("areas", area or "all")) for area in AREAS]
    desk.audit(me, "audit.read")
    return desk.page(
        request, "trail/page.html", rows=rows, areas=areas, quoi=quoi, qui=qui, names=names, avant=avant, older=older
    )


def _who(entry: Entry, names: dict[str, str]) -> str:
    kind, _, rest = entry.actor.partition(":")
    match kind:
        case "user":
            return names.get(entry.actor, "compte supprimé")
        case "call":
            return "un appelant"
        case "terminal":
            return f"terminal ({rest})"
    return "le service"
