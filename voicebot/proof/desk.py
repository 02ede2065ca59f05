"""Somebody of the practice at work at the desk while it is under trace: what a page is asked must not be in a log."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

import httpx

from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.proof.service import Service
from voicebot.proof.words import Words

PATIENTS = 3
"""Patients of the sample practice whose files are looked at."""

PAGES = ("/", "/agenda", "/a-faire", "/relire", "/relire?vue=tous", "/tableau", "/acces", "/regles", "/comptes")


def patients() -> list[dict[str, str]]:
    """The first of the sample practice's invented patients, by column."""
    lines = (SAMPLE_PRACTICE / Path("patients.csv")).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))[:PATIENTS]


def add_patients(words: Words) -> None:
    """Have the names, birth dates and numbers that were asked for looked for."""
    for row in patients():
        born = date.fromisoformat(row["birth_date"])
        words.person(row["birth_name"], row["first_name"], born, row.get("phone"))


async def work(service: Service) -> int:
    """Set up an account, look at every kind of page, ask for names in every place; how many pages were shown.

    Raises:
        httpx.HTTPError: the desk did not answer in time.
    """
    code = re.search(r"one-time code, to make its administrator: (\S+)", service.log.read_text(errors="replace"))
    if code is None:
        return 0
    shown = 0
    async with httpx.AsyncClient(base_url=service.desk, trust_env=False, follow_redirects=True, timeout=60) as client:
        who = {"code": code[1], "name": "Épreuve", "login": "epreuve", "password": "quatre mots tirés au sort"}
        await client.post("/setup", data={**who, "also": ["secretary", "practitioner"]})
        asked = list(PAGES)
        for row in patients():
            found = await client.post("/patients", data={"name": f"{row['birth_name']} {row['first_name']}"})
            files = set(re.findall(r'href="(/patients/[^"/?]+)"', found.text)) - {"/patients/nouveau"}
            for file in files:
                await client.post(f"{file}/copie", data={"form": "json"})
                asked += [file, f"{file}/acces", f"{file}/modifier"]
            # What nobody would do, or a hostile page would: a name where an id is wanted.
            asked += [f"/patients/{row['birth_name']}", f"/agenda?praticien={row['birth_name']}"]
            await client.post(f"/agenda/{row['birth_name']}/deplacer", data={"start": row["birth_name"]})
        for page in asked:
            answer = await client.get(page)
            shown += answer.status_code == httpx.codes.OK
    return shown
