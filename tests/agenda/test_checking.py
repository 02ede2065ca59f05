"""Warnings for rules that can never match, overlap, or leave a motive unbookable."""

from __future__ import annotations

import pytest

from tests.agenda.helpers import HEAD, MONDAY, MOTIVES, OPENINGS, MakePractice
from voicebot.agenda.checking import warnings
from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.practice import load_practice


def found(make_practice: MakePractice, **parts: str) -> list[str]:
    return [f"{problem.where.key}: {problem.text}" for problem in warnings(make_practice(**parts), MONDAY)]


def test_a_sound_practice_has_none(make_practice: MakePractice) -> None:
    assert found(make_practice) == []
    assert warnings(load_practice(SAMPLE_PRACTICE), MONDAY) == []


ABSENT = '[[absences]]\nwho = ["lefevre", "benali"]\nfrom = 2026-01-01\nto = 2027-12-31\n'

SUBSTITUTED = """[[substitutions]]
practitioner = "benali"
substitute = "lefevre"
from = 2027-01-{first:02}
to = 2027-01-{last:02}
"""

CASES = {
    "an opening that is over": (OPENINGS + "valid_to = 2026-01-01\n" + OPENINGS, "openings[1]", "passée"),
    "an opening that no day meets": (
        OPENINGS
        + '[[openings]]\ndays = ["lundi"]\nhours = ["20:00-21:00"]\nvalid_from = 2027-01-05\nvalid_to = 2027-01-06\n',
        "openings[2]",
        "aucun jour",
    ),
    "openings that overlap": (
        OPENINGS + '[[openings]]\npractitioners = ["benali"]\ndays = ["lundi"]\nhours = ["12:00-13:00"]\n',
        "openings[2]",
        "chevauche celle de la ligne",
    ),
    "a motive that everyone is absent for": (OPENINGS + ABSENT, "motives.consultation", "aucun créneau"),
    "a practitioner who never has a slot": (
        OPENINGS + ABSENT.replace('"lefevre", ', ""),
        "motives.consultation",
        "« benali » n'a aucun créneau",
    ),
    "an exception that is over": (
        OPENINGS + "[[exceptions]]\ndate = 2026-01-02\nclosed = true\n",
        "exceptions[1]",
        "passée",
    ),
    "an exception that a later one covers": (
        OPENINGS
        + '[[exceptions]]\ndate = 2026-12-24\npractitioners = ["benali"]\nhours = ["09:00-10:00"]\n'
        + "[[exceptions]]\nfrom = 2026-12-20\nto = 2026-12-31\nclosed = true\n",
        "exceptions[2]",
        "dernière du fichier",
    ),
    "exceptions that share some of their days": (
        OPENINGS
        + "[[exceptions]]\nfrom = 2026-12-20\nto = 2026-12-26\nclosed = true\n"
        + '[[exceptions]]\nfrom = 2026-12-24\nto = 2026-12-31\nhours = ["09:00-10:00"]\n',
        "exceptions[2]",
        "en partie les mêmes dates",
    ),
    "two substitutes of one person at once": (
        OPENINGS + SUBSTITUTED.format(first=1, last=31) + SUBSTITUTED.format(first=20, last=25),
        "substitutions[2]",
        "déjà remplacé",
    ),
    "an absence from hours that nobody has": (
        OPENINGS + '[[absences]]\nwho = ["lefevre"]\ndays = ["dimanche"]\nhours = ["09:00-10:00"]\n',
        "absences[1]",
        "aucun jour",
    ),
    "an absence on a public holiday": (
        OPENINGS + '[[absences]]\nwho = ["lefevre"]\nfrom = 2026-12-25\nto = 2026-12-25\n',
        "absences[1]",
        "aucun jour",
    ),
    "openings that will overlap in half a year": (
        OPENINGS + '[[openings]]\ndays = ["lundi"]\nhours = ["12:00-13:00"]\nvalid_from = 2027-05-03\n',
        "openings[2]",
        "chevauche celle de la ligne",
    ),
    "an empty list, which means all": (OPENINGS + "practitioners = []\n", "openings[1].practitioners", "« tous »"),
    "an opening beside the grid": (OPENINGS.replace("14:00", "14:05"), "openings[1]", "premier créneau sera à 14:15"),
    "an opening that its motive does not fit into": (
        OPENINGS + '[[openings]]\ndays = ["samedi"]\nhours = ["09:00-09:20"]\nmotives = ["echographie"]\n',
        "openings[2]",
        "plus courte",
    ),
    "school holidays without a zone": (OPENINGS + 'school_holidays = "never"\n', "openings[1]", "school_zone"),
    "a network that is open to all": (OPENINGS + '[sip]\nallow = ["0.0.0.0/0"]\n', "sip.allow[1]", "n'importe qui"),
    "SRTP whose keys anybody reads": (OPENINGS + '[sip]\nsrtp = "required"\n', "sip.srtp", "en clair"),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_each_warning(make_practice: MakePractice, case: str) -> None:
    openings, key, text = CASES[case]
    assert any(line.startswith(f"{key}: ") and text in line for line in found(make_practice, openings=openings))


def test_an_exception_inside_a_longer_closure_is_no_surprise(make_practice: MakePractice) -> None:
    closed = "[[exceptions]]\nfrom = 2026-12-20\nto = 2026-12-31\nclosed = true\n"
    open_one_day = '[[exceptions]]\ndate = 2026-12-24\nhours = ["09:00-12:00"]\n'
    assert found(make_practice, openings=OPENINGS + closed + open_one_day) == []


def test_a_word_that_names_two_motives(make_practice: MakePractice) -> None:
    motives = MOTIVES.replace('label = "une consultation"', 'label = "une consultation"\nwords = ["contrôle"]').replace(
        'label = "un suivi"', 'label = "un suivi"\nwords = ["Contrôle"]'
    )
    [line] = found(make_practice, motives=motives)
    assert line.startswith("motives.suivi: « Contrôle » désigne aussi « consultation »")


def test_what_nothing_uses(make_practice: MakePractice) -> None:
    head = HEAD + '[resources.velo]\nname = "le vélo"\n'
    assert any(line.startswith("resources.velo: ") for line in found(make_practice, head=head))


def test_a_motive_that_only_a_person_books_is_no_concern(make_practice: MakePractice) -> None:
    motives = MOTIVES.replace("duration_minutes = 30", 'duration_minutes = 30\nbookable_by = "person"', 1)
    assert found(make_practice, motives=motives) == []
