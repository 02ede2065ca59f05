"""From what was said to what comes next: the order in which a turn tries to make sense of a reading."""

from __future__ import annotations

import re
from dataclasses import replace

from voicebot.errors import AgendaError, UnavailableError
from voicebot.thinking import acts, answers, asides, emergency, instructions, messages, misses, plan
from voicebot.thinking.state import State
from voicebot.thinking.turn import Turn
from voicebot.thinking.understand import SUSPICION, Reading
from voicebot.thinking.words import fold

_HELLO = (
    r"(?:oui|euh|ah|allo|bonjour|bonsoir|salut|madame|monsieur|mademoiselle|docteur|c est qui|qui est a l appareil"
    r"|vous m entendez|il y a quelqu un|y a quelqu un|c est le (?:cabinet|docteur|medecin))"
)
_GREETING = re.compile(rf"{_HELLO}(?: {_HELLO})*")
""""Allô ? Bonjour… c'est qui ?": a greeting and nothing else."""


def act(turn: Turn, reading: Reading) -> None:
    """Take what was said and ask what comes next."""
    before = turn.state
    turn.put(hash=False, **({"pressed": True} if reading.keys else {"spoke": True}))
    try:
        _act(turn, reading, before)
    except (AgendaError, UnavailableError):
        # The agenda refused in a way that no rule of the dialogue expects, or its disk did: nothing was written.
        turn.state = replace(before, wish=replace(before.wish, hold=None))
        turn.release()
        turn.say("aside.error")
        misses.give_up(turn)


def _act(turn: Turn, reading: Reading, before: State) -> None:
    if turn.state.turns > misses.MOST_TURNS:
        misses.give_up(turn)
    elif messages.is_meant(turn, reading) or messages.is_said(turn, reading):
        messages.take(turn, reading)
    elif asides.handle(turn, reading):
        turn.put(misses=0)
    elif acts.give_up(turn, reading) or acts.switch(turn, reading) | answers.take(turn, reading):
        _go_on(turn, before)
    elif instructions.apply(turn, held_before=before.wish.hold is not None):
        plan.finish(turn)
    elif reading.emergency >= SUSPICION and emergency.RASA not in turn.state.denied:
        # Nothing else was understood: then even a suspicion is asked about.
        emergency.ask_about(turn, None, reading.text)
    else:
        turn.put(spoke=before.spoke)
        misses.miss(turn, greeted=bool(_GREETING.fullmatch(fold(reading.text))))


def _go_on(turn: Turn, before: State) -> None:
    """Something was understood: ask what comes next, or what the staff want proposed first."""
    if turn.state.misses == before.misses:
        turn.put(misses=0)
    instructions.apply(turn, held_before=before.wish.hold is not None)
    if not turn.asked and _stands_still(turn.state, before):
        misses.miss(turn)
    elif turn.state.misses >= misses.MOST_MISSES:
        misses.give_up(turn)
    else:
        plan.finish(turn)
        if _stands_still(turn.state, before):
            _no_nearer(turn, before)


def _stands_still(after: State, before: State) -> bool:
    """Whether what was understood changes nothing that decides what is asked next."""
    return replace(after, spoke=before.spoke, pressed=before.pressed, hash=before.hash, misses=before.misses) == before


def _no_nearer(turn: Turn, before: State) -> None:
    """Understood, refused, and the same question again: it counts as a miss, so that the call cannot go round."""
    turn.put(misses=before.misses + 1)
    if turn.state.misses >= misses.MOST_MISSES:
        turn.unsay()
        misses.give_up(turn)
