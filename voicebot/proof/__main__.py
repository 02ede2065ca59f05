"""``python -m voicebot.proof --out DIR``: the proof and its report; exit 0 it holds, 1 it does not, 2 it cannot run."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from voicebot.errors import UnavailableError, VoicebotError
from voicebot.proof.controls import CAUGHT_BY, plant
from voicebot.proof.namespace import enter, raise_loopback, way
from voicebot.proof.report import holds, write
from voicebot.proof.run import run
from voicebot.proof.service import DEBUG, SLOW_DEBUG

SEED = 11


def main() -> int:
    """Enter a network without a route, then prove."""
    parser = argparse.ArgumentParser(prog="voicebot.proof", description="Prove that a call leaves no recording.")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the report is written")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help="which synthetic patient calls")
    parser.add_argument("--brief", action="store_true", help="without planted leaks and Python's slow debug modes")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave everything in this new folder, to look into it")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    try:
        _check_tracing()
        if not args.inside:
            command = way()
            if command is None:
                raise UnavailableError(
                    "this kernel lets no process have a network of its own (unshare -n), so the absence of egress "
                    "cannot be proven here; run as root, or allow user namespaces"
                )
            sys.stdout.flush()
            enter([sys.executable, "-m", "voicebot.proof", *sys.argv[1:], "--inside"], command)
        raise_loopback()
        if args.keep is not None:
            return _prove(args.out, args.seed, args.keep, brief=args.brief)
        with tempfile.TemporaryDirectory(prefix="voicebot-proof-") as folder:
            return _prove(args.out, args.seed, Path(folder), brief=args.brief)
    except VoicebotError as error:
        print(f"voicebot.proof: {error}", file=sys.stderr)
        return 2


def _prove(out: Path, seed: int, folder: Path, *, brief: bool) -> int:
    out.mkdir(parents=True, exist_ok=True)
    controls = [plant(leak, folder / f"leak-{leak}") for leak in (() if brief else CAUGHT_BY)]
    for control in controls:
        print(f"{'caught' if control.holds else 'MISSED'}  planted leak: {control.leak}", flush=True)
    result = asyncio.run(run(folder / "run", seed, DEBUG if brief else {**DEBUG, **SLOW_DEBUG}))
    write(out, result, controls)
    for finding in result.findings:
        print(f"FOUND   {finding}")
    proven = holds(result, controls)
    print(f"{'proven' if proven else 'NOT PROVEN'}: {out / 'proof.md'}")
    return 0 if proven else 1


def _check_tracing() -> None:
    strace = shutil.which("strace")
    if strace is None:
        raise UnavailableError("strace is missing: run scripts/install-peers (apt-get install strace)")
    probe = [strace, "-qq", "-o", "/dev/null", "true"]
    done = subprocess.run(probe, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise UnavailableError(f"this machine forbids ptrace, so strace sees nothing: {done.stderr.strip()[-200:]}")


if __name__ == "__main__":
    sys.exit(main())
