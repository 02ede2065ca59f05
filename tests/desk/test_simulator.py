"""The simulator answers as a call would, and names the rule."""

from __future__ import annotations

from datetime import datetime

import pytest

from voicebot.cli.setup import Workspace
from voicebot.desk.simulator import Answer, Wish, answer, read_wish, replay

NOW = datetime(2026, 11, 23, 8, 0)
"""A Monday."""


def said(workspace: Workspace, text: str) -> tuple[Wish, Answer]:
    wish = read_wish(text, workspace.practice, NOW)
    return wish, answer(workspace.agenda, wish)


def test_words_become_a_wish(workspace: Workspace) -> None:
    wish, found = said(workspace, "nouveau patient, mardi, frottis")
    assert (wish.motive, wish.patient, wish.leftover) == ("frottis", "new", ())
    assert wish.reading == "mardi 24 novembre"
    assert found.yes
    assert [slot.start.date().isoformat() for slot in found.offers] == ["2026-11-24"] * 3


def test_a_no_names_the_rule_and_the_next_yes(workspace: Workspace) -> None:
    wish, found = said(workspace, "consultation avec le docteur Lefèvre mercredi à 15 heures")
    assert wish.instant == datetime(2026, 11, 25, 15, 0)
    verdict = found.explanation.verdict
    assert (found.yes, verdict.rule) == (False, "absent")
    assert verdict.where is not None
    assert verdict.where.key == "absences[1]"
    lines = (workspace.practice.directory / "practice.toml").read_text().splitlines()
    assert lines[verdict.where.line - 1] == "[[absences]]"
    assert found.explanation.next is not None
    assert found.explanation.next.start == datetime(2026, 11, 26, 8, 30)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("nouveau patient, certificat, mardi", "known_only"),
        ("consultation avec Lefèvre mercredi après-midi", "absent"),
        ("déjà venu, vaccin, samedi", "closed_day"),
        ("consultation le 25 décembre", "holiday"),
        ("frottis avec Lefèvre mardi", "not_theirs"),
        ("consultation dans cent jours", "horizon"),
        ("consultation dimanche", "closed_day"),
    ],
)
def test_whole_days_and_parts_of_days_are_explained_too(workspace: Workspace, text: str, rule: str) -> None:
    _, found = said(workspace, text)
    assert not found.yes
    assert found.explanation.verdict.rule == rule


def test_without_a_time_the_first_slots_are_offered(workspace: Workspace) -> None:
    wish, found = said(workspace, "déjà venu, une ordonnance à renouveler")
    assert (wish.motive, wish.patient, wish.windows) == ("renouvellement", "known", ())
    assert found.yes
    assert len(found.offers) == 3


def test_words_without_a_motive_are_no_query(workspace: Workspace) -> None:
    wish = read_wish("bonjour", workspace.practice, NOW)
    assert not wish.says_something
    with pytest.raises(ValueError, match="motive"):
        answer(workspace.agenda, wish)


def test_past_words_are_answered_by_the_rules_of_now(workspace: Workspace) -> None:
    heard = [
        ("c1", datetime(2026, 11, 20, 10, 0), "je voudrais une consultation mardi matin"),
        ("c2", datetime(2026, 11, 20, 11, 0), "un frottis hier"),
        ("c3", datetime(2026, 11, 20, 12, 0), "oui merci"),
        ("c4", datetime(2026, 11, 20, 12, 0), "un vaccin samedi 28 novembre"),
    ]
    first, second = replay(heard, workspace.practice, workspace.agenda, NOW)
    assert (first.call, first.answer.yes) == ("c1", True)
    assert (second.call, second.answer.explanation.verdict.rule) == ("c4", "closed_day")


def test_a_time_that_is_past_or_does_not_exist_is_no_yes(workspace: Workspace) -> None:
    for text in ("vaccination hier", "consultation dans six mois", "consultation le 30 février"):
        wish, found = said(workspace, text)
        assert (wish.timeless, wish.windows) == (True, ()), text
        assert not found.yes, text
        assert found.explanation.next is not None, text


NOTES = {
    "renouvellement, patient connu": "known",
    "connue, certificat vendredi": "known",
    "pas nouveau, consultation": "known",
    "ancienne patiente, frottis": "known",
    "déjà venu, frottis": "known",
    "inconnu, consultation": "new",
    "pas encore connue, consultation": "new",
    "nouvelle, renouvellement": "new",
    "renouvellement": "new",
}


def test_a_note_in_a_word_says_whom_it_is_about(workspace: Workspace) -> None:
    for text, kind in NOTES.items():
        wish = read_wish(text, workspace.practice, NOW)
        assert (wish.patient, wish.leftover) == (kind, ()), text


def test_where_nothing_is_ever_possible_the_nearest_yes_says_what_differs(workspace: Workspace) -> None:
    _, other = said(workspace, "un frottis avec le docteur Lefèvre")
    assert (other.explanation.next, other.other_wish) == (None, "practitioner")
    assert other.other is not None
    assert other.other.practitioner != "lefevre"
    _, known = said(workspace, "nouveau patient, certificat, mardi")
    assert known.other_wish == "known"


def test_two_motives_and_a_time_of_two_readings_are_told(workspace: Workspace) -> None:
    wish, _ = said(workspace, "frottis, consultation mardi")
    assert (wish.motive, wish.also) == ("frottis", ("consultation",))
    wish, _ = said(workspace, "consultation demain à 7h30")
    assert wish.doubts == ("du matin ou du soir",)
