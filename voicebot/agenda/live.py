"""The rules of a running service: read again when the file changes, and the last good ones kept when it is wrong."""

from __future__ import annotations

import threading
from pathlib import Path

from voicebot.practice import FILE_NAME, Practice, PracticeError, load_practice


class LivePractice:
    """A practice that follows its file. Calling it gives the rules that hold; threads may share it.

    Raises:
        PracticeError: the file is wrong at the start, when there are no last good rules.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._stamp = self._look()
        self._practice = load_practice(directory)
        self.error: PracticeError | None = None
        """Why the file as it now stands is not in force."""

    def __call__(self) -> Practice:
        """The rules that hold."""
        return self._practice

    def refresh(self) -> bool:
        """Read the file again if it has changed, and return whether other rules hold now.

        A wrong file changes nothing but ``error``.
        """
        with self._lock:
            stamp = self._look()
            if stamp == self._stamp:
                return False
            self._stamp = stamp
            try:
                practice = load_practice(self._directory)
            except PracticeError as error:
                self.error = error
                return False
            self.error = None
            changed = practice.version != self._practice.version
            self._practice = practice
            return changed

    def _look(self) -> tuple[int, int, int] | None:
        """What tells one state of the file from another: editors replace a file as often as they write into it."""
        try:
            status = (self._directory / FILE_NAME).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino
