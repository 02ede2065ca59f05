"""How long an identity takes to be looked up tells nobody whether the patient exists."""

from __future__ import annotations

import csv
from pathlib import Path
from statistics import median
from time import thread_time

from tests.thinking.callers import open_cabinet
from voicebot.cli.common import SAMPLE_PRACTICE

DIFFERENCE = 0.015
"""Processor time between the two medians, s: far below what a telephone's jitter and a reply of half a second hide."""


async def look_up(folder: Path, *, exists: bool) -> float:
    """Median processor time of the turn that completes an identity, s, over the patients of the sample practice."""
    cabinet = open_cabinet(folder)
    times = []
    try:
        with (SAMPLE_PRACTICE / "patients.csv").open(encoding="utf-8") as file:
            people = list(csv.DictReader(line for line in file if not line.startswith("#")))
        for person in people:
            call = cabinet.call()
            await call.greet()
            for text in ("quand est mon rendez-vous", person["birth_name"], person["first_name"]):
                reply = await call.hear(text)
            assert reply.asks == "birth_date", reply.say
            year, month, day = person["birth_date"].split("-")
            begun = thread_time()
            await call.hear(f"{day}/{month}/{int(year) if exists else int(year) - 30}")
            times.append(thread_time() - begun)
            await call.hang_up()
    finally:
        cabinet.agenda.close()
    return median(times)


async def test_a_look_up_takes_as_long_whether_the_patient_exists_or_not(tmp_path: Path) -> None:
    await look_up(tmp_path / "warm", exists=True)
    known = await look_up(tmp_path / "known", exists=True)
    unknown = await look_up(tmp_path / "unknown", exists=False)
    assert abs(known - unknown) < DIFFERENCE, f"{known * 1000:.1f} ms against {unknown * 1000:.1f}"
