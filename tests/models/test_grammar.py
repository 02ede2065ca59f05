"""What callers say: the held-out templates, the text convention, and values that a test fixes."""

from __future__ import annotations

import ast
import re
import sys
from datetime import date, time
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.forge import grammar, numerals, splice
from models.forge.grammar import Split, draw, kinds, normalise, templates

BOOKING = ["open", "motive", "known_yes", "known_no", "for_whom", "practitioner", "when", "choice", "surname"]
BOOKING += ["first_name", "spelling", "birth_date", "phone", "confirm_yes", "confirm_no", "which", "cancel", "move"]
CONVENTION = re.compile(r"[a-zàâäçéèêëîïôöùûüœ'-]+( [a-zàâäçéèêëîïôöùûüœ'-]+)*")
SPLITS: tuple[Split, ...] = ("train", "held")
FORGE = Path(grammar.__file__).parent


@pytest.mark.parametrize("kind", kinds())
def test_no_held_out_template_is_also_learned_from(kind: str) -> None:
    learned = {normalise(template) for template in templates(kind, "train")}
    assert learned.isdisjoint(normalise(template) for template in templates(kind, "held"))


@pytest.mark.parametrize("kind", BOOKING)
def test_each_kind_that_a_call_needs_has_three_held_out_wordings(kind: str) -> None:
    assert len(set(templates(kind, "held"))) >= 3


@given(st.sampled_from(sorted(kinds())), st.sampled_from(SPLITS), st.integers(0, 2**32))
def test_texts_are_lower_case_words_without_digits_or_punctuation(kind: str, split: Split, seed: int) -> None:
    utterance = draw(kind, split, Random(seed))
    assert CONVENTION.fullmatch(utterance.text), utterance.text
    assert not re.search(r"[{}|()]", utterance.spoken), utterance.spoken
    assert utterance.kind == kind


@given(st.sampled_from(sorted(kinds())), st.sampled_from(SPLITS), st.integers(0, 2**32))
def test_the_same_seed_draws_the_same_utterance(kind: str, split: Split, seed: int) -> None:
    assert draw(kind, split, Random(seed)) == draw(kind, split, Random(seed))


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("kind", kinds())
def test_every_slot_of_every_template_can_be_filled(kind: str, split: Split) -> None:
    rng = Random(0)
    for template in templates(kind, split):
        flat = re.sub(r"\(([^()]*)\)", lambda choice: choice[1].replace("|", " "), template)
        assert grammar._filled(kind, flat, rng, {}).text


@given(st.integers(0, 2**32), st.sampled_from(grammar.surnames()))
def test_a_fixed_surname_is_said_and_spelled(seed: int, surname: str) -> None:
    said = draw("surname", "held", Random(seed), surname=surname)
    assert surname.lower() in said.text
    spelled = draw("spelling", "held", Random(seed), surname=surname)
    letters = re.findall(r"\b[a-z]\b", spelled.text.replace("c'est", "").replace("s'", ""))
    assert letters[0] == normalise(surname)[0].translate(str.maketrans("éè", "ee"))


@given(st.integers(0, 2**32), st.dates(date(1930, 1, 1), date(2024, 12, 31)))
def test_a_fixed_date_of_birth_is_said_with_its_day_and_year(seed: int, born: date) -> None:
    text = draw("birth_date", "held", Random(seed), birth_date=born).text
    day = {numerals.day_number(born.day), numerals.cardinal(born.day)}
    assert any(f"{word} " in text for word in day)
    assert numerals.cardinal(born.year % 100).split("-")[-1].split()[-1].rstrip("s") in text or born.year % 100 == 0


def test_fixed_values_choose_a_template_that_says_them_all() -> None:
    for seed in range(50):
        text = draw("choice", "held", Random(seed), day="mardi", hour=time(9, 0)).text
        assert "mardi" in text
        assert "neuf heures" in text


def test_a_motive_of_the_practice_is_said_in_its_own_words() -> None:
    for seed in range(50):
        assert "frottis" in draw("motive", "held", Random(seed), motive="frottis").text


def test_a_telephone_number_is_said_in_full() -> None:
    for seed in range(20):
        text = draw("phone", "held", Random(seed), phone="0612345678").text
        assert text.endswith(("soixante-dix-huit", "sept huit"))
        assert "zéro six" in text


def test_a_value_that_no_template_says_is_refused() -> None:
    with pytest.raises(ValueError, match="no held template of 'confirm_yes' has a slot for surname"):
        draw("confirm_yes", "held", Random(0), surname="Martin")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zéro"),
        (21, "vingt et un"),
        (71, "soixante et onze"),
        (80, "quatre-vingts"),
        (81, "quatre-vingt-un"),
        (99, "quatre-vingt-dix-neuf"),
        (1978, "mille neuf cent soixante-dix-huit"),
        (2004, "deux mille quatre"),
    ],
)
def test_numbers_are_spelled_as_they_are_said(number: int, words: str) -> None:
    assert numerals.cardinal(number) == words


@pytest.mark.parametrize("module", ["grammar", "fillers", "numerals", "splice", "voices"])
def test_the_grammar_needs_the_standard_library_only(module: str) -> None:
    tree = ast.parse((FORGE / f"{module}.py").read_text(encoding="utf-8"))
    names = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    others = {name for name in names if name.split(".")[0] not in sys.stdlib_module_names}
    assert all(name.startswith("models.forge") for name in others), others


@given(st.sampled_from(sorted(kinds())), st.integers(0, 2**32))
def test_what_is_held_out_is_known_as_such(kind: str, seed: int) -> None:
    assert grammar.is_held_out(draw(kind, "held", Random(seed)).text)
    assert not grammar.is_held_out(draw(kind, "train", Random(seed)).text)


@given(st.sampled_from(sorted(kinds())), st.integers(0, 2**32))
def test_dressing_adds_words_and_keeps_the_sentence(kind: str, seed: int) -> None:
    utterance = draw(kind, "train", Random(seed))
    dressed = splice.dressed(utterance, Random(seed))
    assert utterance.text in dressed.text
    assert len(dressed.text) > len(utterance.text)


@given(st.integers(0, 2**32))
def test_spliced_fragments_keep_the_convention(seed: int) -> None:
    utterance = splice.spliced(sorted(kinds()), Random(seed))
    assert CONVENTION.fullmatch(utterance.text), utterance.text
    assert normalise(utterance.spoken) == utterance.text
