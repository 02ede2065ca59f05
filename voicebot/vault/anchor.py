"""Where the audit trail ends, repeated outside the database, so that a trail that was cut short shows."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from voicebot.errors import UnavailableError

FILE_NAME = "audit.anchor"


@dataclass(frozen=True)
class Anchor:
    """One end of the trail."""

    seq: int
    hash: str
    at: str

    @property
    def code(self) -> str:
        """What a person writes down or a log keeps: ``SEQ-HASH`` with 16 digits of the hash."""
        return f"{self.seq}-{self.hash[:16]}"


class AnchorFile:
    """One anchor in a file, replaced whole. Processes may share it; it only ever moves forward."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> tuple[Anchor | None, str | None]:
        """The anchor, and what is wrong with the file."""
        try:
            value = json.loads(self.path.read_text(encoding="utf-8"))
            return Anchor(int(value["seq"]), str(value["hash"]), str(value["at"])), None
        except FileNotFoundError:
            return None, f"{self.path.name}: is missing, so a trail that was cut short would not show"
        except (OSError, ValueError, KeyError, TypeError):
            return None, f"{self.path.name}: cannot be read; it was damaged or changed"

    def write(self, anchor: Anchor, *, reset: bool = False) -> None:
        """Note a new end; an older one than the file's is ignored unless the trail is ``reset`` by a restore.

        Raises:
            UnavailableError: the file cannot be written.
        """
        draft = self.path.with_name(f".{self.path.name}")
        try:
            descriptor = os.open(draft, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                known, _ = self.read()
                if known is not None and known.seq >= anchor.seq and not reset:
                    return
                self._replace(anchor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise UnavailableError(f"{self.path}: {error.strerror}; make room on the disk, then try again") from None

    def _replace(self, anchor: Anchor) -> None:
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        descriptor = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, (json.dumps(asdict(anchor)) + "\n").encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(fresh, self.path)
