"""How the practice's data stand, as far as it shows without their key: where it lies, clock, backups, room."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from voicebot.database import FILE_NAME
from voicebot.errors import ConfigurationError
from voicebot.findings import Finding, State
from voicebot.maintenance import DOUBT
from voicebot.vault.anchor import FILE_NAME as ANCHOR
from voicebot.vault.anchor import AnchorFile
from voicebot.vault.backups import listed
from voicebot.vault.key import is_protected

STALE = timedelta(days=3)
"""Backups are daily; a long weekend without one is no fault."""

BACK = timedelta(hours=26)
"""How far the clock may lie behind what was noted: summer time, and another zone."""

LITTLE, FULL = 2.0, 0.2
"""Room on the disk, GB: from which it is said, and from which nothing more can be written."""


def data_findings(data: Path, now: datetime) -> list[Finding]:
    """Clock, backups and room of a data directory; ``now`` is the practice's wall time."""
    return [_clock(data, now), _backups(data, now), _room(data)]


def key_finding(path: Path | None, data: Path, *, sample: bool, sealed: bool) -> Finding:
    """Where the key lies and how it is kept; ``path`` is its file, ``sealed``: systemd hands it over."""
    if path is None and sample:
        return Finding("key", "well", "sample")
    if path is None:
        return Finding("key", "well", "sealed") if sealed else Finding("key", "weak", "unsaid")
    try:
        protected = is_protected(path, data)
    except ConfigurationError as error:
        return Finding("key", "missing", facts={"why": str(error)})
    return Finding("key", "well", "protected") if protected else Finding("key", "weak", "plain")


def _clock(data: Path, now: datetime) -> Finding:
    doubted = data / DOUBT
    if doubted.exists():
        at = datetime.fromtimestamp(doubted.stat().st_mtime)
        return Finding("clock", "weak", "ahead", {"noted": f"{at:%d/%m/%Y}"})
    anchor, _ = AnchorFile(data / ANCHOR).read()
    if anchor is None:
        return Finding("clock", "well", "new")
    noted = datetime.fromisoformat(anchor.at)
    if now < noted - BACK:
        return Finding("clock", "weak", "back", {"now": f"{now:%d/%m/%Y %H:%M}", "noted": f"{noted:%d/%m/%Y %H:%M}"})
    return Finding("clock", "well")


def _backups(data: Path, now: datetime) -> Finding:
    if not (data / FILE_NAME).exists():
        return Finding("backups", "well", "new")
    times = [at for at, path in listed(data / "backups") if path.name.startswith("voicebot-")]
    if not times:
        return Finding("backups", "weak", "none")
    facts = {"at": f"{times[-1]:%d/%m/%Y}"}
    if now - times[-1] > STALE:
        return Finding("backups", "weak", "old", facts)
    return Finding("backups", "well", facts=facts)


def _room(data: Path) -> Finding:
    place = next(path for path in (data.absolute(), *data.absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free / 1e9
    state: State = "well" if free >= LITTLE else "weak" if free >= FULL else "missing"
    return Finding("room", state, facts={"free": f"{free:.1f}".replace(".", ",")})
