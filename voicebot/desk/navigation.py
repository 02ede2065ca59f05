"""The desk's pages as its navigation names them. An entry shows once a route serves its path."""

from __future__ import annotations

from dataclasses import dataclass

from voicebot.desk.roles import Account, Role

STAFF: tuple[Role, ...] = ("secretary", "practitioner")


@dataclass(frozen=True)
class Page:
    """One entry."""

    path: str
    label: str
    icon: str
    """A name in ``templates/macros.html``."""
    roles: tuple[Role, ...]


PAGES = (
    Page("/", "Maintenant", "phone", STAFF),
    Page("/relire", "À relire", "review", STAFF),
    Page("/a-faire", "À faire", "todo", STAFF),
    Page("/agenda", "Agenda", "agenda", STAFF),
    Page("/patients", "Patients", "patients", STAFF),
    Page("/regles", "Règles", "rules", ("administrator", "practitioner", "secretary")),
    Page("/essayer", "Essayer", "try", ("administrator", "practitioner", "secretary")),
    Page("/tableau", "Tableau de bord", "board", ("administrator", "practitioner", "secretary", "auditor")),
    Page("/acces", "Accès", "lock", ("auditor",)),
    Page("/comptes", "Comptes", "accounts", ("administrator",)),
)


@dataclass(frozen=True)
class Entry:
    """An entry as one person sees it on one page."""

    path: str
    label: str
    icon: str
    here: bool
    count: int
    counted: bool
    """Whether something is counted there at all."""


def entries(account: Account, path: str, served: frozenset[str], counts: dict[str, int]) -> list[Entry]:
    """What this person's navigation holds."""
    here = "/" + path.split("/")[1]
    return [
        Entry(page.path, page.label, page.icon, page.path == here, counts.get(page.path, 0), page.path in counts)
        for page in PAGES
        if page.path in served and account.may(*page.roles)
    ]


def home(account: Account, served: frozenset[str]) -> str:
    """The first page that a person may see."""
    return next((page.path for page in PAGES if page.path in served and account.may(*page.roles)), "/compte")
