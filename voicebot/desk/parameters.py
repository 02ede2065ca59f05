"""What routes receive: the desk, whoever asks (a role that the route is for), and short texts of forms."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Form

from voicebot.desk.context import Desk, desk
from voicebot.desk.roles import Account, role

TheDesk = Annotated[Desk, Depends(desk)]

Staff = Annotated[Account, Depends(role("secretary", "practitioner"))]
"""Who works with patients."""

AnyStaff = Annotated[Account, Depends(role("secretary", "practitioner", "administrator"))]
"""Who works with patients or with the practice's rules: all but the auditor."""

Text = Annotated[str, Form(max_length=200)]
"""One field of a form; empty where it was not filled in."""


def _move(start: Text = "", practitioner: Text = "", motive: Text = "", reason: Text = "") -> dict[str, str]:
    return {"start": start, "practitioner": practitioner, "motive": motive, "reason": reason}


MoveForm = Annotated[dict[str, str], Depends(_move)]
"""Where an appointment is to stand, as its form has it: ``start``, ``practitioner``, ``motive``, ``reason``."""


def _booking(move: MoveForm, patient: Text = "") -> dict[str, str]:
    return move | {"patient": patient}


BookingForm = Annotated[dict[str, str], Depends(_booking)]
"""The same of a new appointment, with ``patient``, the id of a file."""
