"""The proof's report: what was tried, what was found, and whether the proofs could have failed. Markdown and JSON."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from voicebot.proof.controls import CAUGHT_BY, Control
from voicebot.proof.run import Run

ROOT = Path(__file__).resolve().parent.parent.parent


def holds(run: Run, controls: Sequence[Control]) -> bool:
    """Whether everything is proven: the calls took place, nothing was found, and every planted leak was caught."""
    return run.complete and run.isolated and not run.findings and all(control.holds for control in controls)


def as_dict(run: Run, controls: Sequence[Control]) -> dict[str, Any]:
    """For programs."""
    return {
        "holds": holds(run, controls),
        "version": version("voicebot"),
        "commit": _commit(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "kernel": platform.release(),
        "isolated": run.isolated,
        "booked": run.booked,
        "heard": run.heard,
        "crashed": run.crashed,
        "complete": run.complete,
        "debug": list(run.debug),
        "metrics": run.metrics,
        "pages": run.pages,
        "columns": run.columns,
        "words": run.words,
        "files": run.files,
        "findings": [vars(finding) for finding in run.findings],
        "controls": [
            {
                "leak": control.leak,
                "holds": control.holds,
                "caught_by": sorted({finding.proof for finding in control.findings}),
                "missed": sorted(map(list, control.missed)),
                "not_possible_here": sorted(map(list, control.excused)),
            }
            for control in controls
        ],
        "seconds": run.seconds,
        "load": run.load,
    }


def write(folder: Path, run: Run, controls: Sequence[Control]) -> None:
    """Write ``proof.json`` and ``proof.md``."""
    content = as_dict(run, controls)
    (folder / "proof.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "proof.md").write_text(_markdown(content), encoding="utf-8")


def _markdown(content: dict[str, Any]) -> str:
    lines = [
        f"# Proof that nothing is recorded: {'holds' if content['holds'] else 'DOES NOT HOLD'}",
        "",
        f"voicebot {content['version']}, commit {content['commit']}, {content['at']}, Linux {content['kernel']}, "
        f"{content['seconds']} s.",
        "",
        "## What took place",
        "",
        f"- Synthetic patients called over WebRTC, two at once; one booked by voice: {_yes(content['booked'])}.",
        f"- Another called over SIP; the speech process was killed in mid-call: {_yes(content['crashed'])}.",
        f"- Somebody worked at the desk and looked at {content['pages']} pages, patients' files among them.",
        f"- Utterances understood: {', '.join(f'{n} over {kind}' for kind, n in content['heard'].items()) or 'none'}.",
        "- All sent two tones under every frame; a recording in PCM16, float32, A-law, µ-law, base64, hexadecimal or",
        "  decimal form would hold them.",
        f"- Debug switches that were on: {', '.join(content['debug'])}.",
        f"- No route to any other machine: {_yes(content['isolated'])}.",
        "",
        "## What was found",
        "",
        *(
            [
                f"- **{finding['proof']}**: {finding['kind']}: {finding['where']}: {finding['detail']}"
                for finding in content["findings"]
            ]
            or ["Nothing."]
        ),
        "",
        f"Looked at: {len(content['files'])} files that were written, {content['columns']} columns of decrypted rows,",
        f"the log, the metrics, the trace. Words looked for: "
        f"{', '.join(f'{n} × {kind}' for kind, n in content['words'].items())}.",
        "",
        "| file | bytes written |",
        "|---|---|",
        *[f"| `{path}` | {size} |" for path, size in content["files"].items() if size],
        "",
        "## Could it have failed?",
        "",
        "Each leak was planted and looked for with the same trace and the same scan."
        if content["controls"]
        else "Not tried in this brief run: `make proof` plants every leak.",
        "",
        "| planted leak | trace | scan | as it must |",
        "|---|---|---|---|",
    ]
    for control in content["controls"]:
        must = {proof for proof, _ in CAUGHT_BY[control["leak"]]}
        cells = [_cell(proof, control["caught_by"], must) for proof in ("trace", "scan")]
        lines.append(f"| {control['leak']} | {cells[0]} | {cells[1]} | {_yes(control['holds'])} |")
    impossible = [control["leak"] for control in content["controls"] if control["not_possible_here"]]
    if impossible:
        lines += ["", f"Not wholly possible to plant on this machine: {', '.join(impossible)}."]
    return "\n".join(lines) + "\n"


def _cell(proof: str, caught_by: list[str], must: set[str]) -> str:
    if proof in caught_by:
        return "seen"
    return "MISSED" if proof in must else "–"


def _yes(value: bool) -> str:
    return "yes" if value else "NO"


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"
