"""``voicebot doctor``: what this machine has, lacks and enforces."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from functools import partial

from voicebot.cli.common import Clock, emit, parse_now
from voicebot.cli.keys import is_sample
from voicebot.control import service_now
from voicebot.data_checks import data_findings, key_finding
from voicebot.errors import VoicebotError
from voicebot.findings import Finding, State
from voicebot.practice import Practice, load_practice
from voicebot.privacy_checks import guards
from voicebot.vault.credential import credential_directory

MARKS: dict[State, str] = {"well": "ok      ", "weak": "À VOIR  ", "missing": "MANQUE  "}

MINIATURE, FORMANTS = "miniature", "espeak"
"""What comes with voicebot: enough for the demonstration, not for patients."""


def configure(parser: argparse.ArgumentParser) -> None:
    """No options of its own."""
    parser.description = (
        "Say in French what this machine has, lacks and enforces, one line a check: ok; À VOIR, which should be looked"
        " at; MANQUE, without which no call should be taken. Reads what can be read without the key."
    )


def run(args: argparse.Namespace) -> int:
    """Print one finding a line; exit 1 when something that a call needs is missing."""
    found = []
    for finding in _findings(args):
        found.append(finding.state)
        if args.json:
            emit(
                {
                    "check": finding.check,
                    "ok": finding.holds,
                    "needed": finding.needed,
                    "finding": f"{finding.name} : {finding.text}",
                }
            )
        else:
            print(f"{MARKS[finding.state]}{finding.name} : {finding.text}", flush=True)
    if not args.json:
        print(f"\n{_verdict(found.count('missing'), found.count('weak'))}")
    return 1 if "missing" in found else 0


def _verdict(missing: int, weak: int) -> str:
    if missing:
        return f"Ne prenez pas d'appel avant d'avoir mis en ordre ce qui manque ({missing})."
    return f"Des appels peuvent être pris ; à voir quand vous pourrez : {weak}." if weak else "Tout va bien."


def _findings(args: argparse.Namespace) -> Iterator[Finding]:
    try:
        yield from guards()
    except VoicebotError as error:
        yield Finding("sandbox", "missing", facts={"why": str(error)})
    sample = is_sample(args)
    checks: dict[str, Callable[[], Finding]] = {
        "hearing": partial(_hearing, sample=sample),
        "speaking": _speaking,
        "understanding": _understanding,
    }
    for name, check in checks.items():
        try:
            yield check()
        except VoicebotError as error:
            yield Finding(name, "missing", facts={"why": str(error)})
    try:
        practice = load_practice(args.practice)
    except VoicebotError as error:
        yield Finding("practice", "missing", facts={"why": str(error)})
    else:
        yield Finding("practice", "well", "sample" if sample else "", {"name": practice.name})
        yield from _data(args, practice, sample=sample)


def _data(args: argparse.Namespace, practice: Practice, *, sample: bool) -> Iterator[Finding]:
    yield key_finding(args.key_file, args.data, sample=sample, sealed=credential_directory() is not None)
    now = parse_now(args.now) or service_now(args.data)
    yield from data_findings(args.data, Clock(practice.zone, now).now())


def _hearing(*, sample: bool) -> Finding:
    from models.store import Store
    from voicebot.hearing import load_recogniser

    load_recogniser()
    model = Store().in_use("hearing").name
    if model == MINIATURE:
        return Finding("hearing", "weak" if sample else "missing", "demo")
    return Finding("hearing", "well", facts={"model": model})


def _speaking() -> Finding:
    from models.store import Store
    from voicebot.speaking import load_voice

    for _ in load_voice(16000).synthesise("Bonjour."):
        pass
    model = Store().in_use("speaking").name
    return Finding("speaking", "weak" if model == FORMANTS else "well", facts={"model": model})


def _understanding() -> Finding:
    from voicebot.processes.rasa import interpreter

    return Finding("understanding", "well" if interpreter().exists() else "missing")
