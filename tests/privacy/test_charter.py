"""The charter is bound to its tests: a line without one, or whose test is gone or set aside, breaks the build."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CHARTER = ROOT / "CHARTE.md"
ENGAGEMENTS = 21
"""How many there are. A charter that loses engagements does so here, for everybody to see."""
SET_ASIDE = ("skip", "skipif", "xfail")

_ENGAGEMENT = re.compile(r"^(\d+)\. \*\*(.+?)\*\*.*?(?=^\d+\. |\Z)", re.MULTILINE | re.DOTALL)
_BOUND = re.compile(r"<!--(.*?)-->", re.DOTALL)


def engagements(text: str) -> dict[int, list[str]]:
    """Number and test ids of each engagement."""
    return {int(m[1]): " ".join(_BOUND.findall(m[0])).split() for m in _ENGAGEMENT.finditer(text)}


@cache
def known_tests(path: Path) -> dict[str, list[str]]:
    """Each test of a file with the marks that set it aside, those of the module included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    whole = [
        mark
        for node in tree.body
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in node.targets)
        for mark in _marks(node.value)
    ]
    return {
        node.name: whole + [mark for decorator in node.decorator_list for mark in _marks(decorator)]
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name.startswith("test_")
    }


def _marks(node: ast.AST) -> list[str]:
    return [inner.attr for inner in ast.walk(node) if isinstance(inner, ast.Attribute) and inner.attr in SET_ASIDE]


def faults(text: str, root: Path = ROOT) -> list[str]:
    """What is wrong with a charter."""
    found = []
    lines = engagements(text)
    if sorted(lines) != list(range(1, ENGAGEMENTS + 1)):
        found.append(f"the engagements are not numbered from 1 to {ENGAGEMENTS}")
    for number, bound in lines.items():
        if not bound:
            found.append(f"engagement {number} is bound to no test")
        for test in bound:
            path, _, name = test.partition("::")
            known = known_tests(root / path) if (root / path).is_file() else {}
            if name not in known:
                found.append(f"engagement {number}: {test} does not exist")
            elif known[name]:
                found.append(f"engagement {number}: {test} is set aside ({known[name][0]})")
    return found


def test_every_engagement_is_held_by_tests_that_exist_and_run() -> None:
    assert faults(CHARTER.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (r"^7\. .*?(?=^8\. )", "", "numbered"),
        (r"<!-- tests/privacy/test_papers\.py.*?-->", "", "engagement 6 is bound to no test"),
        (r"test_a_faint_yes_commits_nothing", "test_that_was_removed", "does not exist"),
        (r"tests/desk/test_desk\.py", "tests/desk/test_gone.py", "does not exist"),
    ],
)
def test_a_line_that_loses_its_test_is_seen(old: str, new: str, fault: str) -> None:
    text = CHARTER.read_text(encoding="utf-8")
    changed = re.sub(old, new, text, flags=re.MULTILINE | re.DOTALL)
    assert changed != text
    assert any(fault in each for each in faults(changed))


def test_a_test_that_is_set_aside_is_seen(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text(
        "import pytest\n@pytest.mark.skip\ndef test_a(): ...\n"
        "@pytest.mark.xfail(strict=True)\nasync def test_b(): ...\ndef test_c(): ...\n"
    )
    text = "1. **A.** <!-- test_x.py::test_a test_x.py::test_b test_x.py::test_c -->\n"
    found = faults(text, tmp_path)
    assert any("test_a is set aside (skip)" in fault for fault in found)
    assert any("test_b is set aside (xfail)" in fault for fault in found)
    assert not any("test_c" in fault for fault in found)
