"""Every rule that the file may hold has a field, and what is wrong is said beside it in the words of the page."""

from __future__ import annotations

import html
import re
import tomllib
from pathlib import Path

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from tests.desk.conftest import enter
from tests.desk.test_rules_page import text, workspace  # noqa: F401
from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.desk import forms, rhythm
from voicebot.desk.context import Desk
from voicebot.practice import load_practice
from voicebot.practice.reading import DAYS, Table

ACCOUNT = {
    "bind": "127.0.0.1",
    "port": "5060",
    "allow": "127.0.0.0/8, ::1/128",
    "registration.registrar": "sip.operateur.example",
    "registration.username": "tilleuls",
    "registration.password_file": "/etc/voicebot/sip-password",
    "registration.transport": "TLS",
}


def said(page: str, key: str) -> str:
    """What a form says beside a field."""
    found = re.search(rf'<p id="d-{re.escape(key)}" class="error">([^<]*)', page)
    return html.unescape(found[1]) if found else ""


def test_every_word_that_the_file_may_hold_has_its_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known: set[tuple[str, str]] = set()
    finish = Table.finish

    def remember(table: Table) -> None:
        names = [part for part in table.path if isinstance(part, str)]
        # Named tables and lists: which one it is does not matter.
        rubric = forms.rubrics().get(names[0]) if names else None
        inside = names[1:] if rubric is not None and rubric.shape == "one" else []
        if rubric is not None and rubric.shape != "texts":
            known.update((names[0], ".".join([*inside, key])) for key in table._read)
        finish(table)

    monkeypatch.setattr(Table, "finish", remember)
    sample = (SAMPLE_PRACTICE / "practice.toml").read_text(encoding="utf-8")
    live = re.sub(r"^# ?(\[|[a-z_]+ = )", r"\1", sample, flags=re.MULTILINE)
    (tmp_path / "practice.toml").write_text(live + '\n[resources.salle]\nname = "la salle"\n', encoding="utf-8")
    load_practice(tmp_path)
    fields = {(rubric.name, spec.key) for rubric in forms.rubrics().values() for spec in rubric.fields}
    tables = {
        (rubric.name, spec.key.partition(".")[0]) for rubric in forms.rubrics().values() for spec in rubric.fields
    }
    assert known - fields - tables == set()
    # And every table: those of texts, of the words that mean them, and no other.
    shown = {name for rubric in forms.rubrics().values() for name in (rubric.name, rubric.words)} - {""}
    assert set(tomllib.loads(live)) | {"resources"} == shown


@given(
    st.sampled_from([code for code in rhythm.RHYTHMS if code not in ("", rhythm.RULE)]), st.sets(st.sampled_from(DAYS))
)
def test_a_rhythm_is_read_as_it_was_written(code: str, days: set[str]) -> None:
    if days:
        assert rhythm.read(rhythm.write(code, sorted(days))) == (code, [day for day in DAYS if day in days])


def test_every_second_week_is_chosen_and_not_spelled(app: FastAPI, desk: Desk) -> None:
    client = enter(app)
    opening = {"practitioners": "benali", "days": ["samedi"], "hours": "14:00-16:00", "rhythm": "2"}
    late = client.post("/regles/openings/nouveau", data=opening)
    assert late.status_code == 422
    assert said(late.text, "valid_from").startswith("Donnez cette date")
    shown = client.post("/regles/openings/nouveau", data={**opening, "valid_from": "2026-11-28"}).text
    assert re.findall(r"(Samedi \d+ \w+)</span>", shown)[:3] == [
        "Samedi 28 novembre",
        "Samedi 12 décembre",
        "Samedi 26 décembre",
    ]
    client.post("/regles/openings/nouveau", data={**opening, "valid_from": "2026-11-28", "apply": "1"})
    assert 'rrule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=SA"' in text(desk)
    assert 'public_holidays = "closed"' not in text(desk)
    form = client.get("/regles/openings/2").text
    assert '<option value="2" selected>Une semaine sur deux' in form
    assert re.search(r'value="samedi" checked', form)
    every = {**opening, "rhythm": "", "valid_from": "2026-11-28", "apply": "1"}
    client.post("/regles/openings/2", data=every)
    assert "rrule" not in text(desk).split("[[openings]]")[3].split("[[")[0]


def test_a_rule_that_no_choice_can_say_is_kept_as_it_is_written(app: FastAPI, desk: Desk) -> None:
    client = enter(app)
    rule = {"rhythm": "rule", "rrule": "FREQ=MONTHLY;BYMONTHDAY=15", "hours": "18:30-19:30", "valid_from": "2026-11-15"}
    client.post("/regles/openings/nouveau", data={**rule, "apply": "1"})
    assert desk.workspace.rules().openings[-1].rrule == "FREQ=MONTHLY;BYMONTHDAY=15"
    form = client.get("/regles/openings/2").text
    assert '<option value="rule" selected>' in form
    assert 'value="FREQ=MONTHLY;BYMONTHDAY=15"' in form
    wrong = client.post("/regles/openings/2", data={**rule, "rrule": "tous les quinze"}).text
    assert "n'est pas lisible" in said(wrong, "rrule")


def test_a_room_is_made_and_asked_for_by_a_motive(app: FastAPI, desk: Desk) -> None:
    client = enter(app)
    room = {"id": "salle-1", "name": "la salle 1", "kind": "salle", "apply": "1"}
    assert client.post("/regles/resources/nouveau", data=room).status_code == 303
    form = client.get("/regles/motives/frottis").text
    assert "une sorte : salle" in form
    table = forms.shown(forms.rubrics()["motives"], tomllib.loads(text(desk))["motives"]["frottis"])
    data = {key: value for key, value in table.items() if value} | {"needs": ["salle"], "apply": "1"}
    assert client.post("/regles/motives/frottis", data=data).status_code == 303
    assert desk.workspace.rules().motives["frottis"].needs == (("salle-1",),)
    refused = client.post("/regles/resources/salle-1/retirer", data={"apply": "1"})
    assert refused.status_code == 422
    assert 'href="/regles/motives/frottis"' in refused.text


def test_the_line_is_registered_and_given_up_without_a_password_ever_shown(app: FastAPI, desk: Desk) -> None:
    client = enter(app, "administrator")
    secret = "tr3s-secret"
    typed = client.post("/regles/sip", data={**ACCOUNT, "registration.password_file": secret})
    assert typed.status_code == 422
    assert secret not in typed.text
    assert "jamais le mot de passe" in said(typed.text, "registration.password_file")
    shown = client.post("/regles/sip", data=ACCOUNT).text
    assert "Ce changement ne touche à aucun créneau" in shown
    assert "Vaut au prochain démarrage du service" in shown
    assert "Le fichier du mot de passe n&#39;existe pas" in shown
    authority = {"registration.transport": "TLS", "registration.ca_file": "/absent.pem"}
    assert "Le fichier de l&#39;autorité n&#39;existe pas" in client.post("/regles/sip", data=ACCOUNT | authority).text
    client.post("/regles/sip", data={**ACCOUNT, "apply": "1"})
    account = desk.workspace.rules().sip.registration
    assert account is not None
    assert account.username == "tilleuls"
    assert 'value="sip.operateur.example"' in client.get("/regles/sip").text
    given_up = {key: ACCOUNT[key] for key in ("bind", "port", "allow")}
    given_up |= {"registration.transport": "UDP", "apply": "1"}
    client.post("/regles/sip", data=given_up)
    assert desk.workspace.rules().sip.registration is None
    assert "[sip.registration]\n" not in text(desk).replace("# [sip.registration]", "")


def test_a_wrong_network_and_a_foreign_address_are_said(app: FastAPI) -> None:
    client = enter(app, "administrator")
    wrong = client.post("/regles/sip", data={"allow": "192.168.1.0/99, bonjour", "port": "abc"}).text
    assert "192.168.1.0/99" in said(wrong, "allow")
    assert "nombre entier" in said(wrong, "port")
    far = client.post("/regles/sip", data={"bind": "192.0.2.7", "allow": "0.0.0.0/0"}).text
    assert "Cette machine n&#39;a pas l&#39;adresse 192.0.2.7" in far
    assert "laisse appeler n&#39;importe qui" in far


def test_what_a_shorter_retention_erases_is_said_before(app: FastAPI) -> None:
    client = enter(app, "administrator")
    shown = client.post("/regles/retention", data={"transcript_days": "7"}).text
    assert "ce qui a plus de 7 jours (texte des appels)" in shown
    assert client.post("/regles/retention", data={"transcript_days": "-1"}).status_code == 422


def test_an_answer_goes_with_the_words_that_mean_it(app: FastAPI, desk: Desk) -> None:
    client = enter(app)
    assert 'value="wi-fi, internet, connexion"' in client.get("/regles/answers/wifi").text
    client.post(
        "/regles/answers/wifi", data={"text": "Demandez-le à l'accueil.", "words": "wi-fi, réseau", "apply": "1"}
    )
    assert desk.workspace.rules().answer_words["wifi"] == ("wi-fi", "réseau")
    client.post("/regles/answers/wifi/retirer", data={"apply": "1"})
    assert "wifi" not in desk.workspace.rules().answers
    assert desk.workspace.rules().answer_words == {}


def test_a_new_rule_takes_no_name_that_is_taken_or_cannot_serve(app: FastAPI, desk: Desk) -> None:
    before, client = text(desk), enter(app)
    for name, id in (("motives", "consultation"), ("motives", ""), ("answers", "nouveau"), ("answers", "a/b")):
        data = {"id": id, "label": "un autre", "duration_minutes": "10", "text": "x", "apply": "1"}
        answer = client.post(f"/regles/{name}/nouveau", data=data)
        assert answer.status_code == 422, id
        assert said(answer.text, "id"), id
        assert text(desk) == before


WRONG: tuple[tuple[str, dict[str, str], str, str], ...] = (
    ("exceptions/nouveau", {"date": "2026-12-24"}, "closed", "Cochez « Fermé toute la journée »"),
    ("exceptions/nouveau", {"date": "demain", "closed": "true"}, "date", "2026-12-24"),
    ("exceptions/nouveau", {"date": "2026-12-24", "from": "2026-12-23", "closed": "true"}, "from", "videz-le"),
    ("exceptions/nouveau", {"date": "9999-12-31", "closed": "true"}, "date", "2026-12-24"),
    ("absences/nouveau", {"who": "benali", "from": "0001-01-01", "to": "9999-12-31"}, "to", "2026-12-24"),
    ("absences/nouveau", {"who": "benali"}, "from", "Donnez un début et une fin"),
    ("absences/nouveau", {"who": "benali", "from": "2026-12-24"}, "to", "Remplissez ce champ"),
    ("absences/nouveau", {"who": "benali", "from": "2026-12-24", "to": "2026-12-23"}, "to", "avant le début"),
    ("absences/nouveau", {"from": "2026-12-24", "to": "2026-12-24"}, "who", "Remplissez ce champ"),
    ("openings/nouveau", {"hours": "8h-12h", "days": "lundi"}, "hours", "écrivez par exemple 08:30-12:30"),
    ("openings/nouveau", {"hours": "08:00-12:00"}, "days", "Cochez au moins un jour"),
    ("substitutions/nouveau", {"practitioner": "benali", "substitute": "benali", "from": "2026-12-01",
                                   "to": "2026-12-02"}, "substitute", "ne se remplace pas lui-même"),
    ("motives/renouvellement", {"label": "x", "duration_minutes": "15", "own_doctor": "true"}, "patients",
         "Connus seulement"),
    ("motives/frottis", {"label": "", "duration_minutes": "vingt"}, "duration_minutes", "nombre entier"),
    ("practice", {"name": "", "phone": "12"}, "phone", "+33465710010"),
    ("outside_hours", {"action": "message", "message": ""}, "message", "écrivez ce que"),
)  # fmt: skip
"""Forms that are wrong: the page, what is typed, the field that says it, and a part of what it says."""


def test_what_is_wrong_is_said_beside_its_field_without_the_words_of_the_file(app: FastAPI) -> None:
    client = enter(app)
    for path, data, key, words in WRONG:
        answer = client.post(f"/regles/{path}", data=data)
        assert answer.status_code == 422, (path, data)
        found = said(answer.text, key)
        assert words.casefold() in found.casefold(), (path, data)
        assert not re.search(r"«? ?(\[|\w+_\w+|\w+ = )", found), found


def test_a_closing_beyond_four_weeks_shows_its_slots_and_one_beyond_the_horizon_says_so(app: FastAPI) -> None:
    client = enter(app)
    christmas = client.post("/regles/exceptions/nouveau", data={"date": "2026-12-24", "closed": "true"}).text
    assert "Jeudi 24 décembre" in christmas
    assert re.search(r"− \d+", christmas)
    summer = client.post("/regles/exceptions/nouveau", data={"date": "2027-07-15", "closed": "true"}).text
    assert "Aucun créneau ne change d'ici au dimanche 21 février" in html.unescape(summer)


def test_back_to_the_form_loses_nothing_that_was_typed(app: FastAPI) -> None:
    form = enter(app).post("/regles/exceptions/nouveau", data={"date": "2026-12-24", "label": "Noël", "back": "1"}).text
    assert 'value="Noël"' in form
    assert 'value="2026-12-24"' in form
