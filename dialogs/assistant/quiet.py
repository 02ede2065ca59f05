"""Logs without a word of any caller.

Rasa, structlog, Sanic and warnings print the text of messages in several places (an intent payload that does not parse
is printed even at CRITICAL). So nothing that they say is passed on: of their errors only the logger's name and the
exception's type are written to stderr.
"""

from __future__ import annotations

import logging
import sys
import warnings
from typing import NoReturn

log = logging.getLogger("assistant")


class TypeOnlyFormatter(logging.Formatter):
    """Our own messages in full; of any other logger only its name and the exception's type."""

    def format(self, record: logging.LogRecord) -> str:
        """One line for one record."""
        if record.name.partition(".")[0] == "assistant":
            return f"rasa: {record.getMessage()}"
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else "error"
        return f"rasa: {record.name}: {kind}"


def configure() -> None:
    """Route logging, structlog and warnings; call it before Rasa is imported and again after."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TypeOnlyFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.ERROR)
    log.setLevel(logging.INFO)
    drop_chatter()
    warnings.showwarning = _ignore_warning


def drop_chatter() -> None:
    """Drop what structlog and warnings would print."""
    import structlog

    structlog.configure(processors=[_drop], logger_factory=structlog.ReturnLoggerFactory())
    warnings.simplefilter("ignore")


def _drop(logger: object, method: str, event: object) -> NoReturn:
    import structlog

    raise structlog.DropEvent


def _ignore_warning(*args: object, **options: object) -> None:
    pass
