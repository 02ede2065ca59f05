"""Who may import whom: read from the source, so that a shortcut across packages fails at once."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

COMMON = ("voicebot.ports", "voicebot.errors")
"""What every package may import."""

RULES: dict[str, tuple[str, ...]] = {
    "voicebot/ports.py": (),
    "voicebot/floor.py": (),
    "voicebot/keypad.py": COMMON,
    "voicebot/hearing": (*COMMON, "voicebot.hearing", "models"),
    "voicebot/speaking": (*COMMON, "voicebot.speaking", "models"),
    "voicebot/thinking": (*COMMON, "voicebot.thinking", "voicebot.french"),
    "voicebot/agenda": (*COMMON, "voicebot.agenda", "voicebot.practice", "voicebot.french"),
    "voicebot/french": (*COMMON, "voicebot.french"),
    "voicebot/practice": (*COMMON, "voicebot.practice"),
    "voicebot/vault": (*COMMON, "voicebot.vault", "voicebot.database"),
    "telephony": (*COMMON, "telephony"),
    "dialogs": (),
}
"""First-party packages that each part of the tree may import."""

STANDARD_ONLY = ("voicebot/ports.py", "voicebot/floor.py", "voicebot/vault/sandbox.py")


def sources(part: str) -> list[Path]:
    path = ROOT / part
    found = [path] if path.is_file() else sorted(path.rglob("*.py"))
    return [file for file in found if ".venv" not in file.parts]


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def first_party(names: set[str]) -> set[str]:
    return {name for name in names if name.split(".")[0] in ("voicebot", "telephony", "models", "tests", "benchmarks")}


def allowed(name: str, permitted: tuple[str, ...]) -> bool:
    # «from voicebot.french import speak» names both; a bare «voicebot» comes with either.
    return name == "voicebot" or any(name == part or name.startswith(part + ".") for part in permitted)


@pytest.mark.parametrize("part", sorted(RULES))
def test_a_package_imports_only_what_it_may(part: str) -> None:
    trespasses = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(part)
        for name in first_party(imports(path))
        if not allowed(name, RULES[part])
    }
    assert not trespasses


@pytest.mark.parametrize("part", STANDARD_ONLY)
def test_the_core_uses_the_standard_library_only(part: str) -> None:
    outside = {
        name
        for name in imports(ROOT / part)
        if name.split(".")[0] not in sys.stdlib_module_names | {"voicebot", "__future__"}
    }
    assert not outside


def users_of(package: str) -> set[str]:
    return {
        path.relative_to(ROOT).as_posix()
        for part in ("voicebot", "telephony", "models")
        for path in sources(part)
        if any(name.split(".")[0] == package for name in imports(path))
    }


def test_only_the_webrtc_package_uses_aiortc() -> None:
    assert {path for path in users_of("aiortc") if not path.startswith("telephony/webrtc/")} == set()


def test_only_the_database_module_opens_the_database() -> None:
    assert users_of("sqlcipher3") | users_of("sqlite3") <= {"voicebot/database.py"}


def test_only_verbs_for_sound_files_open_sound_files() -> None:
    """`transcribe` and `say` are asked by a person for a file; nothing in a call's path may open one."""
    openers = users_of("wave") | users_of("soundfile")
    assert {path for path in openers if not path.startswith(("voicebot/cli/", "models/"))} == set()


def test_the_ear_and_the_floor_never_name_a_patient() -> None:
    for part in ("voicebot/floor.py", "voicebot/hearing", "voicebot/processes/ear.py"):
        for path in sources(part):
            assert "patient" not in path.read_text(encoding="utf-8").lower().replace("patience", ""), path
