"""The guards of this machine are tried, not assumed; the service unit sets those that a process cannot set itself."""

from __future__ import annotations

import ast
import configparser
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from voicebot import privacy_checks
from voicebot.privacy_checks import guards, swap_devices

ROOT = Path(__file__).resolve().parent.parent.parent


def test_each_guard_is_named_and_says_what_was_found() -> None:
    found = guards()
    assert len({guard.name for guard in found}) == len(found) >= 5
    assert all(guard.text for guard in found)


def test_without_landlock_the_finding_names_the_service_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    report = {
        "landlock": 0,
        "refused": False,
        "no_network": False,
        "no_core_dump": True,
        "not_dumpable": True,
        "freed_overwritten": True,
        "memory_locked": False,
        "problems": ["no Landlock in this kernel"],
    }
    monkeypatch.setattr(privacy_checks, "TRY", f"print({json.dumps(report)!r})")
    first = guards()[0]
    assert not first.holds
    assert first.needed
    assert "packaging/voicebot.service" in first.text


def test_swap_on_a_disk_is_told_and_compressed_memory_is_no_disk(tmp_path: Path) -> None:
    swaps = tmp_path / "swaps"
    swaps.write_text("Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n/dev/zram0 partition 1 0 100\n")
    assert swap_devices(swaps) == ["/dev/sda2"]
    assert swap_devices(tmp_path / "none") == []


def test_a_process_that_hears_loads_nothing_native_before_it_is_restricted() -> None:
    program = (
        "import sys; before = set(sys.modules); import voicebot.vault.sandbox; "
        "print('\\n'.join(set(sys.modules) - before))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "voicebot.vault.sandbox" in loaded
    assert not [name for name in loaded if name.split(".")[0] in ("numpy", "av", "onnxruntime", "ctranslate2", "scipy")]


@pytest.mark.parametrize("process", ["speech", "telephony"])
def test_the_first_statement_of_a_process_that_hears_is_the_restriction(process: str) -> None:

    tree = ast.parse((ROOT / f"voicebot/processes/{process}.py").read_text(encoding="utf-8"))
    first, second, third = tree.body[1:4]  # after the docstring
    assert isinstance(first, ast.ImportFrom)
    assert first.module == "__future__"
    assert isinstance(second, ast.ImportFrom)
    assert second.module == "voicebot.vault.sandbox"
    assert ast.unparse(third).startswith("RESTRICTED = restrict(")


@pytest.mark.parametrize("switch", ["VOICEBOT_DEBUG", "DEBUG", "LOG_LEVEL", "PYTHONDEVMODE", "PYTHONFAULTHANDLER"])
def test_no_debug_switch_loosens_the_restriction(switch: str) -> None:

    program = "from voicebot.vault.sandbox import restrict; report = restrict(); print(report.problems, report.refused)"
    env = {**os.environ, switch: "DEBUG" if switch == "LOG_LEVEL" else "1"}
    plain = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    debug = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=env)
    assert debug.stdout == plain.stdout


def test_nothing_in_the_way_of_sound_reads_a_debug_switch() -> None:
    """Were there one, it could be turned on."""
    parts = ("telephony", "voicebot/hearing", "voicebot/speaking", "voicebot/vault/sandbox.py", "voicebot/wire.py")
    files = [
        path for part in parts for path in ([ROOT / part] if part.endswith(".py") else (ROOT / part).rglob("*.py"))
    ]
    allowed = {"voicebot/hearing/__init__.py", "voicebot/speaking/__init__.py"}
    readers = {
        str(path.relative_to(ROOT))
        for path in files
        if "os.environ" in path.read_text(encoding="utf-8") or "getenv" in path.read_text(encoding="utf-8")
    }
    debug = {name for name in readers if "DEBUG" in (ROOT / name).read_text(encoding="utf-8")}
    assert debug - allowed == set()


def test_the_service_unit_forbids_what_a_process_cannot_forbid_itself() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read(ROOT / "packaging" / "voicebot.service", encoding="utf-8")
    service = unit["Service"]
    wanted = {
        "MemorySwapMax": "0",
        "LimitCORE": "0",
        "ProtectSystem": "strict",
        "PrivateTmp": "yes",
        "NoNewPrivileges": "yes",
        "IPAddressDeny": "any",
    }
    assert {name: service[name] for name in wanted} == wanted
    assert "KEY=" not in (ROOT / "packaging" / "voicebot.service").read_text(encoding="utf-8")


def test_systemd_knows_every_line_of_the_service_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed here")
    unit = (ROOT / "packaging" / "voicebot.service").read_text(encoding="utf-8")
    # Where it will be installed there is nothing yet.
    trial = tmp_path / "voicebot.service"
    trial.write_text(re.sub(r"(?m)^ExecStart=.*", "ExecStart=/bin/true", unit))
    done = subprocess.run(["systemd-analyze", "verify", str(trial)], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if re.search(rf"{trial.name}:\d+:", line)] == []


def test_the_desk_may_write_the_practice_s_file_under_the_service_unit() -> None:
    unit = (ROOT / "packaging" / "voicebot.service").read_text(encoding="utf-8")
    practice = re.search(r"^Environment=VOICEBOT_PRACTICE=(\S+)$", unit, re.MULTILINE)
    assert practice is not None
    assert f"ReadWritePaths=-{practice[1]}\n" in unit
