"""What exporters (iCalendar, CalDAV, FHIR) still have to tell others.

Rows are written in the transaction of a change and read after its commit, so an exporter never tells of a booking that
was rolled back, and a crash between the two loses nothing: the row waits.
"""

from __future__ import annotations

from dataclasses import dataclass

from voicebot.agenda.session import Session


@dataclass(frozen=True)
class Notice:
    """One committed change."""

    id: int
    kind: str
    """``book``, ``move``, ``cancel``, ``done`` or ``noshow``."""
    appointment_id: str
    version: int


class Outbox:
    """The notices that no exporter has acknowledged."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def pending(self, limit: int = 100) -> list[Notice]:
        """The oldest notices, in order."""
        found = self._session.tuples(
            "select id, kind, appointment_id, version from outbox order by id limit ?", (limit,)
        )
        return [Notice(*row) for row in found]

    def acknowledge(self, notice_id: int) -> None:
        """Forget a notice and those before it: they were exported."""
        with self._session.write() as database:
            database.conn.execute("delete from outbox where id <= ?", (notice_id,))
