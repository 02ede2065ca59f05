"""How each question is put: plainly, again with an example, or by the keys."""

from __future__ import annotations

from typing import Literal

from voicebot.french.names import capitalise, spell_out
from voicebot.french.speak import say_birth_date, say_phone, say_time
from voicebot.ports import Asks
from voicebot.thinking.state import Pending, Person
from voicebot.thinking.turn import Turn

Form = Literal["ask", "again", "keys"]


def put_question(turn: Turn, asks: Asks, form: Form = "ask") -> None:
    """Add a question to the turn, in one of its forms; who only presses keys is told which."""
    if form == "ask" and turn.by_keys and asks not in ("confirm", "callback", "emergency", "transcript"):
        form = "keys"
    _put(turn, asks, form)
    if form == "ask" and turn.by_keys:
        turn.say(f"{asks}.keys")


def _put(turn: Turn, asks: Asks, form: Form) -> None:
    match asks:
        case "open":
            _open(turn, form)
        case "motive":
            labels = [motive.label for motive in turn.mind.office.bookable_motives()]
            turn.ask(asks, f"motive.{form}", **_used(form, examples=turn.listed(labels[:3]), menu=turn.menu(labels)))
        case "known" if form == "ask" and turn.state.wish.other_person:
            turn.ask(asks, "known.ask_other")
        case "practitioner":
            _practitioner(turn, form)
        case "when" if form == "ask" and turn.state.wish.act == "move":
            turn.ask(asks, "when.ask_move")
        case "choice":
            _choice(turn, form)
        case "birth_name" | "first_name" | "birth_date" if form == "ask" and turn.state.wish.other_person:
            turn.ask(asks, f"{asks}.ask_other")
        case "spelling" if form == "ask" and turn.state.spelling == "first_name":
            turn.ask(asks, "spelling.ask_first")
        case "phone" if form == "ask" and turn.state.callback_for is not None:
            turn.ask(asks, "callback.number")
        case "confirm":
            _confirm(turn, form)
        case "which":
            _which(turn, form)
        case "transcript" if form == "ask":
            turn.ask(asks, "transcript.ask", days=str(turn.mind.office.days))
        case _:
            turn.ask(asks, f"{asks}.{form}")


def _used(form: Form, *, examples: str, menu: str) -> dict[str, str]:
    return {"ask": {}, "again": {"examples": examples}, "keys": {"menu": menu}}[form]


def _open(turn: Turn, form: Form) -> None:
    if not turn.state.anything_else:
        turn.ask("open", f"open.{form}")
    elif form == "keys":
        turn.ask("open", "open.more_keys")
    else:
        turn.ask("open", "open.more" if form == "ask" else "open.more_again")


def _practitioner(turn: Turn, form: Form) -> None:
    people = turn.mind.office.who_does(turn.state.wish.motive)
    names = [person.name for person in people]
    match form:
        case "ask":
            motive = turn.state.wish.motive
            own = motive is not None and turn.mind.office.motive(motive).own_doctor
            turn.ask("practitioner", "practitioner.ask_own" if own else "practitioner.ask")
        case "again":
            turn.ask("practitioner", "practitioner.again", list=turn.listed(names))
        case "keys":
            turn.ask("practitioner", "practitioner.keys", menu=turn.menu(names))


def offers_text(turn: Turn, *, apart: bool = False) -> list[str]:
    """The offers as spoken; whom with is said where it differs or was not asked for.

    ``apart``: each is said by itself, with its day.
    """
    slots = turn.state.wish.offers
    wish = turn.state.wish
    people = {slot.practitioner for slot in slots}
    alone = people == {wish.practitioner} or len(turn.mind.office.who_does(wish.motive)) == 1
    same = len(people) == 1
    texts: list[str] = []
    day = None
    for slot in slots:
        # The day is said once: "mardi 24 à neuf heures, à dix heures ou mercredi 25 à huit heures".
        text = f"à {say_time(slot.start.time())}" if slot.start.date() == day and not apart else turn.moment(slot.start)
        day = slot.start.date()
        if not same or (not texts and not alone):
            text += " " + turn.phrase("words.with", practitioner=turn.with_whom(slot))
        texts.append(text)
    return texts


def _choice(turn: Turn, form: Form) -> None:
    texts = offers_text(turn)
    if len(texts) == 1:
        key = {"ask": "choice.one", "again": "choice.again_one", "keys": "choice.keys_one"}[form]
        turn.ask("choice", key, offer=texts[0])
        return
    match form:
        case "ask":
            turn.ask("choice", "choice.several", offers=turn.listed(texts))
        case "again":
            example = say_time(turn.state.wish.offers[0].start.time())
            turn.ask("choice", "choice.again", offers=turn.listed(texts), example=example)
        case "keys":
            turn.ask("choice", "choice.keys", menu=turn.menu(offers_text(turn, apart=True)))


def person_name(turn: Turn, person: Person) -> str:
    """First name and birth name as spoken."""
    names = [capitalise(name) for name in (person.first_name, person.birth_name) if name]
    return " ".join(names) or turn.phrase("words.unnamed")


def _confirm(turn: Turn, form: Form) -> None:
    if turn.state.correcting:
        turn.ask(
            "confirm", {"ask": "confirm.wrong", "again": "confirm.wrong_again", "keys": "confirm.wrong_keys"}[form]
        )
        return
    pending = turn.state.pending
    # A summary is said again in full: a caller who did not follow must be able to hear every error.
    if form != "ask":
        turn.ask("confirm", f"confirm.{form}")
        if form == "keys" or pending is None:
            return
    match pending:
        case Pending(kind="booking"):
            _summary(turn)
        case Pending(kind="move"):
            _move_summary(turn)
        case Pending(kind="cancel"):
            slot = turn.state.wish.appointment.slot if turn.state.wish.appointment else None
            if slot is not None:
                turn.ask("confirm", "confirm.cancel", when=turn.moment(slot.start), practitioner=turn.with_whom(slot))
        case Pending(kind="waitlist"):
            turn.ask("confirm", "waitlist.ask")
        case Pending(kind="item", item=item, value=value) if item and value:
            _read_back(turn, item, value)
        case _:
            turn.ask("confirm", "confirm.again")


def _summary(turn: Turn) -> None:
    hold, person, wish = turn.state.wish.hold, turn.state.person, turn.state.wish
    if hold is None or wish.motive is None or person.birth_date is None:
        return
    facts = {
        "motive": turn.mind.office.motive(wish.motive).label,
        "practitioner": turn.with_whom(hold.slot),
        "when": turn.moment(hold.slot.start),
        "birth_date": say_birth_date(person.birth_date),
    }
    if person.keyed:
        turn.ask("confirm", "confirm.booking_keyed", **facts, phone=say_phone(person.phone or ""))
    else:
        turn.ask("confirm", "confirm.booking", **facts, name=person_name(turn, person))


def _move_summary(turn: Turn) -> None:
    wish = turn.state.wish
    if wish.hold is None or wish.appointment is None:
        return
    old, new = wish.appointment.slot, wish.hold.slot
    times = {"old": turn.moment(old.start), "when": turn.moment(new.start)}
    if old.practitioner == new.practitioner:
        turn.ask("confirm", "confirm.move", practitioner=turn.with_whom(new), **times)
    else:
        turn.ask("confirm", "confirm.move_other", before=turn.with_whom(old), practitioner=turn.with_whom(new), **times)


def _read_back(turn: Turn, item: str, value: str) -> None:
    office = turn.mind.office
    match item:
        case "motive":
            turn.ask("confirm", "motive.doubt", motive=office.motive(value).label)
        case "practitioner":
            turn.ask("confirm", "practitioner.doubt", practitioner=office.practitioner_name(value))
        case "birth_name" | "first_name" if item in turn.state.person.spelled:
            turn.ask("confirm", "spelling.doubt", name=capitalise(value), letters=_letters(value))
        case "birth_name" | "first_name":
            turn.ask("confirm", f"{item}.doubt", name=capitalise(value))
        case "birth_date":
            day = turn.state.person.birth_date
            if day is not None:
                turn.ask("confirm", "birth_date.doubt", date=say_birth_date(day))
        case "phone":
            turn.ask("confirm", "phone.doubt", phone=say_phone(value))
        case _:
            turn.ask("confirm", "when.doubt", reading=value)


def _letters(name: str) -> str:
    """``D, U, P, O, N, T``; what is no plain letter is said in words."""
    spoken = [part.split(" comme ")[0] for part in spell_out(name).split(", ")]
    return ", ".join(spoken)


def _which(turn: Turn, form: Form) -> None:
    texts = [turn.appointment(item) for item in turn.state.wish.appointments or ()]
    if form == "keys":
        turn.ask("which", "which.keys", menu=turn.menu(texts))
    else:
        turn.ask("which", f"which.{form}", list=turn.listed(texts))
