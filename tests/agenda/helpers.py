"""A small practice, its patients and a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from voicebot.agenda.admission import Placement
from voicebot.agenda.store import Store
from voicebot.ports import Agenda, PatientClaim, Slot, SlotQuery
from voicebot.practice import Practice

KEY = bytes(range(32))

HEAD = """
[practice]
name = "Cabinet d'essai"
phone = "+33465710010"
notice_minutes = 60
horizon_days = 90

[sites.centre]
name = "Centre"
address = "1 rue d'essai"

[practitioners.lefevre]
name = "le docteur Lefèvre"

[practitioners.benali]
name = "le docteur Benali"

[resources.salle-1]
name = "la salle 1"
kind = "salle"

[resources.echographe]
name = "l'échographe"
"""

MOTIVES = """
[motives.consultation]
label = "une consultation"
duration_minutes = 15
new_patient_minutes = 30

[motives.suivi]
label = "un suivi"
duration_minutes = 20
grid_minutes = 10
patients = "known"
own_doctor = true

[motives.echographie]
label = "une échographie"
duration_minutes = 30
buffer_before_minutes = 5
buffer_after_minutes = 10
needs = ["salle", "echographe"]
"""

OPENINGS = """
[[openings]]
days = ["lundi", "mardi", "mercredi", "jeudi", "vendredi"]
hours = ["08:30-12:30", "14:00-18:30"]
"""

MONDAY = datetime(2026, 11, 23, 8, 0)
"""A Monday in winter, before opening."""

ROUSSEL = PatientClaim("Roussel", "Camille", date(1990, 4, 17), "+33639980101")
VASSEUR = PatientClaim("Vasseur", "Antoine", date(1958, 11, 2), "+33639980102")
NEWCOMER = PatientClaim("Lemoine", "Nathan", date(2001, 5, 9), "+33639980109")

SETTLED = {"status": "validee", "birth_place": "34172", "last_visit": "2026-03-10"}
"""What makes a patient known: an established identity and a past visit."""


class StandingClock:
    """A clock that moves only when it is told to."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        self._now = now

    def advance(self, **time: float) -> None:
        self._now += timedelta(**time)


MakePractice = Callable[..., Practice]
MakeAgenda = Callable[..., Store]


def slot_at(
    agenda: Agenda, start: datetime, motive: str = "consultation", who: str = "lefevre", kind: str = "known"
) -> Slot:
    """The slot that begins at ``start``."""
    window = (start, start + timedelta(minutes=1))
    [slot] = agenda.search(SlotQuery(motive, kind, who, (window,)))  # type: ignore[arg-type]
    return slot


def placement(agenda: Agenda, start: datetime, claim: PatientClaim = ROUSSEL, **more: object) -> Placement:
    """What a person asks for a patient who is there."""
    [patient] = agenda.match(claim)
    values = {"motive": "consultation", "practitioner": "lefevre", "kind": "known", **more}
    return Placement(start=start, patient_id=patient.id, **values)  # type: ignore[arg-type]
