"""Several hearings of one name: the likeliest one is proposed, and never one that was refused."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voicebot.french.name_guess import Hearing, guess


def said(name: str) -> Hearing:
    return Hearing(name, spelled=False)


def spelled(name: str) -> Hearing:
    return Hearing(name, spelled=True)


def test_letters_misheard_are_mended_by_a_common_name() -> None:
    assert guess([said("Delage"), spelled("Laggrde")], ["Delage"]) == "Lagarde"
    assert guess([said("Letellier"), spelled("Aulene"), spelled("Helene")], first_name=True) == "Hélène"


def test_each_hearing_counts() -> None:
    hearings = [said("Huet"), said("Serge"), spelled("Mnry")]
    assert guess(hearings, ["Huet", "Serge", "Mnry"]) == "Henry"


def test_a_rare_name_spelled_as_it_was_said_stands() -> None:
    assert guess([said("Lagarte"), spelled("Lagarte")]) == "Lagarte"
    assert guess([said("Kéroudan"), spelled("Kerouedan")], ["Kéroudan"]) == "Kerouedan"


def test_what_was_refused_is_not_proposed_again() -> None:
    hearings = [spelled("Mardin")]
    first = guess(hearings)
    assert first is not None
    assert guess(hearings, [first]) != first


def test_nothing_is_proposed_where_nothing_fits() -> None:
    assert guess([]) is None
    assert guess([said("Kaba")], ["Kaba", "Kaya", "Camara", "Cabet"]) != "Kaba"


@given(st.lists(st.text("abcdefghijklmnopqrstuvwxyzéèç '-", min_size=0, max_size=12), max_size=5), st.booleans())
def test_any_hearing_is_weighed(names: list[str], first_name: bool) -> None:
    hearings = [Hearing(name, spelled=bool(at % 2)) for at, name in enumerate(names)]
    found = guess(hearings, names, first_name=first_name)
    assert found is None or found.lower() not in {name.lower() for name in names}
