"""One module a page: its router, and its templates in the folder of the same name."""

from voicebot.desk.pages import (
    accounts,
    agenda,
    agenda_changes,
    agenda_free,
    board,
    corrections,
    login,
    menu,
    now,
    patient_changes,
    patient_rights,
    patients,
    review,
    rules,
    simulator,
    todo,
    trail,
    trial,
    waiting,
)

ROUTERS = (
    login.router,
    accounts.router,
    menu.router,
    now.router,
    review.router,
    corrections.router,
    waiting.router,  # /a-faire/attente/… stands before /a-faire/{id}/…
    todo.router,
    trail.router,
    trial.router,
    board.router,
    agenda.router,
    agenda_changes.router,
    agenda_free.router,
    patient_changes.router,  # /patients/nouveau stands before /patients/{patient_id}
    patient_rights.router,
    patients.router,
    simulator.router,
    rules.router,
)
"""Every route of the desk."""
