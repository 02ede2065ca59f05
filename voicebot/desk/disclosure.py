"""Note in the audit trail what a page is about to show of several patients: one transaction, however many they are."""

from __future__ import annotations

from collections.abc import Iterable

from voicebot.desk.roles import Account
from voicebot.ports import Patient
from voicebot.vault.audit import Audit


def found(audit: Audit, account: Account, patients: Iterable[Patient], action: str = "patient.searched") -> None:
    """One line a patient, before they are shown."""
    ids = list(dict.fromkeys(patient.id for patient in patients))
    if not ids:
        return
    with audit.transaction() as connection:
        for id in ids:
            audit.append(connection, f"user:{account.id}", action, id, {"of": len(ids)})
    audit.write_anchor()
