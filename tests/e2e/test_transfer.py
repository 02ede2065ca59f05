"""Callers who want a person, against the real service: a telephone that nobody takes, then one that is answered."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.baresip import Baresip as Patient
from tests.e2e.conftest import RunningService, start
from tests.e2e.driver import Follower
from tests.e2e.test_calls import press
from tests.processes.telephony.baresip import Baresip as Telephone

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SAMPLE = Path("voicebot/practice/sample")
OPEN = "2026-11-23T10:00"
"""A Monday, with someone at reception."""


class Practice:
    """A copy of the sample practice whose secretary can be moved."""

    def __init__(self, folder: Path) -> None:
        self.folder = shutil.copytree(SAMPLE, folder)
        self._file = folder / "practice.toml"
        self._text = self._file.read_text(encoding="utf-8")

    def secretary(self, address: str, *, method: str, ring_seconds: int) -> None:
        text = re.sub(r"(?m)^secretary = .*$", f'secretary = "{address}"\nmethod = "{method}"', self._text)
        text = re.sub(r"(?m)^ring_seconds = .*$", f"ring_seconds = {ring_seconds}", text)
        fresh = self._file.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self._file)


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Practice:
    return Practice(tmp_path_factory.mktemp("transfer") / "cabinet")


@pytest.fixture(scope="module")
def service(practice: Practice, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    keys = tmp_path_factory.mktemp("key")
    running = start(
        tmp_path_factory.mktemp("service"), "--practice", str(practice.folder), "--now", OPEN, key=keys / "key"
    )
    yield running
    running.process.send_signal(signal.SIGINT)
    running.process.wait(10)


async def ask_for_someone(service: RunningService, caller: Patient) -> list[dict[str, Any]]:
    """A caller in a hurry: 0 at the first question, 1 to be called back, then he hangs up. The events of his call."""
    events: list[dict[str, Any]] = []
    async with Follower(service.data) as follower, asyncio.timeout(120):
        await caller.dial(service.sip_port)
        while not events or events[-1]["event"] != "ended":
            events.append(await follower.next())
            match events[-1].get("asks"):
                case "open" if not any(event["event"] == "transfer" for event in events):
                    await press(caller, "0")
                case "callback":
                    await press(caller, "1")
                case "open":
                    caller.hang_up()
    return events


def transfers(events: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(e["state"], e.get("reason")) for e in events if e["event"] == "transfer"]


def outcome(events: list[dict[str, Any]]) -> str:
    [found] = [event["outcome"] for event in events if event["event"] == "outcome"]
    return str(found)


async def test_nobody_takes_the_call_then_the_practice_changes_its_number_and_someone_does(
    service: RunningService, practice: Practice, tmp_path: Path
) -> None:
    program = shutil.which("baresip")
    assert program, "baresip is not installed: run scripts/install-peers"
    async with (
        Telephone(program, tmp_path / "away") as away,
        Telephone(program, tmp_path / "desk", answers="auto") as desk,
    ):
        practice.secretary(away.address, method="bridge", ring_seconds=5)
        await asyncio.sleep(2)  # the service looks at the file each second: there is no clock to pass
        async with Patient(tmp_path, "0612345678") as caller:
            seen = await ask_for_someone(service, caller)
            await caller.ended(20)
        assert transfers(seen) == [("started", None), ("ringing", None), ("failed", "no-answer")]
        assert outcome(seen) == "callback"

        practice.secretary(desk.address, method="auto", ring_seconds=20)
        await asyncio.sleep(2)
        async with Patient(tmp_path, "0687654321") as caller:
            seen = await ask_for_someone(service, caller)
            await desk.event("CALL_ESTABLISHED")
        assert transfers(seen)[-1] == ("answered", None)
        assert outcome(seen) == "transferred"
    log = (service.data.parent / "service.log").read_text()
    assert away.address not in log
    assert desk.address not in log
    assert "612345678" not in log
