"""Changes of the practice's file leave everything else as it stands."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.practice.editing import Add, Change, Drop, EditError, Put, edit
from voicebot.practice.toml_lines import layout

SAMPLE = (SAMPLE_PRACTICE / "practice.toml").read_text(encoding="utf-8")


def comments(text: str) -> Counter[str]:
    return Counter(text[start:end].rstrip() for start, end in layout(text).comments)


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """Lines that went and lines that came."""
    old, new = Counter(before.splitlines()), Counter(after.splitlines())
    return list((old - new).elements()), list((new - old).elements())


def test_a_value_changes_in_its_place_and_its_comment_stays() -> None:
    after = edit(SAMPLE, [Put(("motives", "consultation", "new_patient_minutes"), 45)])
    gone, come = changed_lines(SAMPLE, after)
    assert gone == ["new_patient_minutes = 30                # un nouveau patient a le double"]
    assert come == ["new_patient_minutes = 45                # un nouveau patient a le double"]


def test_a_new_line_goes_below_the_last_of_its_table() -> None:
    after = edit(SAMPLE, [Put(("motives", "vaccination", "notice_minutes"), 120)])
    lines = after.splitlines()
    at = lines.index("notice_minutes = 120")
    assert lines[at - 1].startswith('instructions = "Apportez le vaccin')
    assert changed_lines(SAMPLE, after) == ([], ["notice_minutes = 120"])


def test_a_new_rule_goes_below_its_kind_and_above_the_next_heading() -> None:
    rule = {"who": ["benali"], "from": date(2027, 2, 15), "to": date(2027, 2, 26), "label": 'congés "d\'hiver"'}
    after = edit(SAMPLE, [Add("absences", rule)])
    assert tomllib.loads(after)["absences"][1] == rule
    assert after.index("from = 2027-02-15\nto = ") < after.index("# D'autres règles")
    gone, _ = changed_lines(SAMPLE, after)
    assert gone == []


def test_the_first_exception_goes_below_the_openings() -> None:
    after = edit(SAMPLE, [Add("exceptions", {"date": date(2026, 12, 24), "closed": True})])
    assert after.index("samedi") < after.index("\n[[exceptions]]\ndate = 2026-12-24\nclosed = true\n")
    assert after.index("\n[[exceptions]]\ndate") < after.index("\n[[absences]]\nwho")


def test_a_rule_goes_and_every_comment_stays() -> None:
    after = edit(SAMPLE, [Drop(("absences", 0))])
    assert "absences" not in tomllib.loads(after)
    assert comments(after) == comments(SAMPLE)
    gone, come = changed_lines(SAMPLE, after)
    assert come == []
    assert set(gone) <= {
        "[[absences]]",
        'who = ["lefevre"]',
        'days = ["mercredi"]',
        'hours = ["14:00-18:30"]',
        "",
        'label = "mercredi après-midi"',
    }


def test_a_table_that_is_not_there_is_made() -> None:
    motive = ("motives", "prise-de-sang")
    after = edit(SAMPLE, [Put((*motive, "label"), "une prise de sang"), Put((*motive, "duration_minutes"), 10)])
    assert tomllib.loads(after)["motives"]["prise-de-sang"] == {"label": "une prise de sang", "duration_minutes": 10}
    assert after.index("[motives.prise-de-sang]") < after.index("# --- Les horaires")
    after = edit(SAMPLE, [Put(("conversation2", "mode"), "normal")])
    assert after.endswith('\n[conversation2]\nmode = "normal"\n')


def test_comments_inside_a_list_move_above_it() -> None:
    text = 'a = 1\nlist = [\n  "x", # the first\n  # none\n]\n'
    after = edit(text, [Put(("list",), ["y", "z"])])
    assert after == 'a = 1\n# the first\n# none\nlist = ["y", "z"]\n'


def test_windows_line_ends_stay() -> None:
    text = "[a]\r\nx = 1 # one\r\n\r\n[b]\r\ny = 2\r\n"
    after = edit(text, [Put(("a", "x"), 3), Put(("a", "z"), "t"), Drop(("b",))])
    assert "\n" not in after.replace("\r\n", "")
    assert tomllib.loads(after) == {"a": {"x": 3, "z": "t"}}


def test_an_inline_table_is_left_to_a_person() -> None:
    with pytest.raises(EditError, match="by hand"):
        edit("a = {x = 1}\n", [Put(("a", "y"), 2)])
    assert edit("a = {x = 1}\n", [Put(("a", "x"), 2)]) == "a = {x = 2}\n"


def test_what_is_not_there_cannot_be_taken_away() -> None:
    for path in (("absences", 7), ("motives", "nothing"), ("nothing",)):
        with pytest.raises(EditError, match="read it again"):
            edit(SAMPLE, [Drop(path)])


# --- any file, any changes -----------------------------------------------------------------------------------

WORDS = st.text("abc é#=[]\"'\\", max_size=6)
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.integers(-5, 999),
    st.booleans(),
    WORDS,
    st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    st.lists(WORDS, max_size=3),
)
KEYS = st.sampled_from(["un", "deux", "trois", "quatre"])
COMMENT = st.sampled_from(["", " # note", " # deux ] [ notes", "   #"])
OWN_LINE = st.sampled_from(["", "# au-dessus\n", "\n# [pas.une.rubrique]\n", "\n\n"])


@st.composite
def pairs(draw: st.DrawFn) -> str:
    from voicebot.practice.editing import _render

    lines = ""
    for key in draw(st.lists(KEYS, unique=True, max_size=3)):
        value = draw(VALUES)
        text = _render(value)
        if isinstance(value, list) and value and draw(st.booleans()):
            text = "[\n" + "".join(f"  {_render(item)}, # {i}\n" for i, item in enumerate(value)) + "]"
        lines += draw(OWN_LINE) + f"{key} = {text}{draw(COMMENT)}\n"
    return lines


@st.composite
def documents(draw: st.DrawFn) -> str:
    text = draw(pairs())
    for name in draw(st.lists(st.sampled_from(["a", "b", "m.x", "m.y"]), unique=True)):
        text += draw(OWN_LINE) + f"[{name}]{draw(COMMENT)}\n" + draw(pairs())
    for _ in range(draw(st.integers(0, 3))):
        text += draw(OWN_LINE) + f"[[openings]]{draw(COMMENT)}\n" + draw(pairs())
    return text + draw(OWN_LINE)


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, list[Change]]:
    text = draw(documents())
    rules = len(tomllib.loads(text).get("openings", []))
    changes: list[Change] = []
    tables: list[tuple[str | int, ...]] = [("a",), ("b",), ("m", "x"), ("m", "neuf"), ("neuf",)]
    for _ in range(draw(st.integers(1, 4))):
        match draw(st.sampled_from(["put", "add", "rule", "drop"])):
            case "put":
                changes.append(Put((*draw(st.sampled_from(tables)), draw(KEYS)), draw(VALUES)))
            case "add":
                changes.append(Add("openings", draw(st.dictionaries(KEYS, VALUES, max_size=3))))
                rules += 1
            case "rule" if rules:
                changes.append(Put(("openings", draw(st.integers(0, rules - 1)), draw(KEYS)), draw(VALUES)))
            case "drop" if rules:
                changes.append(Drop(("openings", draw(st.integers(0, rules - 1)))))
                rules -= 1
    return text, changes


@settings(max_examples=300, deadline=None)
@given(edits())
def test_every_comment_of_any_file_outlives_any_change(case: tuple[str, list[Change]]) -> None:
    text, changes = case
    after = edit(text, changes)  # which checks by itself that the file means what was asked
    assert not comments(text) - comments(after)


def test_the_layout_is_what_the_parser_says(tmp_path: Path) -> None:
    found = layout(SAMPLE)
    for path, pair in found.pairs.items():
        value: Any = tomllib.loads(SAMPLE)
        for part in path:
            value = value[part]
        assert tomllib.loads("v = " + SAMPLE[pair.start : pair.end])["v"] == value
