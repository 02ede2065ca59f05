"""Several people change the rules at once, or one of them the file itself: nothing is lost or overwritten."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.desk.conftest import enter
from tests.desk.test_rules_page import ABSENCE, text, workspace  # noqa: F401
from voicebot.desk.context import Desk

WEDNESDAY = {"who": "lefevre", "days": "mercredi", "hours": "14:00-18:30"}
"""The absence of the sample practice."""


def opened(client: TestClient, path: str) -> str:
    """The state of the file that a form was opened on."""
    found = re.search(r'name="base" value="(\w{64})"', client.get(path).text)
    assert found is not None
    return found[1]


def file_of(desk: Desk) -> Path:
    return desk.workspace.practice.directory / "practice.toml"


def test_two_people_who_change_different_rules_both_succeed(app: FastAPI, desk: Desk) -> None:
    one, other = enter(app), enter(app, "practitioner")
    bases = opened(one, "/regles/absences/0"), opened(other, "/regles/motives/frottis")
    one.post("/regles/absences/0", data={**WEDNESDAY, "label": "congé", "base": bases[0], "apply": "1"})
    frottis = {"label": "un frottis", "words": "frottis", "practitioners": "moreau", "duration_minutes": "25"}
    # The file moved under the second, though not this rule: the effect is shown anew before it is made.
    shown = other.post("/regles/motives/frottis", data={**frottis, "base": bases[1], "apply": "1"}).text
    assert "ailleurs que dans cette règle" in shown
    assert desk.workspace.rules().motives["frottis"].duration == 20
    again = re.search(r'name="base" value="(\w{64})"', shown)
    assert again is not None
    other.post("/regles/motives/frottis", data={**frottis, "base": again[1], "apply": "1"})
    assert desk.workspace.rules().motives["frottis"].duration == 25
    assert desk.workspace.rules().absences[0].label == "congé"


def test_a_rule_that_moved_in_its_list_is_found_again(app: FastAPI, desk: Desk) -> None:
    one, other = enter(app), enter(app, "practitioner")
    one.post("/regles/absences/nouveau", data={**ABSENCE, "apply": "1"})
    base = opened(other, "/regles/absences/1")
    one.post("/regles/absences/0/retirer", data={"apply": "1"})
    shown = other.post("/regles/absences/1", data={**ABSENCE, "label": "congrès", "base": base}).text
    assert 'action="/regles/absences/0"' in shown
    assert desk.workspace.rules().absences[0].label == "formation"


def test_the_rule_that_someone_else_changed_is_neither_overwritten_nor_mistaken_for_another(
    app: FastAPI, desk: Desk
) -> None:
    one, other = enter(app), enter(app, "practitioner")
    base = opened(other, "/regles/absences/0")
    one.post("/regles/absences/0", data={**WEDNESDAY, "label": "congé", "apply": "1"})
    standing = text(desk)
    late = other.post("/regles/absences/0", data={**WEDNESDAY, "label": "autre", "base": base, "apply": "1"})
    assert late.status_code == 409
    assert "Rien n&#39;a été écrasé" in late.text
    assert 'value="autre"' in late.text
    assert 'action="/regles/absences/nouveau"' in late.text
    gone = other.post("/regles/absences/0/retirer", data={"base": base, "apply": "1"})
    assert gone.status_code == 303
    assert text(desk) == standing


def test_who_comes_second_sees_what_stands_now_beside_each_field(app: FastAPI, desk: Desk) -> None:
    one, other = enter(app), enter(app, "administrator")
    base = opened(other, "/regles/outside_hours")
    one.post("/regles/outside_hours", data={"action": "message", "message": "Fermé, désolé.", "apply": "1"})
    late = other.post("/regles/outside_hours", data={"action": "book", "message": "Revenez demain.", "base": base})
    assert late.status_code == 409
    assert "Maintenant dans le fichier : <strong>Fermé, désolé.</strong>" in late.text
    assert "Maintenant dans le fichier : <strong>dit le message et le note</strong>" in late.text
    assert ">Revenez demain.</textarea>" in late.text
    assert desk.workspace.rules().outside_hours.message == "Fermé, désolé."


def test_an_edit_by_hand_meanwhile_is_noticed_kept_and_not_overwritten(app: FastAPI, desk: Desk) -> None:
    client = enter(app)
    base = opened(client, "/regles/motives/frottis")
    before = text(desk)
    file_of(desk).write_text(
        before.replace("duration_minutes = 20\ngrid", "duration_minutes = 40\ngrid", 1) + "# main\n"
    )
    late = client.post("/regles/motives/frottis", data={"label": "un frottis", "duration_minutes": "25", "base": base})
    assert late.status_code == 409
    assert "Maintenant dans le fichier : <strong>40</strong>" in late.text
    assert text(desk).endswith("# main\n")
    assert "Fichier modifié à la main" in client.get("/regles/versions").text


def test_an_edit_by_hand_holds_as_soon_as_the_rules_are_looked_at(app: FastAPI, desk: Desk) -> None:
    file_of(desk).write_text(text(desk).replace('mode = "normal"', 'mode = "consultation"'))
    assert "en consultation" in enter(app).get("/regles").text


def test_a_file_that_is_no_longer_of_the_right_shape_is_said_and_breaks_no_page(app: FastAPI, desk: Desk) -> None:
    client, whole = enter(app, "administrator"), text(desk)
    for wrong in ('absences = "x"\n' + whole.replace("[[absences]]", "[[autres]]"), "motives = 3\n", "[practice\n"):
        file_of(desk).write_text(wrong)
        for path in ("/regles", "/regles/absences", "/regles/motives/frottis", "/regles/sip", "/regles/versions",
                     "/regles/simulateur?texte=frottis+mardi"):  # fmt: skip
            assert client.get(path).status_code in (200, 404, 409), (wrong[:20], path)
        assert client.post("/regles/absences/nouveau", data={**ABSENCE, "apply": "1"}).status_code in (409, 422)
        assert text(desk) == wrong
    assert desk.workspace.rules().absences
