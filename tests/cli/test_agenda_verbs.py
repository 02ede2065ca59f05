"""The verbs of the agenda, as a person or a script uses them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.verbs import Result
from voicebot.__main__ import main
from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.vault.key import make_key

NOW = "2026-11-23T08:00"
"""A Monday morning."""

ROUSSEL = ["--birth-name", "Roussel", "--first-name", "Camille", "--birth-date", "1990-04-17"]


Voicebot = Callable[..., Result]


@pytest.fixture
def voicebot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Voicebot:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("VOICEBOT_PRACTICE", "VOICEBOT_DATA", "VOICEBOT_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str, json: bool = True, now: str | None = NOW) -> Result:
        common = ["--data", str(tmp_path / "data"), *(["--now", now] if now else []), *(["--json"] if json else [])]
        capsys.readouterr()
        try:
            status = main([*words, *common])
        except SystemExit as error:
            status = int(error.code or 0)
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return run


def book(voicebot: Voicebot, at: str = "2026-11-24T09:00", *more: str) -> dict[str, Any]:
    result = voicebot("appointments", "book", "--motive", "consultation", "--at", at, *(more or ROUSSEL))
    assert result.status == 0, result.err
    return result.lines[0]


class TestSlots:
    def test_they_are_what_the_sample_practice_opens(self, voicebot: Voicebot) -> None:
        slots = voicebot("slots", "--motive", "consultation").lines
        assert slots[0] == {
            "start": "2026-11-23T09:00",
            "end": "2026-11-23T09:30",
            "practitioner": "lefevre",
            "motive": "consultation",
            "site": "tilleuls",
        }
        starts = [datetime.fromisoformat(slot["start"]) for slot in slots]
        assert starts == sorted(starts)
        assert max(starts) <= datetime(2026, 11, 23, 8, 0) + timedelta(days=90)
        by = {
            who: {s for s, slot in zip(starts, slots, strict=True) if slot["practitioner"] == who}
            for who in ("lefevre", "benali")
        }
        assert not any(s.weekday() == 2 and s.hour >= 13 for s in by["lefevre"]), "absent on Wednesday afternoons"
        assert any(s.weekday() == 2 and s.hour >= 13 for s in by["benali"])
        saturdays = {s for s in starts if s.weekday() == 5}
        assert saturdays <= by["benali"]
        assert {s.hour for s in saturdays} == {9, 10, 11}
        assert not any(s.date().isoformat() in ("2026-12-25", "2027-01-01") for s in starts), "public holidays"
        assert all(s.weekday() != 6 for s in starts)

    def test_from_is_included_and_to_is_not(self, voicebot: Voicebot) -> None:
        bounds = ("--from", "2026-11-24T09:00", "--to", "2026-11-24T09:30", "--practitioner", "benali")
        found = voicebot("slots", "--motive", "consultation", "--patient", "known", *bounds).lines
        assert [slot["start"] for slot in found] == ["2026-11-24T09:00", "2026-11-24T09:15"]

    def test_none_is_a_negative_answer(self, voicebot: Voicebot) -> None:
        result = voicebot("slots", "--motive", "consultation", "--from", "2026-11-22", "--to", "2026-11-23")
        assert (result.status, result.out) == (1, "")

    def test_a_motive_for_known_patients_is_refused_to_a_new_one(self, voicebot: Voicebot) -> None:
        result = voicebot("slots", "--motive", "certificat")
        assert (result.status, result.out) == (1, "")
        assert "motives.certificat" in result.err
        assert voicebot("slots", "--motive", "certificat", "--patient", "known").lines

    @pytest.mark.parametrize(
        "words", [[], ["--motive", "consultation", "--from", "demain"], ["--motive", "x", "--patient", "y"]]
    )
    def test_wrong_use_exits_with_2(self, voicebot: Voicebot, words: list[str]) -> None:
        assert voicebot("slots", *words).status == 2


class TestExplain:
    @pytest.mark.parametrize(
        ("words", "reason", "rule", "following"),
        [
            (["2026-11-25T15:00", "--practitioner", "lefevre"], "absent", "[[absences]]", "2026-11-26T08:30"),
            (["2026-12-25T10:00"], "férié", "holiday_zone", "2026-12-26T09:00"),
            (["2026-11-24T13:00"], "horaires", "[[openings]]", "2026-11-24T14:00"),
            (["2026-11-24T09:05"], "15 minutes", "[motives.consultation]", "2026-11-24T09:15"),
            (["2026-11-24T12:15"], "finirait après", "[motives.consultation]", "2026-11-24T14:00"),
            (["2026-11-23T08:30"], "délai", "[motives.consultation]", "2026-11-23T09:00"),
            (["2027-05-04T09:00"], "90 jours", "[motives.consultation]", "2027-02-20T11:30"),
        ],
    )
    def test_a_no_names_the_rule_its_line_and_the_nearest_yes(
        self, voicebot: Voicebot, words: list[str], reason: str, rule: str, following: str
    ) -> None:
        result = voicebot("explain", "--motive", "consultation", "--at", *words)
        [answer] = result.lines
        assert (result.status, answer["bookable"], answer["next"]) == (1, False, following)
        assert reason in answer["reason"]
        assert Path(answer["file"]).name == "practice.toml"
        line = Path(answer["file"]).read_text(encoding="utf-8").splitlines()[answer["line"] - 1]
        assert rule in line

    def test_a_yes(self, voicebot: Voicebot) -> None:
        result = voicebot("explain", "--motive", "consultation", "--at", "2026-11-24T09:00")
        assert result.status == 0
        assert result.lines[0]["bookable"] is True
        assert result.lines[0]["next"] == "2026-11-24T09:00"

    def test_it_agrees_with_slots(self, voicebot: Voicebot) -> None:
        for slot in voicebot("slots", "--motive", "frottis", "--to", "2026-11-23T10:00").lines:
            at = ("--at", slot["start"], "--practitioner", slot["practitioner"])
            assert voicebot("explain", "--motive", "frottis", *at).status == 0

    def test_what_is_taken_is_explained(self, voicebot: Voicebot) -> None:
        book(voicebot)
        at = ("--at", "2026-11-24T09:00", "--patient", "known")
        assert voicebot("explain", "--motive", "consultation", *at, "--practitioner", "lefevre").status == 1
        assert voicebot("explain", "--motive", "consultation", *at).status == 0, "the other doctor is free"

    @pytest.mark.parametrize("at", ["0001-01-01T00:00", "9999-12-31T23:59"])
    def test_a_year_that_no_agenda_has_is_wrong_use(self, voicebot: Voicebot, at: str) -> None:
        for words in (("explain", "--at"), ("slots", "--from"), ("slots", "--to")):
            result = voicebot(words[0], "--motive", "consultation", words[1], at)
            assert (result.status, "of no year" in result.err) == (2, True)

    def test_words_for_a_person(self, voicebot: Voicebot) -> None:
        result = voicebot("explain", "--motive", "massage", "--at", "2026-11-24T09:00", json=False)
        assert result.status == 1
        assert "ce motif n'existe pas" in result.out


class TestAppointments:
    def test_a_booking_is_listed_as_the_interfaces_say(self, voicebot: Voicebot) -> None:
        assert voicebot("appointments").lines == []
        row = book(voicebot)
        assert {key: row[key] for key in ("status", "start", "end", "motive", "practitioner", "source")} == {
            "status": "booked",
            "start": "2026-11-24T09:00",
            "end": "2026-11-24T09:15",
            "motive": "consultation",
            "practitioner": "lefevre",
            "source": "terminal",
        }
        assert row["patient"] == {
            "birth_name": "Roussel",
            "first_name": "Camille",
            "birth_date": "1990-04-17",
            "phone": "+33639980101",
            "status": "validee",
        }
        assert voicebot("appointments").lines == [row]
        assert voicebot("appointments", now="2026-11-24T10:00").lines == []
        assert voicebot("appointments", "--all", now="2026-11-24T10:00").lines == [row]

    def test_a_move_stays_with_the_same_practitioner(self, voicebot: Voicebot) -> None:
        row = book(voicebot, "2026-11-24T09:00", *ROUSSEL, "--practitioner", "benali")
        [moved] = voicebot("appointments", "move", row["id"], "--at", "2026-11-24T10:00").lines
        assert moved["practitioner"] == "benali"

    @pytest.mark.parametrize(
        ("option", "value", "word"),
        [("--birth-name", " ", "birth_name"), ("--birth-date", "2070-01-01", "birth_date")],
    )
    def test_nobody_without_a_name_or_from_the_future_is_added(
        self, voicebot: Voicebot, option: str, value: str, word: str
    ) -> None:
        who = {"--birth-name": "Durand", "--first-name": "Paul", "--birth-date": "1962-08-04", option: value}
        words = [part for pair in who.items() for part in pair]
        result = voicebot("appointments", "book", "--motive", "consultation", "--at", "2026-11-24T09:00", *words)
        assert (result.status, word in result.err) == (1, True)

    def test_move_and_cancel(self, voicebot: Voicebot) -> None:
        row = book(voicebot)
        [moved] = voicebot("appointments", "move", row["id"], "--at", "2026-11-24T10:00").lines
        assert voicebot("appointments").lines == [moved]
        [gone] = voicebot("appointments", "cancel", moved["id"]).lines
        assert gone["status"] == "cancelled"
        assert voicebot("appointments").lines == []
        assert [line["status"] for line in voicebot("appointments", "--all").lines] == ["moved", "cancelled"]
        again = voicebot("appointments", "cancel", moved["id"])
        assert (again.status, again.out) == (1, "")

    def test_a_patient_whom_nobody_knows_is_added_as_provisional_with_a_longer_appointment(
        self, voicebot: Voicebot
    ) -> None:
        who = [
            "--birth-name",
            "Nouveau",
            "--first-name",
            "Ali",
            "--birth-date",
            "2000-01-01",
            "--phone",
            "+33639980120",
        ]
        row = book(voicebot, "2026-11-24T09:00", *who)
        assert (row["end"], row["patient"]["status"]) == ("2026-11-24T09:30", "provisoire")
        assert voicebot("patient", "find", "nouveau").lines[0]["known"] is False

    def test_homonyms_are_asked_about(self, voicebot: Voicebot) -> None:
        laurent = ["--birth-name", "Laurent", "--first-name", "Jeanne", "--birth-date", "1978-03-12"]
        at = ("--motive", "consultation", "--at", "2026-11-24T09:00")
        refused = voicebot("appointments", "book", *at, *laurent)
        assert refused.status == 1
        ids = [line["id"] for line in voicebot("patient", "find", "laurent").lines]
        assert len(ids) == 2
        assert all(id in refused.err for id in ids)
        assert voicebot("appointments", "book", *at, "--patient-id", ids[1]).status == 0

    def test_a_refusal_names_the_rule(self, voicebot: Voicebot) -> None:
        at = ("--motive", "renouvellement", "--at", "2026-11-24T09:00", "--practitioner", "benali")
        result = voicebot("appointments", "book", *at, *ROUSSEL)
        assert result.status == 1
        assert "médecin habituel" in result.err
        assert "practice.toml:" in result.err

    def test_overbooking_is_deliberate(self, voicebot: Voicebot) -> None:
        book(voicebot)
        vasseur = ["--birth-name", "Vasseur", "--first-name", "Antoine", "--birth-date", "1958-11-02"]
        at = ("--motive", "consultation", "--at", "2026-11-24T09:00", "--practitioner", "lefevre")
        assert voicebot("appointments", "book", *at, *vasseur).status == 1
        assert voicebot("appointments", "book", *at, *vasseur, "--overbook", "urgence").status == 0

    def test_a_repeated_command_with_one_key_books_once(self, voicebot: Voicebot) -> None:
        key = ["--idempotency-key", "k1"]
        assert book(voicebot, "2026-11-24T09:00", *ROUSSEL, *key) == book(voicebot, "2026-11-24T09:00", *ROUSSEL, *key)

    def test_done_and_missed_are_marked_after_the_start(self, voicebot: Voicebot) -> None:
        row = book(voicebot)
        assert voicebot("appointments", "noshow", row["id"]).status == 1
        later = voicebot("appointments", "noshow", row["id"], now="2026-11-24T09:20")
        assert later.lines[0]["status"] == "noshow"

    @pytest.mark.parametrize(
        ("words", "missing"),
        [
            (["book"], "--at, --motive, --birth-name, --first-name, --birth-date"),
            (["book", "--motive", "consultation", "--at", "2026-11-24T09:00", "--birth-name", "X"], "--first-name"),
            (["move", "abc"], "--at"),
            (["cancel"], "the appointment's id"),
        ],
    )
    def test_what_is_missing_is_named(self, voicebot: Voicebot, words: list[str], missing: str) -> None:
        result = voicebot("appointments", *words)
        assert (result.status, result.out) == (2, "")
        assert missing in result.err

    def test_an_unknown_id_is_a_negative_answer(self, voicebot: Voicebot) -> None:
        assert voicebot("appointments", "cancel", "nope").status == 1


class TestPatient:
    def test_the_twelve_of_the_sample(self, voicebot: Voicebot) -> None:
        names = ["roussel", "vasseur", "haddad", "perrin", "laurent", "diallo", "chevalier"]
        known = [line for name in names for line in voicebot("patient", "find", name).lines]
        assert [line["known"] for line in known] == [True] * 8
        new = [voicebot("patient", "find", name).lines[0] for name in ("lemoine", "garnier", "fontaine", "delmas")]
        assert [line["known"] for line in new] == [False] * 4

    def test_add_and_find(self, voicebot: Voicebot) -> None:
        who = ["--birth-name", "Œuvrard", "--first-name", "Noël", "--birth-date", "1971-02-03", "--known"]
        [added] = voicebot("patient", "add", *who, "--own-doctor", "benali").lines
        assert (added["status"], added["known"]) == ("provisoire", True)
        assert voicebot("patient", "find", "oeuvrard").lines == [added]
        assert voicebot("patient", "find", "--birth-date", "1971-02-03").lines == [added]
        assert voicebot("patient", "find", "personne").status == 1
        assert voicebot("patient", "find").status == 2
        assert voicebot("patient", "add", "--birth-name", "X").status == 2
        assert voicebot("patient", "add", *who, "--own-doctor", "house").status == 2


class TestPracticeCheck:
    def test_the_sample_is_correct(self, voicebot: Voicebot) -> None:
        result = voicebot("practice", "check")
        assert (result.status, result.out) == (0, "")

    def test_errors_and_warnings_have_their_place(self, voicebot: Voicebot, tmp_path: Path) -> None:
        directory = tmp_path / "ours"
        shutil.copytree(SAMPLE_PRACTICE, directory)
        file = directory / "practice.toml"
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace('"14:00-18:30"', '"14:10-18:30"'), encoding="utf-8")
        warned = voicebot("practice", "check", "--practice", str(directory))
        assert warned.status == 0
        assert {line["severity"] for line in warned.lines} == {"warning"}
        file.write_text(text.replace("duration_minutes = 15", "duration_minutes = 16"), encoding="utf-8")
        wrong = voicebot("practice", "check", "--practice", str(directory))
        assert wrong.status == 2
        assert [line["key"] for line in wrong.lines] == [
            "motives.consultation.duration_minutes",
            "motives.renouvellement.duration_minutes",
        ]
        assert voicebot("slots", "--motive", "consultation", "--practice", str(directory)).status == 2


class TestTheKey:
    def test_the_sample_makes_a_throw_away_key_and_says_so_once(self, voicebot: Voicebot, tmp_path: Path) -> None:
        first = voicebot("appointments")
        assert "throw-away key" in first.err
        assert "throw-away key" not in voicebot("appointments").err
        assert not list((tmp_path / "data").rglob("*.key"))

    def test_a_real_practice_needs_a_key_that_lies_elsewhere(self, voicebot: Voicebot, tmp_path: Path) -> None:
        directory = tmp_path / "ours"
        shutil.copytree(SAMPLE_PRACTICE, directory)
        practice = ("--practice", str(directory))
        none = voicebot("appointments", *practice)
        assert none.status == 2
        assert "--key-file" in none.err
        beside = tmp_path / "data" / "key"
        make_key(beside)
        refused = voicebot("appointments", *practice, "--key-file", str(beside))
        assert refused.status == 2
        assert "lies in the data directory" in refused.err
        elsewhere = tmp_path / "keys" / "key"
        make_key(elsewhere)
        assert voicebot("appointments", *practice, "--key-file", str(elsewhere)).status == 0
        other = tmp_path / "keys" / "other"
        make_key(other)
        wrong = voicebot("appointments", *practice, "--key-file", str(other))
        assert wrong.status == 2
        assert "the key does not open it" in wrong.err

    def test_a_real_practice_is_told_to_delete_its_plain_list_of_patients(
        self, voicebot: Voicebot, tmp_path: Path
    ) -> None:
        directory = tmp_path / "ours"
        shutil.copytree(SAMPLE_PRACTICE, directory)
        make_key(tmp_path / "key")
        options = ("--practice", str(directory), "--key-file", str(tmp_path / "key"))
        first = voicebot("patient", "find", "roussel", *options)
        assert first.status == 0
        assert "delete it" in first.err
        (directory / "patients.csv").write_text("name\nx\n", encoding="utf-8")
        assert voicebot("patient", "find", "roussel", *options).status == 2

    def test_a_wrong_line_of_the_list_is_named_without_the_patient(self, voicebot: Voicebot, tmp_path: Path) -> None:
        directory = tmp_path / "ours"
        shutil.copytree(SAMPLE_PRACTICE, directory)
        file = directory / "patients.csv"
        text = file.read_text(encoding="utf-8").replace("1972-01-30", "30/01/1972")
        file.write_text(text, encoding="utf-8")
        make_key(tmp_path / "key")
        result = voicebot("appointments", "--practice", str(directory), "--key-file", str(tmp_path / "key"))
        number = next(n for n, line in enumerate(text.splitlines(), 1) if "30/01/1972" in line)
        assert result.status == 2
        assert f"patients.csv:{number}: birth_date" in result.err
        assert "Haddad" not in result.err
