"""``voicebot demo``: the whole service on loopback, and a synthetic patient who calls and books."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import shutil
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from secrets import randbelow
from statistics import median
from typing import Any

from voicebot import faults
from voicebot.cli.common import emit, minute
from voicebot.cli.keys import is_sample
from voicebot.cli.setup import Workspace, open_workspace
from voicebot.demo.patient import Patient, Wish, fold
from voicebot.errors import UnavailableError
from voicebot.ports import Appointment
from voicebot.practice.loading import FILE_NAME
from voicebot.service import Ports, Service
from voicebot.vault.sandbox import protect_memory

CALL_SECONDS = 300.0
"""The longest that a demonstration's call may last, s."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--once", action="store_true", help="end after the call instead of keeping the pages open")
    parser.add_argument("--seed", type=int, metavar="N", help="draw the patient from this seed (default: by chance)")


@dataclass
class Result:
    """What came of the call."""

    latencies: list[float] = field(default_factory=list)
    """From the caller's last voiced sample to the reply's first, ms, one a turn."""
    call: str | None = None
    outcome: str | None = None
    appointment_id: str | None = None


def run(args: argparse.Namespace) -> int:
    """Start, let the patient call, and say what was booked."""
    protect_memory()
    faults.quiet(logging.WARNING)
    return asyncio.run(_demo(args))


async def _demo(args: argparse.Namespace) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    seed = args.seed if args.seed is not None else randbelow(10_000)
    screen = Screen(quiet=args.json)
    workspace = _open(args)
    before = {appointment.id for appointment in workspace.agenda.appointments()}
    service = Service(workspace, Ports(web=0, http=0), demo=True)
    screen.line("Démarrage : reconnaissance, voix, compréhension… (une minute la première fois)")
    try:
        start = asyncio.create_task(service.start())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({start, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            start.cancel()
            await asyncio.gather(start, return_exceptions=True)
            return 130
        start.result()
        if service.web is None:
            raise UnavailableError("the web pages were not started")
        addresses = service.web.addresses
        screen.line(f"Poste du secrétariat : {addresses['http']}  (code d'accès : {service.web.access_code})")
        screen.line(f"Page d'appel du patient : {addresses['web']}")

        patient = Patient(seed)
        screen.patient(seed, patient.wish)
        result = await _call(service, seed, addresses["web"], screen, stop)
        appointment = _booked(workspace, before, patient.wish)
        screen.result(workspace, appointment, result)
        if args.json:
            emit(_summary(appointment, result))
        if not args.once and not stop.is_set():
            screen.line("Les pages restent ouvertes ; Ctrl-C pour finir.")
            await stop.wait()
        return 0 if appointment is not None else 1
    finally:
        await service.stop()


def _open(args: argparse.Namespace) -> Workspace:
    """The practice at work; the desk of a demonstration that stays open may change a copy of the sample's rules."""
    if not is_sample(args) or args.once:
        return open_workspace(args)
    copy: Path = args.data / "practice"
    if not (copy / FILE_NAME).exists():
        args.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy.mkdir(mode=0o700, exist_ok=True)
        shutil.copy(args.practice / FILE_NAME, copy)
    return open_workspace(args, rules_at=copy)


async def _call(service: Service, seed: int, url: str, screen: Screen, stop: asyncio.Event) -> Result:
    """Let the patient, in a process of his own, call over WebRTC; show the call as the journal tells it."""
    result = Result()
    watching = asyncio.create_task(_watch(service, result, screen))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "voicebot.demo.caller", "--seed", str(seed), "--url", url, "--data", str(service.workspace.data)),
        stdout=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )

    async def read() -> None:
        if process.stdout is None:
            return
        async for line in process.stdout:
            event = json.loads(line)
            if "latency_ms" in event:
                result.latencies.append(event["latency_ms"])
                screen.latency(event["latency_ms"])

    reading = asyncio.create_task(read())
    stopped = asyncio.create_task(stop.wait())
    try:
        async with asyncio.timeout(CALL_SECONDS):
            await asyncio.wait({reading, stopped}, return_when=asyncio.FIRST_COMPLETED)
    except TimeoutError:
        screen.line("L'appel dure trop longtemps : il est raccroché.")
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        # The journal's last events follow the hang-up.
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await watching
        for task in (reading, stopped, watching):
            task.cancel()
    return result


async def _watch(service: Service, result: Result, screen: Screen) -> None:
    async for event in service.journal.follow():
        screen.event(event)
        match event["event"]:
            case "answered":
                result.call = event["call"]
            case "committed":
                result.appointment_id = event["appointment"]
            case "outcome":
                result.outcome = event["outcome"]
            case "ended":
                return


def _booked(workspace: Workspace, before: set[str], wish: Wish) -> Appointment | None:
    """The booking read back from the database, if there is exactly one new one and it is what the patient wanted."""
    new = [row for row in workspace.agenda.appointments() if row.id not in before and row.status == "booked"]
    if len(new) != 1:
        return None
    (row,) = new
    patient = row.patient
    right = (
        patient is not None
        and fold(patient.birth_name) == fold(wish.birth_name)
        and fold(patient.first_name) == fold(wish.first_name)
        and patient.birth_date == wish.birth_date
        and row.slot.motive == wish.motive
        and wish.suits(row.slot.start)
    )
    return row if right else None


def _summary(appointment: Appointment | None, result: Result) -> dict[str, Any]:
    return {
        "booked": appointment is not None,
        "appointment": _row(appointment) if appointment else None,
        "outcome": result.outcome,
        "turns": len(result.latencies),
        "p50_ms": _percentile(result.latencies, 50),
        "p95_ms": _percentile(result.latencies, 95),
    }


def _row(appointment: Appointment) -> dict[str, Any]:
    patient, slot = appointment.patient, appointment.slot
    return {
        "id": appointment.id,
        "start": minute(slot.start),
        "end": minute(slot.end),
        "motive": slot.motive,
        "practitioner": slot.practitioner,
        "patient": patient
        and {
            "birth_name": patient.birth_name,
            "first_name": patient.first_name,
            "birth_date": patient.birth_date.isoformat(),
        },
    }


def _percentile(values: Sequence[float], percent: int) -> int | None:
    if not values:
        return None
    if percent == 50:
        return round(median(values))
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)])


class Screen:
    """What the terminal shows: on stdout for a person, on stderr beside ``--json``."""

    def __init__(self, quiet: bool) -> None:
        self._stream = sys.stderr if quiet else sys.stdout

    def line(self, text: str = "") -> None:
        """One line."""
        print(text, file=self._stream, flush=True)

    def patient(self, seed: int, wish: Wish) -> None:
        """Who calls, and why."""
        days = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
        self.line()
        self.line(
            f"Patient de synthèse n° {seed} : {wish.first_name} {wish.birth_name}, né(e) le {wish.birth_date:%d/%m/%Y},"
        )
        self.line(f"veut : {wish.motive}, {days[wish.weekday]} {wish.part}. Il appelle…")
        self.line()

    def event(self, event: dict[str, Any]) -> None:
        """The live transcript of both sides."""
        match event["event"]:
            case "heard":
                text = event["text"] if not event["rejected"] else f"(pas compris : {event['text'] or '…'})"
                self.line(f"  patient   ▸ {text}")
            case "said":
                self.line(f"  assistant ◂ {event['text']}")
            case "turn":
                parts = (event["silence_ms"], event["recognition_ms"], event["dialogue_ms"], event["synthesis_ms"])
                self.line("              silence {} · reconnaissance {} · dialogue {} · voix {} ms".format(*parts))

    def latency(self, milliseconds: float) -> None:
        """How long the patient waited for the reply's first sound."""
        self.line(f"              réponse entendue après {milliseconds:.0f} ms")

    def result(self, workspace: Workspace, appointment: Appointment | None, result: Result) -> None:
        """The appointment as the database holds it."""
        self.line()
        if appointment is None or appointment.patient is None:
            self.line(f"Pas de rendez-vous pour ce patient ; issue de l'appel : {result.outcome or 'inconnue'}.")
            return
        slot, who = appointment.slot, appointment.patient
        self.line("Rendez-vous relu dans la base :")
        self.line(f"  {_spoken(slot.start)}, {slot.motive}, {workspace.practice.name_of(slot.practitioner)}")
        self.line(f"  {who.first_name} {who.birth_name}, né(e) le {who.birth_date:%d/%m/%Y}")
        if result.latencies:
            self.line(
                f"Temps de réponse entendu : médiane {_percentile(result.latencies, 50)} ms, "
                f"95 % sous {_percentile(result.latencies, 95)} ms ({len(result.latencies)} tours)."
            )


def _spoken(start: datetime) -> str:
    days = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
    return f"{days[start.weekday()]} {start:%d/%m/%Y à %H:%M}"
