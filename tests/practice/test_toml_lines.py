"""The line index agrees with the standard library's parser about what there is, and with an editor about where."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.practice.toml_lines import line_index

DOCUMENT = """\
# a comment with [brackets] and = signs
top = 1
"quoted key" = 'a # no comment'
a.b.c = [1, [2, 3], { x = "]", y = [ "}" ] }]

[practice]   # comment
name = "a \\" quote # inside"
text = \"\"\"
[not.a.table]
key = 1 \"\"\"\"
literal = '''
\\''' # after
hours = [
  "08:30-12:30",  # morning, with ] and "
  "14:00-18:30",
]

[[openings]]
days = ["lundi"]
[openings.extra]
z = 1

[[openings]]
days = [
]
date = 2026-12-24T08:30:00
"""


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths(item, (*path, key))


def test_every_key_and_item_has_its_line() -> None:
    lines = line_index(DOCUMENT)
    assert set(lines) == set(paths(tomllib.loads(DOCUMENT)))
    at = {path: DOCUMENT.splitlines()[line - 1] for path, line in lines.items()}
    assert at["practice", "hours", 1] == '  "14:00-18:30",'
    assert at["practice", "literal"] == "literal = '''"
    assert at["openings", 1, "date"] == "date = 2026-12-24T08:30:00"
    assert at["openings", 0, "extra", "z"] == "z = 1"
    assert at["quoted key",].startswith('"quoted key"')
    assert at["openings", 1] == "[[openings]]"


keys = st.text("abc-_0", min_size=1, max_size=4)
texts = st.text(st.sampled_from("ab#[]{}=,.'\" \n\\é"), max_size=8)
values = st.recursive(
    st.integers() | st.booleans() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


def written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if isinstance(value, list):
        return "[\n" + "".join(f"  {written(item)}, # ]\n" for item in value) + "]"
    return "{" + ", ".join(f"{key} = {written(item)}" for key, item in value.items()) + "}"


@settings(deadline=None)
@given(st.lists(st.tuples(keys, st.dictionaries(keys, values, max_size=4)), max_size=4, unique_by=lambda pair: pair[0]))
def test_any_document_is_indexed_as_the_parser_reads_it(tables: list[tuple[str, dict[str, Any]]]) -> None:
    text = ""
    for name, table in tables:
        text += f"[{name}]\n" + "".join(f"{key} = {written(value)} # x = [\n" for key, value in table.items())
    lines = line_index(text)
    assert set(lines) == set(paths(tomllib.loads(text)))
    for name, table in tables:
        for key in table:
            assert text.splitlines()[lines[name, key] - 1].startswith(f"{key} = ")
