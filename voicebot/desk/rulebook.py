"""The practice's file as the desk changes it: written whole and at once, every state kept, any of them brought back."""

from __future__ import annotations

import difflib
import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from voicebot.agenda.live import LivePractice
from voicebot.agenda.session import Session
from voicebot.cli.common import SAMPLE_PRACTICE
from voicebot.errors import ConfigurationError, StaleVersionError, UnavailableError
from voicebot.practice import FILE_NAME, Practice, read_practice
from voicebot.practice.editing import Change, edit

BY_HAND = "file"
"""The author of a state that the desk found and did not write."""

KEPT = 500
"""States that are kept; the oldest makes room."""


@dataclass(frozen=True)
class Version:
    """One state of the file."""

    id: int
    at: datetime
    author: str
    """An account's id, or ``BY_HAND``."""
    what: str
    digest: str


@dataclass(frozen=True)
class Draft:
    """The file as it would be."""

    base: str
    """Digest of the state that it was made from."""
    before: str
    after: str
    practice: Practice

    @property
    def lines(self) -> list[str]:
        """What changes in the file, as ``-``, ``+`` and `` `` lines."""
        diff = difflib.unified_diff(self.before.splitlines(), self.after.splitlines(), lineterm="", n=1)
        return [line for line in diff if not line.startswith(("---", "+++", "@@"))]


class Rulebook:
    """Changes ``practice.toml``. Threads and processes may share the file.

    Args:
        rules: follows the file; told of each change at once.
        session: the database that keeps the states.
        now: the practice's wall time.
    """

    def __init__(self, rules: LivePractice, directory: Path, session: Session, now: Callable[[], datetime]) -> None:
        self._rules = rules
        self._directory = directory
        self._path = (directory / FILE_NAME).resolve()
        self._session = session
        self._now = now

    def read(self) -> tuple[bytes, str]:
        """The file as it stands and its digest. Raises ConfigurationError."""
        try:
            raw = self._path.read_bytes()
        except OSError as error:
            raise ConfigurationError(f"{self._path}: {error.strerror}; put the file back") from None
        return raw, digest(raw)

    @property
    def frozen(self) -> str | None:
        """Why the desk may not write the file, in French; None when it may."""
        if self._directory.resolve() == SAMPLE_PRACTICE:
            return (
                "C'est le cabinet d'exemple : on peut tout essayer et voir l'effet, mais rien ne s'enregistre. "
                "Copiez son dossier pour en faire votre cabinet (docs/practice.md)."
            )
        if not os.access(self._path.parent, os.W_OK):
            return f"Le poste n'a pas le droit d'écrire dans {self._path.parent} : donnez-le au compte du service."
        return None

    def noted(self) -> tuple[bytes, str]:
        """As :meth:`read`; the state is kept, so that who starts from it can be told what changed meanwhile."""
        raw, base = self.read()
        if self._last() != base:
            with self._session.write():
                self._found(raw, base)
        return raw, base

    def text_at(self, base: str) -> bytes | None:
        """The whole text of the state with this digest; None when it is not kept."""
        found = self._session.tuples("select text from practice_version where digest = ? limit 1", (base,))
        return bytes(found[0][0]) if found else None

    def draft(self, changes: Sequence[Change], raw: bytes | None = None) -> Draft:
        """The file after some changes, validated; nothing is written.

        Args:
            raw: the file as it was read to decide on the changes; None reads it.

        Raises:
            PracticeError: the file would be wrong; each problem names key, line and mend.
            EditError: the change cannot be written.
        """
        raw = self.read()[0] if raw is None else raw
        before = raw.decode("utf-8")
        after = edit(before, changes)
        return Draft(digest(raw), before, after, read_practice(self._directory, after.encode()))

    def apply(self, after: str, *, base: str, author: str, what: str) -> Version:
        """Write the file, keep the state, and let the running service read it.

        Raises:
            StaleVersionError: the file is no longer the one that the change was made from.
            PracticeError: the text is no valid practice.
            UnavailableError: the file cannot be written; nothing was changed.
        """
        return self._write(after.encode(), base, author, what)

    def restore(self, version_id: int, *, base: str, author: str) -> Version:
        """Bring back a state, byte for byte. Raises as :meth:`apply`, and ConfigurationError for no such state."""
        found = self._session.tuples("select text, at from practice_version where id = ?", (version_id,))
        if not found:
            raise ConfigurationError(f"there is no version {version_id} of the practice's file")
        raw, at = bytes(found[0][0]), datetime.fromisoformat(found[0][1])
        return self._write(raw, base, author, f"Retour à la version du {at:%d/%m/%Y à %H:%M}")

    def versions(self, limit: int = 50) -> list[Version]:
        """The states that are kept, the newest first; the present one is recorded when someone changed it by hand."""
        self.noted()
        rows = self._session.tuples(
            "select id, at, author, what, digest from practice_version order by id desc limit ?", (limit,)
        )
        return [Version(id, datetime.fromisoformat(at), author, what, sha) for id, at, author, what, sha in rows]

    def text(self, version_id: int) -> bytes:
        """The whole text of a state. Raises ConfigurationError."""
        found = self._session.tuples("select text from practice_version where id = ?", (version_id,))
        if not found:
            raise ConfigurationError(f"there is no version {version_id} of the practice's file")
        return bytes(found[0][0])

    def _write(self, raw: bytes, base: str, author: str, what: str) -> Version:
        read_practice(self._directory, raw)
        if reason := self.frozen:
            raise UnavailableError(reason)
        # The database's write lock keeps two desks from writing at once.
        with self._session.write():
            before, found = self.read()
            if found != base:
                raise StaleVersionError("the practice's file changed meanwhile; look at it again")
            self._found(before, found)
            version = self._keep(author, what, raw)
            self._replace(raw)
        self._rules.refresh()
        return version

    def _last(self) -> str | None:
        rows = self._session.tuples("select digest from practice_version order by id desc limit 1")
        return rows[0][0] if rows else None

    def _found(self, raw: bytes, base: str) -> None:
        """Inside a write transaction: keep the state that stands, when nobody has yet."""
        last = self._last()
        if last != base:
            self._keep(BY_HAND, "Fichier modifié à la main" if last else "Premier état connu du fichier", raw)

    def _keep(self, author: str, what: str, raw: bytes) -> Version:
        at = self._now().replace(microsecond=0)
        self._session.execute(
            "insert into practice_version(at, author, what, text, digest) values(?, ?, ?, ?, ?)",
            (at.isoformat(), author, what, raw, digest(raw)),
        )
        [(id,)] = self._session.tuples("select max(id) from practice_version")
        self._session.execute("delete from practice_version where id <= ?", (id - KEPT,))
        return Version(id, at, author, what, digest(raw))

    def _replace(self, raw: bytes) -> None:
        """Write beside and rename: a reader meets the old file or the new one, even after a power cut."""
        temporary = None
        try:
            handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=".practice-", suffix=".toml")
            with os.fdopen(handle, "wb") as file:
                file.write(raw)
                file.flush()
                os.fchmod(file.fileno(), self._path.stat().st_mode & 0o7777)
                os.fsync(file.fileno())
            os.replace(temporary, self._path)
            directory = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)
        except OSError as error:
            if temporary is not None:
                with suppress(OSError):
                    os.unlink(temporary)
            raise UnavailableError(f"{self._path}: {error.strerror}: nothing was changed") from None


def digest(raw: bytes) -> str:
    """What tells one state from another."""
    return hashlib.sha256(raw).hexdigest()
