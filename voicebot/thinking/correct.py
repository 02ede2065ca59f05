"""What a caller says to a summary or to something read back: a yes, a no, or what is wrong, which alone is changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from voicebot.ports import When
from voicebot.thinking import callbacks, confirm, corrected_names, naming
from voicebot.thinking.questions import put_question
from voicebot.thinking.state import Item, NameItem, Pending, Person
from voicebot.thinking.turn import Turn
from voicebot.thinking.understand import Reading
from voicebot.thinking.words import fold

MOST_REFUSALS = 4
"""A summary refused this often is not going to come right by asking."""

_HOMOPHONE: frozenset[Item] = frozenset({"birth_name"})


def take(turn: Turn, reading: Reading) -> bool:
    """Take the answer to ``confirm``."""
    if turn.state.correcting:
        return take_items(turn, reading)
    match turn.state.pending:
        case Pending(kind="item", item=item, value=value) if item is not None:
            return _item(turn, reading, item, value)
        case Pending(kind="cancel"):
            return _cancel(turn, reading)
        case Pending():
            return _summary(turn, reading)
    return False


def _item(turn: Turn, reading: Reading, item: Item, value: str | None) -> bool:
    if reading.plain_yes:
        confirm.accept(turn)
        return True
    if item in ("birth_name", "first_name"):
        return corrected_names.take(turn, reading, "first_name" if item == "first_name" else "birth_name", value)
    if item == "birth_date" and reading.birth_date is not None:
        turn.person(birth_date=reading.birth_date)
        turn.put(pending=Pending("item", item, str(reading.birth_date)))
        return True
    if item == "phone" and reading.phone is not None:
        turn.put(pending=Pending("item", item, reading.phone))
        return True
    found = reading.motive if item == "motive" else reading.practitioner if item == "practitioner" else None
    if found is not None and (found.id != value or reading.yes is not False):
        # Said again, or another one said instead.
        confirm.accept_item(turn, item, found.id)
        turn.put(pending=None)
        return True
    if reading.yes is False:
        confirm.refuse_item(turn, item)
        return True
    return False


def _cancel(turn: Turn, reading: Reading) -> bool:
    if reading.says & {"keep", "drop"} and "cancel" not in reading.says:
        _keep(turn)
        return True
    other = reading.when if reading.when is not None and reading.when.windows else None
    if "move" in reading.says or (other is not None and reading.yes is None and "cancel" not in reading.says):
        # "La semaine prochaine, plutôt": another time said instead of a yes is a wish to move.
        turn.put(pending=None)
        turn.wish(act="move", when=other)
        return True
    if reading.plain_yes or ("cancel" in reading.says and reading.yes is not False):
        confirm.accept(turn)
        return True
    if reading.yes is False:
        _keep(turn)
        return True
    return False


def _keep(turn: Turn) -> None:
    """The appointment stays as it is."""
    turn.say("confirm.kept")
    turn.close_act()


def _summary(turn: Turn, reading: Reading) -> bool:
    if reading.says & {"keep", "drop"} and turn.state.wish.act == "move":
        _keep(turn)
        return True
    if reading.plain_yes and not _differs(turn, reading):
        confirm.accept(turn)
        return True
    if reading.says & {"cancel", "drop"}:
        _drop(turn)
        return True
    if "for_other" in reading.says and not turn.state.wish.other_person:
        _someone_else(turn)
        return True
    if _facts(turn, reading) or _items(turn, reading):
        return True
    if reading.yes is False or reading.says & {"other_offer"}:
        _ask_what(turn)
        return True
    return False


def _someone_else(turn: Turn) -> None:
    """ "C'est pour mon mari": who it is is asked anew. The time stays wished for, but a new patient may take longer."""
    hold = turn.state.wish.hold
    turn.drop_hold()
    turn.put(pending=None, correcting=False, person=Person(phone=turn.state.person.phone))
    turn.wish(other_person=True, known=None, patient=None, failures=0, offers=())
    if hold is not None:
        start = hold.slot.start
        turn.wish(when=When(((start, start + timedelta(minutes=1)),), sure=True), practitioner=hold.slot.practitioner)


def take_items(turn: Turn, reading: Reading) -> bool:
    """Take the answer to "what is wrong"."""
    if "cancel" in reading.says or "nothing_more" in reading.says:
        _drop(turn)
        return True
    if _facts(turn, replace(reading, yes=False)) or _items(turn, reading):
        return True
    if reading.plain_yes:
        turn.put(correcting=False)
        return True
    return False


def _ask_what(turn: Turn) -> None:
    refusals = turn.state.refusals + 1
    turn.put(refusals=refusals, pending=None)
    if refusals >= MOST_REFUSALS:
        turn.drop_hold()
        callbacks.offer(turn, "slots")
    else:
        turn.put(correcting=True)


def _drop(turn: Turn) -> None:
    turn.put(correcting=False)
    turn.say("confirm.dropped")
    turn.close_act()


def _differs(turn: Turn, reading: Reading) -> bool:
    """Whether a yes comes with a fact that contradicts the summary: then it is no yes."""
    wish, person = turn.state.wish, turn.state.person
    hold = wish.hold
    if reading.birth_date is not None and reading.birth_date != person.birth_date:
        return True
    if reading.motive is not None and reading.motive.id != wish.motive:
        return True
    if hold is None:
        return False
    if reading.practitioner is not None and reading.practitioner.id != hold.slot.practitioner:
        return True
    when = reading.when
    return (
        when is not None
        and bool(when.windows)
        and not any(start <= hold.slot.start < end for start, end in when.windows)
    )


def _facts(turn: Turn, reading: Reading) -> bool:
    """Change what the caller gave another value for; whether anything changed."""
    before = turn.state
    wish = turn.state.wish
    hold = wish.hold
    if turn.state.person.birth_date != reading.birth_date and reading.birth_date is not None:
        turn.person(birth_date=reading.birth_date)
        turn.wish(patient=None)
    elif reading.motive is not None and reading.motive.id != wish.motive and wish.act == "book":
        turn.drop_hold()
        turn.wish(motive=reading.motive.id, offers=(), practitioner=None)
    elif reading.practitioner is not None and hold is not None and reading.practitioner.id != hold.slot.practitioner:
        turn.drop_hold()
        turn.wish(practitioner=reading.practitioner.id, offers=())
    elif (day := _birth_day(turn, reading)) is not None:
        turn.person(birth_date=day)
        turn.wish(patient=None)
    elif _other_time(turn, reading):
        pass
    elif reading.yes is not True:
        corrected_names.change(turn, reading)
    if turn.state == before:
        return False
    if turn.state.pending is before.pending:
        turn.put(pending=None)
    turn.put(correcting=False)
    return True


def _birth_day(turn: Turn, reading: Reading) -> date | None:
    """ "Le douze mars, pas le treize": a day without its year, in the month of the birth and not of the appointment."""
    born, hold = turn.state.person.birth_date, turn.state.wish.hold
    if born is None or hold is None or reading.when is None or len(reading.when.windows) != 1:
        return None
    day = reading.when.windows[0][0].date()
    if day.month != born.month or day.month == hold.slot.start.month or day.day == born.day:
        return None
    return born.replace(day=day.day)


def _other_time(turn: Turn, reading: Reading) -> bool:
    when, hold = reading.when, turn.state.wish.hold
    if when is None or not when.windows or hold is None:
        return False
    start = hold.slot.start
    if any(first <= start < last for first, last in when.windows):
        return False
    if reading.yes is not False and "when" not in reading.items and not when.sure:
        return False
    same_day = tuple(window for window in when.windows if window[0].date() == start.date())
    # "À dix heures" holds for every day: it is the day of the summary that is meant.
    everyday = len({first.date() for first, _ in when.windows}) > 20
    turn.drop_hold()
    turn.wish(
        when=When(same_day, None, when.leftover, when.sure, when.reading) if everyday and same_day else when,
        offers=(),
        refused=(*turn.state.wish.refused, start),
    )
    return True


def _items(turn: Turn, reading: Reading) -> bool:
    """What is said to be wrong, without its right value: a name is spelled, the rest is asked again."""
    items = reading.items or (_HOMOPHONE if turn.state.correcting and _bare_no(reading) else frozenset[Item]())
    named = [item for item in ("birth_name", "first_name", "birth_date", "phone") if item in items]
    if not items:
        return False
    turn.put(pending=None)
    for item in named:
        if item in ("birth_name", "first_name"):
            name: NameItem = "first_name" if item == "first_name" else "birth_name"
            naming.wrong(turn, name, getattr(turn.state.person, name))
            confirm.clear(turn, name)
            if turn.state.spelling is None:
                confirm.ask_spelling(turn, name)
        else:
            confirm.clear(turn, item)
    if "motive" in items:
        confirm.clear(turn, "motive")
    elif "practitioner" in items:
        confirm.clear(turn, "practitioner")
        put_question(turn, "practitioner")
    elif "when" in items:
        confirm.clear(turn, "when")
    elif not named:
        return False
    turn.put(correcting=False)
    return True


def _bare_no(reading: Reading) -> bool:
    """Whether "non" is all that was heard: where an item was asked for, it is "nom", which sounds the same."""
    return fold(reading.text).split()[-1:] == ["non"] and len(reading.text.split()) <= 2
