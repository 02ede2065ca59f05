"""What a call leaves behind once it is over: things to do for the staff, and nothing that the caller wanted erased."""

from __future__ import annotations

from voicebot.cli.setup import Workspace
from voicebot.journal import Journal
from voicebot.thinking.conversation import Conversation


def eraser(workspace: Workspace, journal: Journal, call_id: str) -> str:
    """Erase what is kept of a call under way, from the screens too; the code of the receipt."""
    code = workspace.vault.erase_call(call_id, actor=f"call:{call_id}").code
    journal.record(call_id, "erased", keep=False)
    return code


def settle(workspace: Workspace, journal: Journal, call_id: str, mind: Conversation) -> None:
    """Keep what was promised; forget the words that the caller did not want kept."""
    if mind.erase:
        # Before the promises: a message that was left after the erasure is meant to be read.
        eraser(workspace, journal, call_id)
    elif mind.keeps_transcript is False:
        workspace.events.erase_words(call_id)
    for promise in mind.callbacks:
        journal.record(
            call_id,
            "callback",
            phone=promise.phone,
            reason=promise.reason,
            by=promise.by.isoformat(),
            birth_name=promise.birth_name,
            first_name=promise.first_name,
            caller_name=promise.caller_name,
            message=promise.message,
            promised=promise.promised,
        )
    if mind.patient_id is not None:
        # What was disclosed or changed on the phone is an access too.
        workspace.audit.record(f"call:{call_id}", "patient.identified", mind.patient_id)
    if mind.patient_id is not None and not mind.erase:
        journal.record(call_id, "identified", patient=mind.patient_id)
