"""A finished call as a secretary reads it: what was heard, what was understood, what was answered and done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from voicebot.call_log import UNCERTAIN_LOGPROB
from voicebot.desk.labels import day, label, phone
from voicebot.practice.schema import Practice


@dataclass
class Turn:
    """One turn of the caller and the assistant's."""

    at: datetime
    heard: str | None = None
    lost: bool = False
    """It was not understood by ear."""
    uncertain: bool = False
    """The recogniser was not sure of its words."""
    understood: list[str] = field(default_factory=list)
    said: str | None = None
    done: list[str] = field(default_factory=list)
    """What was asked, offered or written."""


def turns(events: Iterable[Mapping[str, Any]], practice: Practice) -> list[Turn]:
    """The turns of a call from its kept events, oldest first. Without words there are only acts."""
    found: list[Turn] = []

    def current(event: Mapping[str, Any], *, fresh: bool = False) -> Turn:
        if fresh or not found:
            found.append(Turn(datetime.fromisoformat(event["at"])))
        return found[-1]

    for event in events:
        match event["event"]:
            case "heard":
                turn = current(event, fresh=True)
                turn.heard = str(event.get("text") or "")
                turn.lost = bool(event.get("rejected")) or not turn.heard
                logprob = event.get("logprob")
                turn.uncertain = not turn.lost and isinstance(logprob, int | float) and logprob < UNCERTAIN_LOGPROB
            case "understood":
                current(event).understood += [
                    item_text(kind, value, practice) for kind, value in event.get("items", ())
                ]
            case "said":
                current(event, fresh=bool(found) and found[-1].said is not None).said = str(event["text"])
            case "asks":
                current(event).done.append(_asked(event))
            case "committed":
                current(event).done.append("écrit dans l'agenda")
            case "transfer":
                current(event).done.append(TRANSFER.get(str(event.get("state")), "transfert"))
    return found


TRANSFER = {
    "started": "fait sonner le cabinet",
    "ringing": "le cabinet sonne",
    "answered": "le cabinet a répondu",
    "failed": "personne n'a répondu",
}


def _asked(event: Mapping[str, Any]) -> str:
    offers = [datetime.fromisoformat(offer) for offer in event.get("offers", ())]
    listed = ", ".join(f"{day(offer).lower()} {offer:%H:%M}" for offer in offers)
    return f"demande {label('asks', event['asks'])}" + (f" : {listed}" if listed else "")


def item_text(kind: str, value: str, practice: Practice) -> str:
    """What was understood, in French."""
    match kind:
        case "says":
            return label("says", value)
        case "motive" if value in practice.motives:
            value = practice.motives[value].label
        case "practitioner":
            value = practice.name_of(value)
        case "birth_date":
            value = f"{date.fromisoformat(value):%d/%m/%Y}"
        case "phone":
            value = phone(value)
        case "choice":
            value = "le dernier" if value == "last" else f"n° {value}"
    return f"{label('understood', kind)} {value}".strip()
