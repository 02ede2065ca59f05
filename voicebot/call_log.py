"""One row for each finished call: its outcome and what makes it doubtful, from the journal's events.

Doubt is what a secretary should look at first; it is counted from events that are there whether or not the words of
the call may be kept.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, cast

from voicebot.database import ConnectionFactory
from voicebot.errors import StaleVersionError

DOUBTS: dict[str, int] = {
    "emergency": 100,
    "identity": 60,
    "fault": 50,
    "transfer_failed": 45,
    "abandoned": 35,
    "not_understood": 30,
    "uncertain": 25,
    "callback": 10,
}
"""What makes a call doubtful, and how much; the sum orders the page."""

UNCERTAIN_LOGPROB = -0.7
"""Mean log-probability of a recognition below which what was heard may be wrong."""

MISSED = 2
"""Turns that were not understood, from which a call went badly."""

BAD_ENDS = frozenset({"protocol", "lost", "fault"})
IDENTITY_REASONS = frozenset({"identity", "name"})

RECENT = 20_000
"""Events, from the last one back, among which a call that was cut off is sought."""

_CUT_OFF = (
    "select call from call_event where event = 'answered' and id > (select max(id) from call_event) - ?"
    " and json_extract(data, '$.kind') in ('sip', 'webrtc') and call not in (select call from call_summary)"
)

Verdict = Literal["right", "wrong"]

_SELECT = "select * from call_summary"
_CALLS = "select call from call_summary"


@dataclass
class Tally:
    """What is known of one call so far."""

    call: str
    began: str
    kind: str = "?"
    outcome: str = "abandoned"
    appointment: str | None = None
    turns: int = 0
    missed: int = 0
    logprob: float | None = None
    doubts: set[str] = field(default_factory=set)

    def take(self, event: Mapping[str, Any]) -> None:
        """Count one event."""
        match event["event"]:
            case "heard":
                self.turns += 1
                logprob = event.get("logprob")
                if event.get("rejected") or not event.get("text"):
                    self.missed += 1
                elif isinstance(logprob, int | float):
                    self.logprob = logprob if self.logprob is None else min(self.logprob, logprob)
            case "committed":
                self.appointment = str(event["appointment"])
            case "transfer" if event.get("state") == "failed":
                self.doubts.add("transfer_failed")
            case "outcome":
                self.outcome = str(event["outcome"])
            case "ended" if event.get("reason") in BAD_ENDS:
                self.doubts.add("fault")

    def weigh(self) -> frozenset[str]:
        """What makes the call doubtful."""
        found = set(self.doubts)
        if self.outcome in ("emergency", "abandoned", "callback"):
            found.add(self.outcome)
        if self.missed >= MISSED:
            found.add("not_understood")
        if self.logprob is not None and self.logprob < UNCERTAIN_LOGPROB:
            found.add("uncertain")
        return frozenset(found)


@dataclass(frozen=True)
class Summary:
    """A finished call."""

    call: str
    began: str
    ended: str
    kind: str
    outcome: str
    appointment: str | None
    turns: int
    missed: int
    logprob: float | None
    doubt: int
    doubts: tuple[str, ...]
    """The heaviest first."""
    verdict: Verdict | None
    reason: str | None
    note: str | None
    reviewer: str | None
    reviewed_at: str | None
    version: int


class CallLog:
    """Writes and reads the rows. Threads may share it."""

    def __init__(self, connect: ConnectionFactory) -> None:
        self._database = connect()
        self._lock = threading.Lock()
        self._live: dict[str, Tally] = {}

    # --- from the journal ---

    def take(self, event: Mapping[str, Any]) -> None:
        """One event of the journal; the row is written when the call has ended."""
        call = str(event["call"])
        if event["event"] == "answered":
            self._live[call] = Tally(call, str(event["at"]), str(event.get("kind")))
        elif event["event"] == "callback":
            # What was promised is told after the end.
            if event.get("reason") in IDENTITY_REASONS:
                self._doubt(call, "identity")
        elif (tally := self._live.get(call)) is not None:
            tally.take(event)
            if event["event"] == "ended":
                del self._live[call]
                self._write(tally, str(event["at"]))

    def recover(self, of_call: Callable[[str], list[dict[str, Any]]]) -> int:
        """Write the rows of calls that the service's end cut off; how many. Before the first call. Blocking."""
        with self._lock:
            lost = self._database.execute(_CUT_OFF, [RECENT]).fetchall()
        for (call,) in lost:
            events = of_call(call)
            tally = Tally(call, str(events[0]["at"]), str(events[0].get("kind")), doubts={"fault"})
            for event in events:
                tally.take(event)
            self._write(tally, str(events[-1]["at"]))
        return len(lost)

    def _write(self, tally: Tally, ended: str) -> None:
        doubts = tally.weigh()
        row = (
            *(tally.call, tally.began, ended, tally.kind, tally.outcome, tally.appointment),
            *(tally.turns, tally.missed, tally.logprob, sum(DOUBTS[code] for code in doubts), _ordered(doubts)),
        )
        with self._lock:
            self._database.execute(
                "insert or replace into call_summary(call, began, ended, kind, outcome, appointment, turns, missed,"
                " logprob, doubt, doubts) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def _doubt(self, call: str, code: str) -> None:
        if (tally := self._live.get(call)) is not None:
            tally.doubts.add(code)
            return
        with self._lock:
            found = self._database.execute("select doubts from call_summary where call = ?", [call]).fetchone()
            if found is not None and code not in (doubts := set(found[0].split())):
                self._database.execute(
                    "update call_summary set doubts = ?, doubt = doubt + ? where call = ?",
                    [_ordered(doubts | {code}), DOUBTS[code], call],
                )

    # --- for the desk ---

    def waiting(self, *, most: int = 100) -> int:
        """How many doubtful calls nobody has reviewed, counted up to ``most``."""
        sql = "select count(*) from (select 1 from call_summary where verdict is null and doubt > 0 limit ?)"
        with self._lock:
            return int(self._database.execute(sql, [most]).fetchone()[0])

    def to_review(self, limit: int, offset: int = 0) -> list[Summary]:
        """Calls that nobody has reviewed, doubt first."""
        return self._page(" where verdict is null order by doubt desc, ended desc, call", limit, offset)

    def reviewed(self, limit: int, offset: int = 0) -> list[Summary]:
        """Reviewed calls, the last reviewed first."""
        return self._page(" where verdict is not null order by reviewed_at desc, call", limit, offset)

    def ended(self, limit: int, offset: int = 0, *, until: date | None = None) -> list[Summary]:
        """All calls, the newest first; from the end of a day back if ``until`` names one."""
        if until is None:
            return self._page(" order by ended desc, call", limit, offset)
        return self._page(" where ended < ? order by ended desc, call", limit, offset, f"{until}T~")

    def get(self, call: str) -> Summary | None:
        """One call."""
        found = self._summaries(" where call = ?", call)
        return found[0] if found else None

    def review(
        self,
        call: str,
        verdict: Verdict | None,
        *,
        reason: str | None = None,
        note: str | None = None,
        reviewer: str,
        at: str,
        version: int,
    ) -> None:
        """Note what a person found, or take it back (``verdict`` None). Raises StaleVersionError."""
        with self._lock:
            changed = self._database.execute(
                "update call_summary set verdict = ?, reason = ?, note = ?, reviewer = ?, reviewed_at = ?,"
                " version = version + 1 where call = ? and version = ?",
                [verdict, reason, note, reviewer, at if verdict else None, call, version],
            ).rowcount
        if not changed:
            raise StaleVersionError("Cet appel vient d'être relu par quelqu'un d'autre.")

    def rebooked(self, call: str, appointment_id: str) -> None:
        """A person moved the appointment: it has another id now."""
        with self._lock:
            self._database.execute("update call_summary set appointment = ? where call = ?", [appointment_id, call])

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._database.close()

    def _page(self, ordered: str, limit: int, offset: int, *values: str) -> list[Summary]:
        """One page of a list. Its calls come from the index alone: a late page reads no row of those before it."""
        with self._lock:
            found = self._database.execute(_CALLS + ordered + " limit ? offset ?", [*values, limit, offset]).fetchall()
        calls = json.dumps([call for (call,) in found])
        rows = {row.call: row for row in self._summaries(" where call in (select value from json_each(?))", calls)}
        return [rows[call] for (call,) in found if call in rows]

    def _summaries(self, where: str, *values: object) -> list[Summary]:
        with self._lock:
            rows = list(self._database.query(_SELECT + where, list(values)))
        return [Summary(**{**row, "doubts": tuple(row["doubts"].split())}) for row in cast("list[Any]", rows)]


def _ordered(doubts: frozenset[str] | set[str]) -> str:
    return " ".join(sorted(doubts, key=lambda code: -DOUBTS[code]))
