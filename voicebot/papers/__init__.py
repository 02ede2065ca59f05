"""The papers that a practice owes its patients and the CNIL, filled in from its own file.

Drafts for the person in charge: what only they know is a line to fill in by hand, and each paper says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import phonenumbers
from jinja2 import Environment, PackageLoader, StrictUndefined

from voicebot.errors import ConfigurationError
from voicebot.practice.schema import Practice
from voicebot.thinking.phrases import phrases_of
from voicebot.vault.inventory import inventory

PAPERS: Mapping[str, str] = {
    "registre.html": "Fiche du registre des activités de traitement (RGPD, art. 30)",
    "aipd.html": "Analyse d'impact, à compléter (RGPD, art. 35)",
    "affiche.html": "Affiche pour la salle d'attente (RGPD, art. 13)",
    "mention-web.html": "Mention pour le site du cabinet (RGPD, art. 13)",
    "annonce.html": "Texte de l'annonce et ses fondements (IA, art. 50 ; RGPD, art. 13)",
    "sous-traitants.html": "Liste des sous-traitants (RGPD, art. 28)",
    "cles.html": "Fiche de garde des clés",
}
"""File names and titles, in the order of the index."""

SUBPROCESSORS: tuple[str, ...] = ()
"""Who else handles the data: nobody. ``make proof`` holds it; a service that changes it must change this list."""

FOR_LIFE = "le temps du suivi du patient"


def write_papers(practice: Practice, folder: Path, today: date) -> list[Path]:
    """Write every paper and an index as HTML that prints, and return their paths.

    Raises:
        ConfigurationError: the folder cannot be written.
    """
    environment = Environment(
        loader=PackageLoader("voicebot.papers"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["phone"] = _spaced
    values = _values(practice, today)
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, title in {"index.html": "Les papiers du cabinet", **PAPERS}.items():
            path = folder / name
            path.write_text(environment.get_template(name).render(values, title=title), encoding="utf-8")
            written.append(path)
    except OSError as error:
        raise ConfigurationError(
            f"--out {folder}: {error.strerror}; give a directory that this user may write"
        ) from None
    return written


def _spaced(number: str) -> str:
    """A number of E.164 as people in its country write it."""
    return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.NATIONAL)


def _values(practice: Practice, today: date) -> dict[str, Any]:
    """What the templates may use."""
    days = asdict(practice.retention)
    return {
        "practice": practice,
        "sites": tuple(practice.sites.values()),
        "today": today.strftime("%d/%m/%Y"),
        "version": version("voicebot"),
        "days": days,
        "kept": [
            {
                "name": table.name,
                "label": table.label,
                "for": FOR_LIFE if table.kept == "life" else f"{days[table.kept]} jours",
            }
            for table in inventory()
            if table.personal and (table.kept == "life" or table.kept in days)
        ],
        "announcement": phrases_of(practice).text("greeting.announce"),
        "sensitive": [motive.label for motive in practice.motives.values() if motive.sensitive],
        "subprocessors": SUBPROCESSORS,
        "operator": practice.sip.registration.registrar if practice.sip.registration else None,
        "papers": PAPERS,
    }
