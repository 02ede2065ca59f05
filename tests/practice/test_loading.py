"""Every error of a practice's file is found at once, with its line and its mend."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from tests.agenda.helpers import HEAD, MOTIVES, OPENINGS
from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.practice import PracticeError, load_practice
from voicebot.practice.calendars import MISTAKES, PUBLIC_ZONES, public_holidays

GOOD = HEAD + MOTIVES + OPENINGS


def problems(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "practice.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PracticeError) as caught:
        load_practice(tmp_path)
    return str(caught.value).replace(str(tmp_path) + "/", "").splitlines()


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def test_all_errors_are_named_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        GOOD.replace("notice_minutes = 60", 'notice_minutes = "une heure"')
        .replace("duration_minutes = 20", "duration_minutes = 17")
        .replace('"lundi", ', '"lundy", ')
        .replace("08:30-12:30", "08:30-12:3")
    )
    found = problems(tmp_path, text)
    assert [line.split(": ", 2)[:2] for line in found] == [
        [f"practice.toml:{line_of(text, 'une heure')}", "practice.notice_minutes"],
        [f"practice.toml:{line_of(text, '= 17')}", "motives.suivi.duration_minutes"],
        [f"practice.toml:{line_of(text, 'lundy')}", "openings[1].days[1]"],
        [f"practice.toml:{line_of(text, '12:3')}", "openings[1].hours[1]"],
    ]
    assert "écrivez 15 ou 20" in found[1]
    assert "vouliez-vous écrire « lundi »" in found[2]


def test_an_error_inside_a_list_names_the_line_of_the_item(tmp_path: Path) -> None:
    text = GOOD.replace('hours = ["08:30-12:30", "14:00-18:30"]', 'hours = [\n  "08:30-12:30",\n  "12:00-18:30",\n]')
    [found] = problems(tmp_path, text)
    assert found.startswith(f"practice.toml:{line_of(text, '12:00-18:30')}: openings[1].hours[2]: ")
    assert "chevauche" in found


WEEK = 'days = ["lundi", "mardi", "mercredi", "jeudi", "vendredi"]'


def recurring(rule: str) -> str:
    return f'rrule = "{rule}"\nvalid_from = 2026-01-05'


CASES = {
    "an unknown key": ("notice_minutes = 60", "notise_minutes = 60", "notice_minutes"),
    "an unknown practitioner": (OPENINGS, OPENINGS + 'practitioners = ["lefebvre"]\n', "lefevre"),
    "a wrong zone": ("[sites", 'timezone = "Europe/Pariss"\n[sites', "Europe/Paris"),
    "an unknown motive in an opening": (OPENINGS, OPENINGS + 'motives = ["consult"]\n', "consultation"),
    "a site that is missing": ("[sites.centre]", '[sites.autre]\nname = "a"\naddress = "b"\n[sites.centre]', "site ="),
    "days and rrule": (OPENINGS, OPENINGS + 'rrule = "FREQ=DAILY"\nvalid_from = 2026-01-05\n', "gardez"),
    "an rrule without a start": (
        'days = ["lundi", "mardi", "mercredi", "jeudi", "vendredi"]',
        'rrule = "FREQ=DAILY"',
        "valid_from",
    ),
    "an rrule that is none": (
        'days = ["lundi", "mardi", "mercredi", "jeudi", "vendredi"]',
        'rrule = "FREQ=SOMETIMES"\nvalid_from = 2026-01-05',
        "FREQ=WEEKLY",
    ),
    "an rrule that would be followed without end": (WEEK, recurring("FREQ=WEEKLY;INTERVAL=0"), "FREQ=WEEKLY"),
    "an rrule of a day that no month has": (WEEK, recurring("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "n'a ce jour"),
    "an rrule with a start of its own": (WEEK, recurring("DTSTART:20260101\\nRRULE:FREQ=WEEKLY"), "FREQ=WEEKLY"),
    "an opening without an hour": ('hours = ["08:30-12:30", "14:00-18:30"]', "hours = []", "la liste est vide"),
    "an absence of nobody": (
        OPENINGS,
        OPENINGS + "[[absences]]\nwho = []\nfrom = 2027-01-01\nto = 2027-01-02\n",
        "vide",
    ),
    "a reception without hours": (OPENINGS, OPENINGS + '[[reception]]\ndays = ["lundi"]\n', "hours ="),
    "a key that is written twice": ("notice_minutes = 60", "notice_minutes = 60\nnotice_minutes = 30", "gardez qu'un"),
    "a table that is written twice": (OPENINGS, OPENINGS + "[sites.centre]\n", "gardez qu'un"),
    "a byte order mark": (HEAD, "\ufeff" + HEAD, "sans BOM"),
    "an end before the start": (OPENINGS, OPENINGS + "valid_from = 2026-12-01\nvalid_to = 2026-11-01\n", "échangez"),
    "a date with quotes": (OPENINGS, OPENINGS + 'valid_from = "2026-12-01"\n', "sans guillemets"),
    "own doctor for new patients": ('patients = "known"', 'patients = "all"', "known"),
    "ages the wrong way": (MOTIVES, MOTIVES + "min_age = 18\nmax_age = 6\n", "corrigez"),
    "needs that are one": ('needs = ["salle", "echographe"]', 'needs = ["salle", "salle-1"]', "gardez-en un"),
    "a phone number that is none": ('"+33465710010"', '"12"', "+33465710010"),
    "a password in the file": ("[sites", '[sip]\npassword = "x"\n[sites', "password_file"),
    "an authority without TLS": (
        OPENINGS,
        OPENINGS + '[sip.registration]\nregistrar = "r"\nusername = "u"\npassword_file = "p"\nca_file = "ca.pem"\n',
        'transport = "TLS"',
    ),
    "a transport that SIP has not": (
        OPENINGS,
        OPENINGS + '[sip.registration]\nregistrar = "r"\nusername = "u"\npassword_file = "p"\ntransport = "tls"\n',
        "UDP, TCP, TLS",
    ),
    "a transfer without a number": (OPENINGS, OPENINGS + '[outside_hours]\naction = "transfer"\n', "on_call"),
    "closed and hours": (OPENINGS, OPENINGS + "[[exceptions]]\ndate = 2026-12-24\n", "closed = true"),
    "an absence of neither form": (OPENINGS, OPENINGS + '[[absences]]\nwho = ["lefevre"]\n', "gardez"),
    "a moment in the gap of summer time": (
        OPENINGS,
        OPENINGS + '[[absences]]\nwho = ["lefevre"]\nfrom = 2027-03-28T02:30:00\nto = 2027-03-29\n',
        "n'existe pas",
    ),
    "someone who replaces himself": (
        OPENINGS,
        OPENINGS
        + '[[substitutions]]\npractitioner = "benali"\nsubstitute = "benali"\nfrom = 2027-01-01\nto = 2027-01-02\n',
        "quelqu'un d'autre",
    ),
    "a network that is none": (OPENINGS, OPENINGS + '[sip]\nallow = ["192.168.1"]\n', "192.168.1.0/24"),
    "SRTP that is neither wanted nor not": (OPENINGS, OPENINGS + '[sip]\nsrtp = "oui"\n', "if-offered"),
    "a table written as a value": ("[resources.salle-1]", "[resources]\nx = 1\n[resources.salle-1]", "resources.x"),
    "a boolean in quotes": ("own_doctor = true", 'own_doctor = "oui"', "sans guillemets"),
    "no name": ('name = "Cabinet d\'essai"\n', "", "name ="),
    "a short name that is none": ("[motives.suivi]", '[motives."Suivi long"]', "prise-de-sang"),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_each_error_names_its_mend(tmp_path: Path, case: str) -> None:
    before, after, mend = CASES[case]
    assert before in GOOD
    text = GOOD.replace(before, after)
    found = problems(tmp_path, text)
    assert any(mend in line for line in found), found
    of_the_whole_file = "twice" in case or "byte order" in case
    key = "" if of_the_whole_file else r".+?: "
    assert all(re.match(rf"practice\.toml:\d+: {key}\S", line) for line in found)


def test_syntax_errors_name_the_line(tmp_path: Path) -> None:
    text = GOOD.replace('name = "Centre"', 'name = "Centre')
    [found] = problems(tmp_path, text)
    assert found.startswith(f"practice.toml:{line_of(text, 'Centre')}: ")


def test_a_missing_file_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(PracticeError, match="n'existe pas"):
        load_practice(tmp_path)


def test_an_empty_file_says_what_is_needed(tmp_path: Path) -> None:
    found = "\n".join(problems(tmp_path, ""))
    for needed in ("[practice]", "[sites.", "[practitioners.", "[motives.", "[[openings]]"):
        assert needed in found


@pytest.mark.parametrize("wrong", ["67", "57", "GES", "Alsace", "Bas-Rhin"])
def test_zones_that_the_library_gets_wrong_are_refused_with_the_right_name(tmp_path: Path, wrong: str) -> None:
    [found] = problems(tmp_path, GOOD.replace("[sites", f'holiday_zone = "{wrong}"\n[sites'))
    assert "« alsace-moselle »" in found


def test_a_region_of_two_laws_is_told_both_names(tmp_path: Path) -> None:
    [found] = problems(tmp_path, GOOD.replace("[sites", 'holiday_zone = "Grand Est"\n[sites'))
    assert "« alsace-moselle » en Alsace et en Moselle, « metropole » ailleurs" in found


def test_every_named_zone_has_its_holidays() -> None:
    assert len(public_holidays("metropole", 2026)) == 11
    assert len(public_holidays("alsace-moselle", 2026)) == 13
    assert {date(2026, 4, 3), date(2026, 12, 26)} <= set(public_holidays("alsace-moselle", 2026))
    for zone in PUBLIC_ZONES:
        assert len(public_holidays(zone, 2026)) >= 11
    assert set(MISTAKES.values()) <= set(PUBLIC_ZONES)


class TestTheSamplePractice:
    def test_it_is_what_the_interfaces_lay_down(self) -> None:
        practice = load_practice(SAMPLE_PRACTICE)
        durations = {id: (m.duration, m.new_duration) for id, m in practice.motives.items()}
        assert durations == {
            "consultation": (15, 30),
            "vaccination": (10, 10),
            "frottis": (20, 20),
            "certificat": (20, 20),
            "renouvellement": (15, 15),
        }
        who = {id: set(m.practitioners) for id, m in practice.motives.items()}
        assert who["consultation"] == who["certificat"] == who["renouvellement"] == {"lefevre", "benali"}
        assert (who["vaccination"], who["frottis"]) == ({"moreau"}, {"moreau", "benali"})
        assert {id for id, m in practice.motives.items() if m.patients == "known"} == {"certificat", "renouvellement"}
        assert {id for id, m in practice.motives.items() if m.own_doctor} == {"renouvellement"}
        assert {(m.notice, m.horizon_days) for m in practice.motives.values()} == {(60, 90)}
        assert str(practice.zone) == "Europe/Paris"

    def test_it_has_no_warnings_and_answers_loopback_only(self) -> None:
        practice = load_practice(SAMPLE_PRACTICE)
        assert practice.warnings == ()
        assert practice.sip.bind == "127.0.0.1"
        assert all(network.is_loopback for network in practice.sip.allow)
