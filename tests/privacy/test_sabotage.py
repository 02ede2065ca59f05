"""A hostile library inside the real speech process: what the sandbox does not refuse, the proofs find."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import shutil
import subprocess
from pathlib import Path

import pytest

from voicebot.processes.rasa import default_cache, train_if_needed
from voicebot.proof.files import files_of, scan_files
from voicebot.proof.rules import Policy, judge, written_files
from voicebot.proof.service import DEBUG, SLOW_DEBUG, Service
from voicebot.proof.sip_caller import SipCaller
from voicebot.proof.trace import Trace, strace

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(480)]

SOUND_ENDS = 120.0
"""The longest wait for the saboteur to be done, s."""


@pytest.fixture
def tracing() -> None:
    if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine forbids ptrace, so strace sees nothing")
    train_if_needed()


async def said(log: Path) -> None:
    """Wait until the saboteur has done what it could: another process's file, so there is no clock to pass."""
    for _ in range(round(SOUND_ENDS / 0.1)):
        if "SABOTEUR said" in log.read_text():  # noqa: ASYNC240
            return
        await asyncio.sleep(0.1)


@pytest.mark.usefixtures("tracing")
async def test_a_hostile_library_is_refused_or_found_whatever_debug_switch_is_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library, loot = tmp_path / "library", tmp_path / "loot"
    library.mkdir()
    loot.mkdir()
    shutil.copy(Path(__file__).with_name("saboteur.py"), library / "sitecustomize.py")
    paths = [str(library), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))

    switches = {**DEBUG, **SLOW_DEBUG, "SABOTEUR": str(loot)}
    service = Service(tmp_path / "service", secrets.token_bytes(32), switches)
    service.folder.mkdir()
    output = tmp_path / "trace"
    try:
        await service.start(strace(output))
        async with SipCaller(service.sip_port):
            await said(service.log)
    finally:
        service.look()
        await service.stop()

    told = dict(re.findall(r"^SABOTEUR (\w+) (done|refused|failed)", service.log.read_text(), re.MULTILINE))
    assert set(told) == {"file", "temporary", "mapped", "child", "tcp", "udp"}
    assert {name for name, how in told.items() if how == "done"} <= {"udp"}
    assert list(loot.iterdir()) == []

    trace = Trace.read(output)
    policy = Policy(
        roles=service.roles,
        data=service.data,
        logs=frozenset({str(service.log)}),
        scratch=default_cache() / "scratch",
        ready_at=service.ready_at,
    )
    breaches = judge(trace, policy)
    if told["udp"] == "done":  # where the filter of system calls is not known
        assert any("192.0.2.1" in finding.detail for finding in breaches if finding.kind == "egress")
    written = [name for name in written_files(trace) if name.startswith(str(loot))]
    assert written == []
    assert [finding for finding in breaches if finding.kind in ("file", "vanished-file", "shared-memory")] == []
    in_log = scan_files(files_of([], [str(service.log)]))
    assert any(finding.kind == "canary" and "base64" in finding.detail for finding in in_log)
