"""``voicebot practice check``: read the practice's file and say everything that is wrong with it."""

from __future__ import annotations

import argparse
import sys

from voicebot.agenda.checking import warnings
from voicebot.cli.common import Clock, emit, parse_now
from voicebot.practice import PracticeError, Problem, load_practice


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("action", choices=("check",), help="check: errors and warnings, with their lines")


def run(args: argparse.Namespace) -> int:
    """Print errors (exit status 2) and warnings (0)."""
    try:
        practice = load_practice(args.practice)
    except PracticeError as error:
        for problem in error.problems:
            _print(problem, "error", args.json)
        return 2
    found = warnings(practice, Clock(practice.zone, parse_now(args.now)).now())
    for problem in found:
        _print(problem, "warning", args.json)
    if not args.json:
        print(f"{practice.where.file}: correct, {len(found)} avertissement(s)")
    return 0


def _print(problem: Problem, severity: str, json: bool) -> None:
    if json:
        where = problem.where
        emit({"severity": severity, "file": where.file, "line": where.line, "key": where.key, "text": problem.text})
    else:
        label = "erreur" if severity == "error" else "avertissement"
        print(f"{label} : {problem}", file=sys.stderr if severity == "error" else sys.stdout)
