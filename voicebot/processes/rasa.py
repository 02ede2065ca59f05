"""The Rasa process: how its model is trained, and how it is started.

Rasa lives in ``dialogs/`` with an environment of its own. Its model is trained when the content of ``dialogs/`` has
changed, kept in the cache under the hash of that content, and loaded only if the file is still the one that was
trained here: a model is code to whoever loads it (CVE-2024-49375).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from voicebot.children import Spawn
from voicebot.errors import UnavailableError
from voicebot.processes import confined

DIALOGS = Path(__file__).resolve().parent.parent.parent / "dialogs"
"""The Rasa project."""

TRAINING_SECONDS = 600
"""Training takes half a minute; after this long something is wrong, s."""

_SUFFIXES = frozenset({".py", ".toml", ".lock", ".yml"})
_INSTALL = "run `make install` (or `uv sync --directory dialogs --locked`)"


def interpreter() -> Path:
    """Python of Rasa's own environment, whether or not it exists."""
    return DIALOGS / ".venv" / "bin" / "python"


def default_cache() -> Path:
    """``$XDG_CACHE_HOME/voicebot/rasa``."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "voicebot" / "rasa"


def content_hash(project: Path = DIALOGS) -> str:
    """SHA-256 (hex) over the names and contents of the project's files and of its lock file."""
    digest = hashlib.sha256()
    for path in sorted(project.rglob("*")):
        relative = path.relative_to(project)
        hidden = any(part.startswith((".", "__")) for part in relative.parts[:-1])
        if hidden or path.suffix not in _SUFFIXES or not path.is_file():
            continue
        content = path.read_bytes()
        digest.update(f"{relative.as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def train_if_needed(
    cache_dir: Path | None = None, *, announce: Callable[[str], None] = lambda line: print(line, file=sys.stderr)
) -> Path:
    """The model file of the present content of ``dialogs/``, trained now if there is none. Blocking, up to a minute.

    Processes that start together wait for one training. ``announce`` receives one line when there is something to
    wait for.

    Raises:
        UnavailableError: Rasa's environment is missing, training failed, or the cache cannot be written.
    """
    if not interpreter().exists():
        raise UnavailableError(f"Rasa's environment {interpreter().parent.parent} is missing: {_INSTALL}")
    cache = cache_dir or default_cache()
    model = cache / f"{content_hash()}.tar.gz"
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _intact(model):
            return model
        with _lock(cache / "training.lock", announce):
            if not _intact(model):
                announce("training the understanding of French (about half a minute, once per version)…")
                _train(model)
    except OSError as error:
        raise UnavailableError(f"the cache {cache} cannot be used: {error.strerror}; set XDG_CACHE_HOME") from None
    return model


def door() -> socket.socket:
    """A socket on a free port of loopback for one incarnation.

    It does not listen yet: whoever asks before the process answers is refused at once.
    """
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    return bound


def spawn(model: Path, door: socket.socket, secret: str) -> Spawn:
    """How the process is started: settings on stdin, nothing secret in the arguments or the environment.

    It may write beneath a directory of its own only, which is removed at its end, and has no TCP but ``door``, which
    is closed here once the process has it.
    """
    own = _directory(model.parent / "scratch")
    fd = door.detach()
    settings = {"model": str(model), "fd": fd, "secret": secret}
    program = [str(interpreter()), "-m", "assistant.serve"]
    return Spawn(
        confined.argv(str(own), program), settings, fds=[fd], close_after=[fd], env=_environment(own), folder=own
    )


def _directory(scratch: Path) -> Path:
    """A new directory for one incarnation; those of a service that was killed are removed now."""
    scratch.mkdir(mode=0o700, exist_ok=True)
    for left in scratch.iterdir():
        if not Path("/proc", left.name.partition("-")[0]).exists():
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=scratch))


def _environment(scratch: Path) -> dict[str, str]:
    """The little that Rasa needs; one thread of linear algebra is quickest for one sentence."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "PYTHONPATH": str(DIALOGS),
        "RASA_TELEMETRY_ENABLED": "false",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _train(model: Path) -> None:
    """Train into the cache; the checksum is written last, so that a half-written model never counts."""
    with tempfile.TemporaryDirectory(prefix="train-", dir=model.parent) as scratch:
        trained = Path(scratch) / "model.tar.gz"
        argv = [str(interpreter()), "-m", "assistant.train", str(trained)]
        try:
            done = subprocess.run(  # noqa: S603
                argv,
                env=_environment(Path(scratch)),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TRAINING_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise UnavailableError(f"Rasa did not finish training within {TRAINING_SECONDS} s") from None
        if done.returncode != 0 or not trained.exists():
            tail = done.stderr.decode(errors="replace").strip()[-2000:]
            raise UnavailableError(f"Rasa could not be trained (exit status {done.returncode}): {_INSTALL}\n{tail}")
        checksum = _checksum(trained)
        trained.replace(model)
        written = Path(scratch) / "sha256"
        written.write_text(checksum + "\n", encoding="ascii")
        written.replace(_checksum_file(model))
    for old in model.parent.glob("*.tar.gz"):
        if old != model:
            _checksum_file(old).unlink(missing_ok=True)
            old.unlink(missing_ok=True)


def _intact(model: Path) -> bool:
    """Whether the file is the one that was trained here."""
    try:
        expected = _checksum_file(model).read_text(encoding="ascii").strip()
        return _checksum(model) == expected
    except FileNotFoundError:
        return False


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _checksum_file(model: Path) -> Path:
    return model.with_name(model.name + ".sha256")


@contextmanager
def _lock(path: Path, announce: Callable[[str], None]) -> Iterator[None]:
    """Hold an advisory lock; the kernel releases it if the holder dies."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            announce("waiting for another process that trains the understanding of French…")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
