"""The rules at the desk: the effect first, then the file, with every comment and an undo."""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.desk.conftest import enter
from voicebot.agenda.admission import Placement
from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.cli.setup import Workspace, open_workspace
from voicebot.desk import forms
from voicebot.desk.context import Desk
from voicebot.practice.toml_lines import layout

ABSENCE = {"who": "benali", "from": "2026-11-24", "to": "2026-11-24", "label": "formation"}


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A practice of its own, which may be written."""
    shutil.copytree(SAMPLE_PRACTICE, tmp_path / "practice")
    (tmp_path / "key").write_text("ab" * 32)
    (tmp_path / "key").chmod(0o600)
    made = open_workspace(
        argparse.Namespace(
            practice=tmp_path / "practice",
            data=tmp_path / "data",
            key_file=tmp_path / "key",
            now="2026-11-23T08:00",
            passphrase_fd=None,
        )
    )
    yield made
    made.close()


def text(desk: Desk) -> str:
    return (desk.workspace.practice.directory / "practice.toml").read_text(encoding="utf-8")


def test_a_change_is_shown_as_slots_before_it_is_made(app: FastAPI, desk: Desk) -> None:
    before, client = text(desk), enter(app)
    patient = desk.workspace.agenda.find_patients("Roussel")[0]
    placement = Placement("consultation", datetime(2026, 11, 24, 9, 0), "benali", patient.id, "known")
    booked = desk.workspace.agenda.place(placement, source="desk", idempotency_key="a")
    page = client.post("/regles/absences/nouveau", data=ABSENCE).text
    assert text(desk) == before
    assert "Mardi 24 novembre" in page
    assert re.search(r"− \d+", page)
    assert "1 rendez-vous déjà pris ne serait plus dans les règles" in page
    assert f"/agenda/{booked.id}" in page
    assert "formation" in page


def test_an_administrator_sees_the_effect_and_no_patient(app: FastAPI, desk: Desk) -> None:
    patient = desk.workspace.agenda.find_patients("Roussel")[0]
    placement = Placement("consultation", datetime(2026, 11, 24, 9, 0), "benali", patient.id, "known")
    desk.workspace.agenda.place(placement, source="desk", idempotency_key="a")
    client = enter(app, "administrator")
    page = client.post("/regles/absences/nouveau", data=ABSENCE).text
    assert "1 rendez-vous déjà pris ne serait plus dans les règles" in page
    assert "Roussel" not in page
    assert client.get("/regles/simulateur/appels").status_code == 403
    assert "Rejouer" not in client.get("/regles/simulateur").text


def test_a_change_is_applied_with_every_comment_and_undone_byte_for_byte(app: FastAPI, desk: Desk) -> None:
    before, client = text(desk), enter(app)
    answer = client.post("/regles/absences/nouveau", data={**ABSENCE, "apply": "1"})
    assert answer.headers["location"] == "/regles/absences"
    assert desk.workspace.rules().absences[-1].label == "formation"
    after = text(desk)
    assert {after[a:b] for a, b in layout(after).comments} == {before[a:b] for a, b in layout(before).comments}
    toast = client.get("/regles/absences").text
    undo = re.search(r'action="(/regles/versions/\d+/retablir)"', toast)
    base = re.search(r'name="base" value="(\w{64})"', toast)
    assert undo is not None
    assert base is not None
    client.post(undo[1], data={"base": base[1]})
    assert text(desk) == before
    assert "formation" in desk.rulebook.text(desk.rulebook.versions()[1].id).decode()
    [changed] = desk.workspace.audit.entries(action="rule.changed")
    assert changed.detail["key"] == "absences"
    assert "formation" in changed.detail["after"]


def test_a_wrong_value_is_said_beside_its_field_and_what_was_typed_stays(app: FastAPI, desk: Desk) -> None:
    page = enter(app).post("/regles/motives/frottis", data={"label": "un frottis", "duration_minutes": "17"})
    assert page.status_code == 422
    assert re.search(r'id="f-duration_minutes"[^>]*value="17"[^>]*aria-invalid="true"', page.text) or re.search(
        r'id="f-duration_minutes"[^>]*aria-invalid="true"', page.text
    )
    assert re.search(
        r'<p id="d-duration_minutes" class="error">17 n&#39;est pas un multiple de 5 ; écrivez 15 ou 20', page.text
    )
    assert 'value="17"' in page.text


def test_hours_that_overlap_are_said_at_the_new_rule(app: FastAPI) -> None:
    data = {"days": ["lundi"], "hours": "08:00-10:00, 09:00-11:00"}
    page = enter(app).post("/regles/openings/nouveau", data=data)
    assert page.status_code == 422
    assert re.search(r'<p id="d-hours" class="error">[^<]*chevauche', page.text)


def test_the_mode_is_one_click(app: FastAPI, desk: Desk) -> None:
    client = enter(app, "practitioner")
    client.post("/regles/conversation", data={"mode": "consultation", "apply": "1"})
    assert desk.workspace.rules().manner.mode == "consultation"
    assert '# "consultation" : rien ne sonne' in text(desk)


def test_a_form_that_is_sent_back_unchanged_changes_nothing(app: FastAPI, desk: Desk) -> None:
    before, client = text(desk), enter(app, "administrator")
    for rubric in forms.rubrics().values():
        if rubric.shape == "texts":
            continue
        table = desk.workspace.practice.directory and _tables(desk, rubric)
        for item, values in table:
            data = {key: value for key, value in forms.shown(rubric, values).items() if value}
            address = f"/regles/{rubric.name}" + ("" if item == "tout" else f"/{item}")
            answer = client.post(address, data={**data, "apply": "1"})
            assert answer.status_code == 303, (rubric.name, item)
            assert text(desk) == before, (rubric.name, item)


def _tables(desk: Desk, rubric: forms.Rubric) -> list[tuple[str, dict[str, object]]]:
    import tomllib

    found = tomllib.loads(text(desk)).get(rubric.name, {})
    if rubric.shape == "one":
        return [("tout", found)]
    return [(str(i), table) for i, table in (enumerate(found) if isinstance(found, list) else found.items())]


def test_a_rule_is_removed_with_its_effect_shown(app: FastAPI, desk: Desk) -> None:
    client = enter(app)
    page = client.post("/regles/absences/0/retirer").text
    assert re.search(r"\+ \d+", page)
    client.post("/regles/absences/0/retirer", data={"apply": "1"})
    assert desk.workspace.rules().absences == ()


def test_a_phrase_that_drops_the_law_is_refused(app: FastAPI, desk: Desk) -> None:
    client = enter(app)
    answer = client.post("/regles/phrases/nouveau", data={"id": "greeting.announce", "text": "Bonjour, c'est le 15."})
    assert answer.status_code == 422
    assert 'id="d-text" class="error"' in answer.text
    good = {"id": "open.ask", "text": "Je vous écoute, que puis-je faire ?", "apply": "1"}
    assert client.post("/regles/phrases/nouveau", data=good).status_code == 303
    assert desk.workspace.rules().phrases["open.ask"].startswith("Je vous écoute")


def test_numbers_of_transfer_are_an_administrators(app: FastAPI) -> None:
    assert enter(app).get("/regles/transfer").status_code == 403
    assert enter(app, "administrator").get("/regles/transfer").status_code == 200
    assert "Transfert" not in enter(app).get("/regles").text


def test_every_rubric_and_every_item_opens(app: FastAPI, desk: Desk) -> None:
    client = enter(app, "administrator")
    for rubric in forms.rubrics().values():
        page = client.get(f"/regles/{rubric.name}")
        assert page.status_code == 200
        for link in re.findall(rf'href="(/regles/{rubric.name}/[^"]+)"', page.text):
            assert client.get(link).status_code == 200, link
    assert client.get("/regles/absences/9").status_code == 404
    assert client.get("/regles/rien").status_code == 404


def test_a_file_that_was_broken_by_hand_is_said_with_its_line(app: FastAPI, desk: Desk) -> None:
    path = desk.workspace.practice.directory / "practice.toml"
    path.write_text(text(desk).replace("notice_minutes = 60 ", "notice_minutes = -60 "))
    desk.workspace.rules.refresh()
    page = enter(app).get("/regles").text
    assert "ne peut pas servir ainsi" in page
    assert re.search(r"Ligne \d+, <code>practice.notice_minutes</code>", page)


def test_the_simulator_names_the_rule_and_links_to_its_form(app: FastAPI) -> None:
    client = enter(app)
    page = client.get("/regles/simulateur", params={"texte": "consultation avec Lefèvre mercredi après-midi"}).text
    assert ">Non<" in page
    assert "absences[1]" in page
    assert 'href="/regles/absences/0"' in page
    yes = client.get("/regles/simulateur", params={"motif": "frottis", "jour": "2026-11-24", "heure": "09:00"}).text
    assert ">Oui<" in yes
    assert "Il manque le motif" in client.get("/regles/simulateur", params={"texte": "bonjour"}).text


def test_past_calls_are_replayed_and_their_reading_is_noted(app: FastAPI, desk: Desk) -> None:
    desk.journal.record("c1", "heard", text="une consultation samedi 28 novembre à 15 heures")
    desk.journal.record("c2", "heard", text="bonjour")
    page = enter(app).get("/regles/simulateur/appels").text
    assert "samedi 28 novembre" in page
    assert [entry.subject for entry in desk.workspace.audit.entries(action="transcript.read")] == ["c1"]


def test_the_newest_wishes_are_found_by_an_index_however_many_calls_keep_no_text(app: FastAPI, desk: Desk) -> None:
    asked: list[str] = []
    client = enter(app)
    desk.session.database.conn.set_trace_callback(asked.append)
    assert client.get("/regles/simulateur/appels").status_code == 200
    desk.session.database.conn.set_trace_callback(None)
    [sql] = [sql for sql in asked if "call_event" in sql]
    plan = [step[3] for step in desk.session.tuples("explain query plan " + sql)]
    assert all("call_event_heard" in step for step in plan), plan


FIELD = st.text("abc 0123:-,;éà", max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(forms.rubrics())), st.data())
def test_no_form_can_break_the_file(desk: Desk, app: FastAPI, name: str, data: st.DataObject) -> None:
    rubric = forms.rubrics()[name]
    client = enter(app, "administrator")
    posted: dict[str, str | list[str]] = {"id": data.draw(FIELD), "text": data.draw(FIELD)}
    for spec in rubric.fields:
        choices = forms.choices(spec, desk.workspace.rules())
        if choices:
            posted[spec.key] = data.draw(st.lists(st.sampled_from(sorted(choices)), max_size=2))
        else:
            posted[spec.key] = data.draw(FIELD)
    address = f"/regles/{name}" + ("" if rubric.shape == "one" else "/nouveau")
    assert client.post(address, data={**posted, "apply": "1"}).status_code in (303, 409, 422)
    assert desk.workspace.rules.error is None


QUESTIONS: tuple[tuple[dict[str, str], str], ...] = (
    ({"motif": "inconnu"}, "Choisissez un motif"),
    ({"motif": "frottis", "praticien": "martin"}, "Choisissez un praticien"),
    ({"motif": "frottis", "heure": "09:00"}, "Choisissez aussi un jour"),
    ({"motif": "frottis", "jour": "2026-02-30"}, "n&#39;existe pas"),
    ({"motif": "frottis", "jour": "9999-12-31"}, "n&#39;existe pas"),
    ({"motif": "frottis", "jour": "2026-11-24", "heure": "25:00"}, "n&#39;existe pas"),
    ({"motif": "frottis", "jour": "2020-01-06"}, ">Non<"),
    ({"texte": "vaccination hier"}, "Ce moment est passé"),
    ({"texte": "dentiste mardi"}, "Pas compris : dentiste"),
    ({"texte": "consultation avec le docteur Martin mardi"}, "Pas compris : <strong>Martin</strong>"),
    ({"texte": "<script>alert(1)</script>"}, "&lt;script&gt;"),
    ({"texte": "x" * 5000}, "Il manque le motif"),
    ({"texte": "\x00 frottis \U0001f600"}, ">Oui<"),
    ({"texte": "un frottis avec le docteur Lefèvre"}, "Avec quelqu&#39;un d&#39;autre"),
)
"""What is asked of the simulator, and a part of what it says."""


def test_the_simulator_says_what_is_wrong_with_a_question(app: FastAPI) -> None:
    client = enter(app)
    for asked, said in QUESTIONS:
        page = client.get("/regles/simulateur", params=asked)
        assert page.status_code == 200, asked
        assert said in page.text, asked
