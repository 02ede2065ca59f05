"""How often an identity may fail: birth dates must not be found by trying them out on the phone.

Failures of the last day are counted for the number that calls, for the name that is claimed, and over all calls.
Numbers and names are kept as hashes, and no longer than they count.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from voicebot.agenda.patients import search_key
from voicebot.agenda.session import Session
from voicebot.ports import PatientClaim

SPAN = timedelta(hours=24)
"""How long a failure counts."""

MOST_BY_CALLER = 6
"""Failures of one number. A household that mishears itself twice a call calls three times a day."""

MOST_BY_NAME = 6
"""Failures for one name, from whatever numbers."""

MOST_HIDDEN = 30
"""Failures of callers who hide their number, together."""

MOST_OF_ALL = 100
"""Failures over all calls: far above what a busy practice meets, far below what finds one date in 30,000."""


class Guard:
    """Failed identities of the agenda's database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def permits(self, claim: PatientClaim, caller: str | None, now: datetime) -> bool:
        """Whether one more identity may be tried."""
        who, name = _hash(caller or ""), _name(claim)
        [(all_, by_caller, by_name)] = self._session.tuples(
            "select count(*), coalesce(sum(caller = ?), 0), coalesce(sum(name = ?), 0) from identity_failure"
            " where at > ?",
            (who, name, (now - SPAN).isoformat(timespec="seconds")),
        )
        most = MOST_BY_CALLER if caller else MOST_HIDDEN
        return bool(by_caller < most and by_name < MOST_BY_NAME and all_ < MOST_OF_ALL)

    def note(self, claim: PatientClaim, caller: str | None, now: datetime) -> None:
        """Count a failure, and forget those that no longer count."""
        at = now.isoformat(timespec="seconds")
        with self._session.write(durable=False):
            self._session.execute(
                "delete from identity_failure where at <= ?", ((now - SPAN).isoformat(timespec="seconds"),)
            )
            self._session.execute(
                "insert into identity_failure(at, caller, name) values(?, ?, ?)",
                (at, _hash(caller or ""), _name(claim)),
            )


def _name(claim: PatientClaim) -> str:
    return _hash(search_key(claim.birth_name, claim.first_name))


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]
