"""One turn of a call: the state it starts from, what is said, and the state it ends with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from voicebot.errors import UnavailableError
from voicebot.french.speak import say_datetime, say_list
from voicebot.ports import Agenda, Appointment, Asks, Contact, Outcome, Reply, Slot
from voicebot.thinking.office import Office
from voicebot.thinking.state import State, Wish

Eraser = Callable[[str], str]
"""Erases at once what is kept of a call's words (by its id), and returns the code of the receipt. Blocking."""


@dataclass(frozen=True)
class Mind:
    """What a call thinks with; it never changes during the call."""

    office: Office
    agenda: Agenda
    now: Callable[[], datetime]
    call_id: str
    caller: str | None = None
    """The number that calls (E.164): a hint, never proof."""
    erase: Eraser | None = None
    """Erases the words of this call."""


class Turn:
    """One turn. ``state`` is replaced, never changed in place: a turn that fails leaves the call as it was."""

    def __init__(self, mind: Mind, state: State) -> None:
        self.mind = mind
        self.state = state
        self.now = mind.now()
        self._pieces: list[str] = []
        self.interruptible = True
        self.asked = False
        """Whether this turn has put its question."""
        self.missed = False
        """Words came and nothing of them was understood."""
        self.in_passing = False
        """What is said now is not what would be said again: "prenez votre temps"."""

    # --- saying ---

    def say(self, key: str, **values: str) -> None:
        """Add a phrase."""
        self._pieces += self.mind.office.phrases.pieces(key, **values)

    def say_text(self, text: str) -> None:
        """Add a text that the practice wrote."""
        self._pieces.append(text)

    def unsay(self) -> None:
        """Say none of what this turn had to say so far."""
        self._pieces.clear()
        self.asked = False

    def ask(self, asks: Asks, key: str, **values: str) -> None:
        """Add a question and wait for its answer."""
        self.say(key, **values)
        self.asked = True
        self.state = replace(self.state, asks=asks)

    def say_again(self) -> None:
        """Say what was last said with a question, word for word."""
        self._pieces += self.state.spoken
        self.asked = True

    def end(self, outcome: Outcome, *, ring: Contact | None = None) -> None:
        """End the call, by ringing someone or at once; an act that was committed stays, whatever the outcome."""
        self.release()
        self.state = replace(
            self.state, asks=None, outcome=outcome, ring=ring, wish=replace(self.state.wish, hold=None)
        )

    # --- remembering ---

    def put(self, **changes: Any) -> None:
        """Change the call's state."""
        self.state = replace(self.state, **changes)

    def wish(self, **changes: Any) -> None:
        """Change what is being arranged."""
        self.state = replace(self.state, wish=replace(self.state.wish, **changes))

    def person(self, **changes: Any) -> None:
        """Change who the patient is."""
        self.state = replace(self.state, person=replace(self.state.person, **changes))

    def release(self) -> None:
        """Give back whatever this call holds; a hold that the disk refuses to give back expires by itself."""
        with suppress(UnavailableError):
            self.mind.agenda.release(self.mind.call_id)

    @property
    def by_keys(self) -> bool:
        """Whether the caller has only used keys so far."""
        return self.state.pressed and not self.state.spoke

    def drop_hold(self) -> None:
        """Give a held slot back."""
        if self.state.wish.hold is not None:
            self.release()
            self.wish(hold=None)

    def close_act(self) -> None:
        """An act is over: the next one starts afresh, but who the patient is stays known."""
        self.drop_hold()
        wish = self.state.wish
        kept = Wish(patient=wish.patient, known=wish.known, other_person=wish.other_person)
        self.state = replace(self.state, wish=kept, pending=None, callback_for=None, refusals=0, correcting=False)
        self.state = replace(self.state, act_number=self.state.act_number + 1, anything_else=True)

    # --- words ---

    def phrase(self, key: str, **values: str) -> str:
        """A part of a sentence."""
        return self.mind.office.phrases.text(key, **values)

    def listed(self, items: Sequence[str]) -> str:
        """``a, b ou c``."""
        return say_list(items, last=self.phrase("words.or"))

    def menu(self, items: Sequence[str]) -> str:
        """``Pour a, tapez 1. Pour b, tapez 2``."""
        return ". ".join(
            self.phrase("words.menu_item", item=item, digit=str(digit)) for digit, item in enumerate(items, start=1)
        )

    def moment(self, moment: datetime) -> str:
        """A day and an hour as spoken."""
        return say_datetime(moment)

    def with_whom(self, slot: Slot) -> str:
        """The spoken name of a slot's practitioner."""
        return self.mind.office.practitioner_name(slot.practitioner)

    def appointment(self, appointment: Appointment) -> str:
        """An appointment as spoken: when and with whom, never what for."""
        slot = appointment.slot
        return f"{self.moment(slot.start)}, {self.phrase('words.with', practitioner=self.with_whom(slot))}"

    # --- the reply ---

    def reply(self) -> Reply:
        """What this turn says and asks."""
        if self.asked and self._pieces and not self.in_passing:
            self.put(spoken=tuple(self._pieces))
        state = self.state
        offers = tuple(slot.start for slot in state.wish.offers) if state.asks == "choice" else ()
        if state.asks == "which":
            offers = tuple(item.slot.start for item in state.wish.appointments or ())
        return Reply(
            say=" ".join(self._pieces),
            asks=state.asks,
            offers=offers,
            outcome=state.outcome,
            appointment=state.appointment,
            interruptible=self.interruptible,
            hotwords=self._hotwords(),
            pieces=tuple(self._pieces),
            missed=self.missed,
            slow=state.slow,
            ring=state.ring,
        )

    def _hotwords(self) -> str | None:
        """Only what the practice's own file names: a patient's name is never hinted to the recogniser."""
        match self.state.asks:
            case "motive":
                words = [motive.label for motive in self.mind.office.bookable_motives()]
            case "practitioner":
                words = [person.name for person in self.mind.office.who_does(self.state.wish.motive)]
            case _:
                return None
        return ", ".join(words) or None
