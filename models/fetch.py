"""Fetching models from a hub: verified, resumed, and nothing half-written ever in use.

A hub is any server with the paths of https://huggingface.co: ``/OWNER/NAME/resolve/REVISION/PATH``. A model is
downloaded into a hidden directory beside the others and moved into place when every file is verified.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx

from models.catalogue import Model
from models.download import Download, Fetched, Report
from models.store import Store, write_json
from voicebot.errors import ConfigurationError

DEFAULT_HUB = "https://huggingface.co"

_TIMEOUT = httpx.Timeout(30.0, connect=10.0)


def hub_address(named: str | None) -> str:
    """``--hub``, else ``$VOICEBOT_HUB``, else Hugging Face. Raises ConfigurationError unless it is an HTTP address."""
    hub = (named or os.environ.get("VOICEBOT_HUB") or DEFAULT_HUB).rstrip("/")
    if not hub.startswith(("https://", "http://")):
        raise ConfigurationError(f"--hub: {hub!r} is not an address like {DEFAULT_HUB}")
    return hub


def fetch(
    model: Model, store: Store, hub: str, report: Report, *, sleep: Callable[[float], None] = time.sleep
) -> list[Fetched]:
    """Bring a model into the store and record it in the lock.

    Raises:
        ConfigurationError: the model is not one to fetch, or the directory cannot be written.
        UnavailableError: the hub cannot be reached, broke off too often, or sent something else.
    """
    if model.embedded or not model.repository:
        raise ConfigurationError(f"the model {model.name} comes with voicebot: there is nothing to fetch")
    with _only_one(store.directory), httpx.Client(timeout=_TIMEOUT, follow_redirects=True) as client:
        staging = _staging(store.directory, model)
        known = store.lock().get(model.name, {})
        locked = known.get("files", {}) if known.get("revision") == model.revision else {}
        fetched = []
        for file in model.files:
            url = f"{hub}/{model.repository}/resolve/{model.revision}/{file.path}"
            download = Download(client, url, staging / file.name, report, sleep)
            expected = locked.get(file.name, {}).get("sha256")
            fetched.append(download.run(file, expected if isinstance(expected, str) else None))
        _put_in_place(staging, store.path(model))
        _record(store, model, hub, fetched)
    return fetched


@contextmanager
def _only_one(directory: Path) -> Iterator[None]:
    """Hold the directory for this fetch."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        handle = (directory / ".lock").open("w")
    except OSError as error:
        raise ConfigurationError(f"{directory} cannot be written ({error.strerror}): give another --models") from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(f"another fetch into {directory} is under way: wait for it") from None
        yield


def _staging(directory: Path, model: Model) -> Path:
    """Where this revision is being downloaded; what is left of another revision goes."""
    staging = directory / f".{model.name}-{str(model.revision)[:12]}.part"
    for other in directory.glob(f".{model.name}-*.part"):
        if other != staging:
            shutil.rmtree(other, ignore_errors=True)
    staging.mkdir(exist_ok=True)
    return staging


def _put_in_place(staging: Path, target: Path) -> None:
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    staging.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _record(store: Store, model: Model, hub: str, fetched: list[Fetched]) -> None:
    lock = dict(store.lock())
    lock[model.name] = {
        "fetched": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "hub": hub,
        "repository": model.repository,
        "revision": model.revision,
        "files": {file.name: {"sha256": file.sha256, "size": file.size, "checked": file.checked} for file in fetched},
    }
    write_json(store.directory / "lock.json", lock)
