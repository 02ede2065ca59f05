"""What happened since a doctor last looked: between two patients, on one plain page."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from voicebot.agenda.session import Session

LONGEST = timedelta(days=3)
"""What is older than this is the board's, not a digest's."""

MOST_ROWS = 40
"""Changes that are listed; the rest is counted."""


@dataclass(frozen=True)
class Change:
    """One change of the agenda."""

    at: datetime
    kind: str
    """``book``, ``move`` or ``cancel``."""
    appointment: str
    source: str


@dataclass(frozen=True)
class Digest:
    """Since a moment."""

    since: datetime
    calls: int
    outcomes: Counter[str]
    emergencies: tuple[tuple[str, datetime], ...]
    """Calls that ended as emergencies: id and moment."""
    changes: tuple[Change, ...]
    more: int
    """Changes that are not listed."""

    @property
    def quiet(self) -> bool:
        """Whether nothing happened."""
        return not (self.calls or self.changes)


class Digests:
    """Reads digests, and remembers who looked when."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def since(self, account_id: str, now: datetime) -> tuple[datetime, bool]:
        """Where an account's digest begins, and whether it last looked then: else today, or three days ago."""
        found = self._session.tuples("select at from desk_look where account_id = ?", (account_id,))
        if not found:
            return now.replace(hour=0, minute=0, second=0, microsecond=0), False
        seen, oldest = datetime.fromisoformat(found[0][0]), now - LONGEST
        return (seen, True) if seen >= oldest else (oldest, False)

    def looked(self, account_id: str, now: datetime) -> None:
        """Note that an account has read up to now."""
        at = now.isoformat(timespec="seconds")
        with self._session.write(durable=False):
            self._session.execute(
                "insert into desk_look values(?, ?) on conflict do update set at = excluded.at", (account_id, at)
            )

    def read(self, since: datetime, practitioners: frozenset[str] | None = None) -> Digest:
        """What happened since a moment; changes of some practitioners' agenda only, or of everyone's."""
        at = since.isoformat(timespec="seconds")
        ended = self._session.tuples(
            "select call, at, data from call_event where event = 'outcome' and at >= ? order by at, id", (at,)
        )
        outcomes = [(call, datetime.fromisoformat(when), json.loads(data).get("outcome")) for call, when, data in ended]
        rows = self._session.tuples(
            "select c.at, c.kind, c.appointment_id, c.source, a.practitioner from act c"
            " join appointment a on a.id = c.appointment_id"
            " where c.at >= ? and c.kind in ('book', 'move', 'cancel') order by c.at desc, c.rowid desc",
            (at,),
        )
        mine = [
            Change(datetime.fromisoformat(when), kind, id, source)
            for when, kind, id, source, who in rows
            if practitioners is None or who in practitioners
        ]
        return Digest(
            since,
            len(ended),
            Counter(str(outcome) for _, _, outcome in outcomes),
            tuple((call, when) for call, when, outcome in outcomes if outcome == "emergency"),
            tuple(mine[:MOST_ROWS]),
            max(0, len(mine) - MOST_ROWS),
        )
