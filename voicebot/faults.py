"""What a process says of a fault: its type and where it happened, never its text, which may be a caller's words.

``KeyError: 'Dupont'`` is what Python would print. Libraries do the same in their own log lines, so of a logger that is
not ours only the name and the fault are passed on.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType

OURS = ("voicebot", "telephony")
"""Packages whose log lines are written by us, of ids and codes."""

FRAMES = 12
"""The innermost frames that are told."""


class CodesOnly(logging.Formatter):
    """Our own lines in full; of any other logger its name; of a fault its type and place."""

    def format(self, record: logging.LogRecord) -> str:
        """One line for one record."""
        line = logging.Formatter.formatMessage(self, self._named(record))
        error = record.exc_info[1] if record.exc_info else None
        return line if error is None else f"{line}: {told(error)}"

    def _named(self, record: logging.LogRecord) -> logging.LogRecord:
        record.message = record.getMessage() if _is_ours(record) else f"{record.name} reports"
        return record


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in OURS


def told(error: BaseException) -> str:
    """``KeyError at store.py:12 in find < page.py:3 in show``: the innermost place first."""
    return f"{type(error).__name__}{_reason(error)} at {_places(error.__traceback__) or 'an unknown place'}"


def _reason(error: BaseException) -> str:
    """What an operator needs and no caller can have said: the name of a module, the system's own error."""
    if isinstance(error, ImportError):
        return f" ({error})"
    return f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""


def _places(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[::-1][:FRAMES]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames)


def quiet(level: int, form: str = "%(levelname)s %(message)s") -> None:
    """Have this process say faults by type and place only: logged, unhandled, in threads and in destructors."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(CodesOnly(form))
    handler.addFilter(lambda record: _is_ours(record) or record.levelno >= logging.WARNING)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    sys.excepthook = lambda kind, error, trace: _say(error.with_traceback(trace))
    threading.excepthook = lambda args: _say(args.exc_value)
    sys.unraisablehook = lambda args: _say(args.exc_value)


def _say(error: BaseException | None) -> None:
    if error is not None and not isinstance(error, KeyboardInterrupt):
        print(f"voicebot: a fault: {told(error)}", file=sys.stderr, flush=True)
