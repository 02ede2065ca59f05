"""The run: real calls over WebRTC and SIP to the traced service, a crash in mid-call, then both proofs."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.control import path_of
from voicebot.database import FILE_NAME
from voicebot.demo.patient import Patient
from voicebot.errors import UnavailableError
from voicebot.practice import Practice, load_practice
from voicebot.processes.rasa import default_cache, train_if_needed
from voicebot.proof import desk
from voicebot.proof.files import files_of, scan_files
from voicebot.proof.findings import Finding
from voicebot.proof.namespace import has_route
from voicebot.proof.rows import columns, scan_rows
from voicebot.proof.rules import Policy, judge, written_files
from voicebot.proof.service import Service
from voicebot.proof.sip_caller import SipCaller
from voicebot.proof.trace import Trace, names_in, strace
from voicebot.proof.words import Words, scan_words
from voicebot.speaking.espeak import Espeak
from voicebot.speaking.resample import Resampler

PATIENTS = 4
"""How many may call before the run counts as one in which nobody could book."""
BUSY = 2.0
"""Processes that wait for each core, from which on nobody can be heard in time."""
CALL_SECONDS = 180.0
"""The longest that the patient's call may last, s."""
HEARD_SECONDS = 40.0
"""The longest wait until the words of the SIP caller were understood, s."""
HOLDS_SECONDS = 3.0
"""Sound that the speech process holds when it dies, s."""
SPOKEN = "Bonjour, je voudrais prendre rendez-vous pour une consultation."


@dataclass
class Run:
    """What happened, and what was found."""

    isolated: bool
    """There was no route to any other machine."""
    booked: bool = False
    """A patient booked by voice over WebRTC: an appointment was committed."""
    heard: dict[str, int] = field(default_factory=dict)
    """Utterances that were understood, by kind of call."""
    crashed: bool = False
    """The speech process died in mid-call, and the trace shows it."""
    debug: tuple[str, ...] = ()
    files: dict[str, int] = field(default_factory=dict)
    """Bytes written, by file."""
    words: dict[str, int] = field(default_factory=dict)
    """How many of each were looked for."""
    columns: int = 0
    """Columns of the database that were read."""
    metrics: bool = False
    pages: int = 0
    """Pages of the desk that somebody looked at, patients' files among them."""
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0
    load: float = 0.0
    """Processes that waited for each core at the end of the calls, on average over a minute."""

    @property
    def complete(self) -> bool:
        """Whether the run was what it should be: a proof of calls that never happened proves nothing."""
        understood = all(self.heard.get(kind, 0) for kind in ("sip", "webrtc"))
        return self.booked and self.crashed and self.metrics and self.pages > 0 and understood


async def run(folder: Path, seed: int, switches: Mapping[str, str]) -> Run:
    """Call, crash, stop, look, with these switches on. The folder is new. Raises UnavailableError."""
    begun = time.monotonic()
    train_if_needed()
    practice = load_practice(SAMPLE_PRACTICE)
    service = Service(folder / "service", secrets.token_bytes(32), switches)
    service.folder.mkdir(parents=True)
    output = folder / "trace"
    result = Run(isolated=not has_route(), debug=tuple(switches))
    following: asyncio.Task[None] | None = None
    metrics = ""
    try:
        await service.start(strace(output))
        following = asyncio.create_task(service.follow())
        await asyncio.gather(_patients(service, seed), _sip(service))
        result.load = round(_load(), 1)
        with suppress(httpx.HTTPError):  # a run without it is not complete, and says so
            result.pages = await desk.work(service)
        metrics = await _metrics(service)
        await _crash(service)
    finally:
        service.look()
        await service.stop()
        if following is not None:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
    trace = Trace.read(output)
    await asyncio.to_thread(_look, result, service, trace, practice, seed, metrics, output)
    result.seconds = round(time.monotonic() - begun, 1)
    return result


def _load() -> float:
    """Processes that waited for each core, on average over a minute."""
    return os.getloadavg()[0] / (os.cpu_count() or 1)


async def _patients(service: Service, seed: int) -> None:
    """Two patients at once call and book; where neither did, two more, unless the machine is too busy to listen."""
    for first in range(seed, seed + PATIENTS, 2):
        await asyncio.gather(_webrtc(service, first), _webrtc(service, first + 1))
        if any(event["event"] == "committed" for event in service.events) or _load() > BUSY:
            return


async def _webrtc(service: Service, seed: int) -> None:
    """The synthetic patient of the demo books, with the canary under every frame."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "voicebot.demo.caller", "--canary"),
        *("--seed", str(seed), "--url", service.web, "--data", str(service.data)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(CALL_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _sip(service: Service) -> None:
    """Somebody says one sentence over SIP and hangs up."""
    with suppress(TimeoutError, UnavailableError):  # a run in which nobody was heard says so itself
        async with SipCaller(service.sip_port) as caller:
            await _say_and_wait(service, caller)


async def _crash(service: Service) -> None:
    """The speech process dies while it holds a caller's sound."""
    service.look()
    before = len(service.events)
    with suppress(TimeoutError, UnavailableError):
        async with SipCaller(service.sip_port) as caller:
            async with asyncio.timeout(HEARD_SECONDS):
                await _event(service, before, "answered", kind="sip")
            await asyncio.sleep(HOLDS_SECONDS)
            service.crash("speech")
            async with asyncio.timeout(10):
                await caller.ended.wait()


async def _say_and_wait(service: Service, caller: SipCaller) -> None:
    before = len(service.events)
    async with asyncio.timeout(HEARD_SECONDS):
        call = await _event(service, before, "answered", kind="sip")
        await _event(service, before, "asks", call=call["call"])
        await _event(service, before, "spoken", call=call["call"])
    caller.say(_speech(SPOKEN))
    with suppress(TimeoutError):
        async with asyncio.timeout(HEARD_SECONDS):
            await _event(service, before, "heard", call=call["call"])


async def _event(service: Service, since: int, name: str, **wanted: str) -> dict[str, Any]:
    while True:
        for event in service.events[since:]:
            if event["event"] == name and all(event.get(key) == value for key, value in wanted.items()):
                return event
        await asyncio.sleep(0.05)


def _speech(text: str) -> np.ndarray[Any, np.dtype[np.int16]]:
    samples, rate = Espeak().synthesise(text)
    resampler = Resampler(rate, 8000)
    sound = np.concatenate((resampler.push(samples.astype(np.float32) / np.float32(32768)), resampler.finish()))
    return (np.clip(sound, -1, 1) * 32767).astype(np.int16)


async def _metrics(service: Service) -> str:
    """What the metrics tell after the calls."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        answer = await client.get(service.metrics.rstrip("/") + "/metrics")
        return answer.text


def _look(
    result: Run, service: Service, trace: Trace, practice: Practice, seed: int, metrics: str, output: Path
) -> None:
    """Both proofs."""
    written = written_files(trace)
    policy = Policy(
        roles=service.roles,
        data=service.data,
        logs=frozenset({str(service.log)}),
        scratch=default_cache() / "scratch",
        ready_at=service.ready_at,
        networks=practice.sip.allow,
        sockets=("/proc/self/fd/", str(service.folder / "tmp"), str(path_of(service.data))),
    )
    files = [path for path in files_of([service.folder], written) if path.name != "key"]
    words = _words(service, practice, seed)
    texts = {"metrics": metrics, "trace": names_in(output.read_text(errors="replace"))}
    readable = [path for path in files if not path.name.startswith(FILE_NAME)]
    result.findings = [
        *judge(trace, policy),
        *scan_files(files),
        *scan_rows(service.data, service.key),
        *scan_words(words, texts, readable),
    ]
    result.files = {_shorten(path, service): size for path, size in sorted(written.items())}
    result.words = dict(words.counts)
    result.columns = len(list(columns(service.data, service.key)))
    speech = {process for process, role in service.roles.items() if role == "speech"}
    result.metrics = "voicebot_calls_total" in metrics
    result.crashed = any(death.process in speech and death.signal == "SIGSEGV" for death in trace.deaths)
    result.booked = any(event["event"] == "committed" for event in service.events)
    kinds = {event["call"]: event["kind"] for event in service.events if event["event"] == "answered"}
    for event in service.events:
        if event["event"] == "heard" and event.get("text"):
            kind = kinds.get(event["call"], "?")
            result.heard[kind] = result.heard.get(kind, 0) + 1


def _words(service: Service, practice: Practice, seed: int) -> Words:
    words = Words()
    for patient in range(seed, seed + PATIENTS):
        wish = Patient(patient).wish
        words.person(wish.birth_name, wish.first_name, wish.birth_date, wish.phone)
    desk.add_patients(words)
    for motive in practice.motives.values():
        words.motive(motive.id, motive.label)
    for event in service.events:
        if event["event"] in ("heard", "said"):
            words.utterance(str(event["text"]))
    return words


def _shorten(path: str, service: Service) -> str:
    return path.replace(str(service.folder), "…").replace(str(default_cache()), "cache")
