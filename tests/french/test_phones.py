"""Phone numbers said in any grouping."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.french.phones import read_phone
from voicebot.french.speak import say_phone

MOBILE = "+33612345678"


@pytest.mark.parametrize(
    "text",
    [
        "zéro six douze trente-quatre cinquante-six soixante-dix-huit",
        "zero six douze trente quatre cinquante six soixante dix huit",
        "zéro six, douze, trente-quatre, cinquante-six, soixante-dix-huit.",
        "06 12 34 56 78",
        "06.12.34.56.78",
        "0612345678",
        "+33 6 12 34 56 78",
        "plus trente-trois six douze trente-quatre cinquante-six soixante-dix-huit",
        "zéro six un deux trois quatre cinq six sept huit",
        "alors mon numéro c'est le zéro six douze euh trente-quatre cinquante-six et soixante-dix-huit",
        "zéro six douze trente-cinq non pardon trente-quatre cinquante-six soixante-dix-huit",
        "zéro sept douze non zéro six douze trente-quatre cinquante-six soixante-dix-huit",
        "zéro six je répète zéro six douze trente-quatre cinquante-six soixante-dix-huit",
        "06 12 34 56 78, je répète, 06 12 34 56 78",
    ],
)
def test_every_way_to_say_it_is_read(text: str) -> None:
    reading = read_phone(text)
    assert reading.e164 == MOBILE
    assert reading.sure


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("zéro six double zéro douze trente-quatre cinquante-six", "+33600123456"),
        ("zéro six deux fois zéro douze trente-quatre cinquante-six", "+33600123456"),
        ("zéro un quarante-deux vingt-trois quarante-cinq quarante-six", "+33142234546"),
        ("zéro six trente-neuf quatre-vingt-dix-huit zéro un zéro deux", "+33639980102"),  # kept for fiction
        ("zéro six quatre-vingt-deux quatre-vingt-douze quatre-vingt-trois zéro sept", "+33682928307"),
    ],
)
def test_doubles_and_long_numbers_are_read(text: str, e164: str) -> None:
    assert read_phone(text).e164 == e164


@pytest.mark.parametrize(
    "text", ["", "bonjour", "zéro six douze", "un deux trois", "zéro zéro zéro zéro", "12 mars 1978"]
)
def test_what_is_no_valid_number_is_none(text: str) -> None:
    reading = read_phone(text)
    assert reading.e164 is None
    assert not reading.sure


def test_a_pair_that_was_left_out_is_never_made_up_from_the_others() -> None:
    reading = read_phone("zéro six douze trente-quatre soixante-dix-huit")
    assert not reading.sure


def test_words_that_were_not_understood_make_it_unsure() -> None:
    reading = read_phone("zéro six douze trente-quatre cinquante-six soixante-dix-huit le brocoli")
    assert reading.e164 == MOBILE
    assert reading.leftover == ("brocoli",)
    assert not reading.sure


@settings(max_examples=150, deadline=None)
@given(st.sampled_from("67"), st.text("0123456789", min_size=8, max_size=8))
def test_what_is_said_is_read_back_or_read_several_ways(head: str, rest: str) -> None:
    e164 = f"+33{head}{rest}"
    if read_phone(e164).e164 is None:
        return  # a range that is not allotted
    reading = read_phone(say_phone(e164))
    assert reading.e164 == e164 or not reading.sure


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_read_without_an_error(text: str) -> None:
    read_phone(text)


def test_a_long_heap_of_numbers_is_bounded() -> None:
    assert read_phone("soixante dix " * 200).e164 is None
