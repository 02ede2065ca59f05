"""What a person finds of a call, right or wrong, and what a correction of its booking says of it."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool

from voicebot.call_log import Summary, Verdict
from voicebot.desk.bookings import Wanted
from voicebot.desk.context import Desk
from voicebot.desk.roles import Account

REASONS = (("motive", "motive"), ("practitioner", "practitioner"), ("start", "time"))
"""What of a booking may have been corrected → the reason why the call was wrong (``labels.toml``, ``wrong``)."""


def reason_of(before: Wanted, now: Wanted) -> str | None:
    """Why a call was wrong whose booking had to be corrected; None when nothing was."""
    for part, reason in REASONS:
        if getattr(before, part) != getattr(now, part):
            return reason
    return None if before == now else "name"


async def give(
    desk: Desk, me: Account, summary: Summary, verdict: Verdict | None, reason: str | None, note: str | None
) -> None:
    """Note a verdict, or take it back (None), in the call's row, the audit trail and the journal that the board counts.

    Raises:
        StaleVersionError: somebody else has reviewed the call since ``summary`` was read.
    """
    at = desk.workspace.clock.now().isoformat(timespec="seconds") if verdict else ""

    def write() -> None:
        desk.workspace.call_log.review(
            summary.call, verdict, reason=reason, note=note, reviewer=me.id, at=at, version=summary.version
        )
        action, told = ("call.reviewed", {"verdict": verdict, "reason": reason}) if verdict else ("call.unreviewed", {})
        desk.audit(me, action, summary.call, **told)

    await run_in_threadpool(write)
    # The journal belongs to the event loop.
    desk.journal.record(summary.call, "reviewed", verdict=verdict, reason=reason)
