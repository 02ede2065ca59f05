"""What may be said in the middle of anything: a human, the hours, "pardon ?", thanks… then the question again."""

from __future__ import annotations

import re
from dataclasses import replace

from voicebot.ports import Asks
from voicebot.thinking import acts, callbacks, erasure, identity, late, lexicon, match, messages, misses, pace, several
from voicebot.thinking.office import INFORMATION
from voicebot.thinking.plan import advance, put_again
from voicebot.thinking.turn import Turn
from voicebot.thinking.understand import DIGITS, NAMES, Reading
from voicebot.thinking.words import fold

_BEGINNING: frozenset[Asks] = frozenset({"open", "motive", "known", "for_whom"})
"""Who has gone further did not dial wrong: "c'est une erreur" is then about what was said."""

_CONTENT = re.compile(
    r"(oui )?(c est bon|ca va|ca ira|c est parfait|parfait|tres bien|super|nickel|impeccable)( pour moi)?"
)
"""To "autre chose ?" this asks for nothing more, though it is no "no"."""

_TIMED: frozenset[Asks] = frozenset({"when", "choice", "confirm", "which"})


def handle(turn: Turn, reading: Reading) -> bool:
    """Answer an aside; False when the utterance is none."""
    says = reading.says
    if "robot_or_person" in says:
        _say_and_ask(turn, "aside.bot")
    elif {"human", "to_be_called"} <= says and turn.state.asks == "callback":
        return False
    elif {"human", "to_be_called"} <= says:
        # "Le secrétariat peut me rappeler ?" wants a call-back, not to be put through.
        callbacks.offer(turn, "message")
    elif "human" in says or reading.route == "human":
        misses.transfer(turn)
    elif says & {"refuse_assistant", "other_language"}:
        turn.say("human.refused_assistant")
        misses.transfer(turn)
    elif "wrong_number" in says and turn.state.asks in _BEGINNING:
        turn.say("goodbye.wrong_number")
        turn.end(turn.state.done or "abandoned")
    elif "erase_call" in says:
        erasure.erase(turn)
        put_again(turn)
    elif says & {"transcript", "refuse_transcript"} and turn.state.asks != "transcript":
        erasure.refuse(turn)
        put_again(turn)
    elif "refuse_identity" in says and turn.state.asks in NAMES | DIGITS:
        if turn.state.callback_for == "late":
            late.pass_on(turn)
        else:
            identity.refuse(turn)
    elif "slower" in says and not _facts(replace(reading, choice=None, when=None)):
        pace.slower(turn)
    elif "repeat" in says and "ask_appointment" not in says and not _facts(replace(reading, choice=None)):
        pace.repeat(turn, hash_key=reading.keys)
    elif "wait" in says and not _facts(reading) and reading.yes is None:
        # The question stays open and is not put again: the caller asked for time.
        turn.say("aside.wait")
        turn.asked = turn.in_passing = True
    elif "insult" in says:
        _say_and_ask(turn, "aside.insult")
    elif "bot_question" in says:
        _say_and_ask(turn, "aside.bot")
    elif "out_of_scope" in says and not says & {"book", "move"} and not _facts_beside_time(reading):
        # "Quel temps fera-t-il demain ?" asks for no appointment tomorrow.
        _say_and_ask(turn, "aside.out_of_scope")
    else:
        return _request(turn, reading) or _farewell(turn, reading)
    return True


def _visits_homes(turn: Turn) -> bool:
    """Whether the practice has a motive of its own for visits at home."""
    words = (word for motive in turn.mind.office.bookable_motives() for word in motive.words)
    return any("domicile" in word for word in words)


def _request(turn: Turn, reading: Reading) -> bool:
    """Something that is asked for and answered on the spot, or that becomes a call-back."""
    says, asks = reading.says, turn.state.asks
    if asks in NAMES or asks in DIGITS:
        return False
    if "home_visit" in says and not _visits_homes(turn):
        turn.say("aside.home_visit")
        callbacks.offer(turn, "message")
        return True
    if "results" in says and reading.motive is None and asks not in ("confirm", "which"):
        turn.say("callback.results")
        callbacks.offer(turn, "results")
        return True
    if says & {"callback", "message"} and asks != "callback" and not says & {"book", "move", "cancel", "drop"}:
        if "message" in says and asks == "open":
            messages.ask_for(turn)
        else:
            callbacks.offer(turn, "message")
        return True
    if "late" in says:
        late.take(turn, reading)
        return True
    own = match.find(reading.text, turn.mind.office.topics) if reading.motive is None and not reading.keys else None
    plain = "practice_question" in lexicon.intents(reading.text)
    if own is None and (plain or ("practice_question" in says and asks not in _TIMED)):
        turn.say("aside.unknown")
        if plain and (says & {"book", "move", "cancel"} or _facts(reading)):
            return False
        put_again(turn)
        return True
    # What the practice answers in its own words is more to the point than "comment venir".
    topics = [own.id] if own is not None and own.sure else [topic for topic in INFORMATION if topic in says]
    if not topics or (own is None and asks in _TIMED and _answers(reading)):
        return False
    for topic in topics:
        answer = turn.mind.office.answers.get(topic)
        if answer is None:
            turn.say("aside.unknown")
        else:
            turn.say_text(answer)
    turn.put(informed=True, anything_else=True)
    # "Vous êtes ouverts samedi ? Je voudrais un rendez-vous": the answer, and the request goes on.
    if says & {"book", "move", "cancel"}:
        return False
    put_again(turn)
    return True


def _farewell(turn: Turn, reading: Reading) -> bool:
    says, state = reading.says, turn.state
    if state.asks == "open" and several.is_next(turn) and _next_person(turn, reading):
        return True
    if state.asks == "open" and state.anything_else and not _facts(reading) and not says & {"book", "move", "cancel"}:
        if (
            reading.yes is False
            or says & {"goodbye", "nothing_more", "thanks"}
            or _CONTENT.fullmatch(fold(reading.text))
        ):
            end(turn)
            return True
        if reading.yes is True and says & {"for_other", "for_self"}:
            # "Oui, pour l'autre enfant aussi": that is what else there is.
            return False
        if reading.yes is True:
            turn.put(anything_else=False)
            turn.ask("open", "open.keys" if reading.keys else "open.what")
            return True
        return False
    if "goodbye" in says and reading.yes is not True and not _facts(reading):
        end(turn)
        return True
    if says == {"thanks"} and reading.yes is None and not _facts(reading):
        put_again(turn)
        return True
    return False


def _next_person(turn: Turn, reading: Reading) -> bool:
    """The plain answer to "et pour l'autre personne ?"; whoever takes his leave, or says more, is heard elsewhere."""
    if reading.says & {"goodbye", "nothing_more", "thanks", "cancel", "move"}:
        return False
    if reading.yes is False or fold(reading.text).startswith("non "):
        # "Non, pas aujourd'hui" names no day.
        turn.put(another="done")
        put_again(turn)
    elif reading.yes and not _facts(reading):
        acts.begin(turn, "book", reading)
        advance(turn)
    else:
        return False
    return True


def end(turn: Turn) -> None:
    """The caller has done: take leave with what the call achieved."""
    state = turn.state
    turn.say("goodbye.booked" if state.done is not None else "goodbye.plain")
    turn.end(state.done or ("informed" if state.informed else "abandoned"))


def _facts(reading: Reading) -> bool:
    """Whether the utterance also holds something for the question that is open."""
    return bool(reading.when is not None and reading.when.windows) or _facts_beside_time(reading)


def _facts_beside_time(reading: Reading) -> bool:
    return bool(
        reading.motive
        or reading.practitioner
        or reading.choice is not None
        or reading.birth_date
        or reading.phone
        or reading.names
    )


def _answers(reading: Reading) -> bool:
    """Whether the words rather answer a question about time: "vous êtes ouverts samedi" leaves "ouverts" unread."""
    only_time = reading.when is not None and not (reading.motive or reading.practitioner or reading.choice is not None)
    if only_time and reading.when is not None and not reading.when.sure and reading.yes is None:
        return False
    return _facts(reading) or bool(reading.items) or reading.yes is not None


def _say_and_ask(turn: Turn, key: str) -> None:
    turn.say(key)
    put_again(turn)
