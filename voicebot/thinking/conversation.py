"""The mind of one call, turn by turn: signs of an emergency, then what was said, then what comes next.

Every turn goes from one state to the next (`state.py`); the agenda alone remembers anything beyond the call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from voicebot.errors import UnavailableError
from voicebot.french import when as times
from voicebot.french.phones import read_phone
from voicebot.french.time.settings import WhenSettings
from voicebot.french.yesno import read_yes_no
from voicebot.ports import Agenda, Asks, Contact, Reply, SlotQuery, Understander, Understanding
from voicebot.thinking import callbacks, emergency, instructions, messages, misses, plan, red_flags
from voicebot.thinking.acting import act
from voicebot.thinking.keys import read_keys
from voicebot.thinking.names import read_answer
from voicebot.thinking.office import Office
from voicebot.thinking.practice_file import PracticeFile
from voicebot.thinking.questions import put_question
from voicebot.thinking.red_flags import RedFlag
from voicebot.thinking.state import Callback, State
from voicebot.thinking.turn import Eraser, Mind, Turn
from voicebot.thinking.understand import EMERGENCY, NAMES, Reading, read
from voicebot.thinking.understood import Items, items_of
from voicebot.thinking.words import fold

NOT_UNDERSTOOD = "?"

DOUBTFUL_NAME = -0.2
"""Mean log-probability below which a name is read back at once (measured on the miniature: ``docs/figures.md``)."""

UNHEARD_NAME = -0.5
"""Mean log-probability below which words in the place of a name are noise; letters said one by one are still read."""

FAINT_YES = -0.15
"""Mean log-probability below which "ça me va" may have been "ça ne me va pas": then only a yes that begins with "oui"
counts."""

DOUBTFUL_LOGPROB = -0.7
"""Mean log-probability of a recognition below which names and numbers are read back."""

LONGEST = 1000
"""Characters of an utterance that are read; nobody says more in one breath."""


def prepare(practice: PracticeFile, agenda: Agenda, now: datetime, settings: WhenSettings) -> None:
    """Load what a first turn would wait for (word lists, calendars): about a second, once a process. Blocking."""
    times.prepare(now, settings)
    office = Office(practice)
    texts: dict[Asks, str] = {"when": "mardi matin", "birth_date": "12 mars 1978", "phone": "06", "birth_name": "le"}
    for asks, text in texts.items():
        red_flags.look(text)
        read(text, State(asks=asks), office, None, now=now, settings=settings)
    for motive in office.bookable_motives()[:1]:
        agenda.offers(SlotQuery(motive.id, "known"), limit=1)


class Conversation:
    """A ``Dialogue``. Turns of one call must not overlap; the caller of this class serialises them."""

    def __init__(
        self,
        *,
        practice: PracticeFile,
        agenda: Agenda,
        understander: Understander,
        now: Callable[[], datetime],
        call_id: str,
        settings: WhenSettings,
        caller: str | None = None,
        erase_call: Eraser | None = None,
    ) -> None:
        number = read_phone(caller).e164 if caller is not None else None
        self._mind = Mind(Office(practice), agenda, now, call_id, number, erase_call)
        self._understander = understander
        self._settings = settings
        self._state = State(slow=self._mind.office.elder)
        self._last = Reply(say="", asks=None)
        self._understood: Items = ()

    # --- the dialogue ---

    async def greet(self) -> Reply:
        """The announcement, which cannot be interrupted, and the first question."""
        turn = Turn(self._mind, self._state)
        turn.say("greeting.announce")
        turn.interruptible = False
        office = self._mind.office
        if office.mode == "closed" or office.takes_messages_only(turn.now):
            turn.say_text(office.outside.message or turn.phrase("human.nobody"))
        elif office.contact(turn.now) == "on_call":
            turn.say("greeting.on_call")
        if turn.state.slow:
            turn.say("greeting.slow")
        put_question(turn, "transcript" if office.transcript == "ask" else "open")
        return self._settle(turn)

    async def hear(self, text: str, *, logprob: float | None = None) -> Reply:
        """One utterance; empty is silence, ``"?"`` was not understood. ``logprob`` is the recogniser's certainty."""
        if self._state.outcome is not None:
            return self._last
        turn = self._turn()
        self._understood = ()
        text = text.strip()[:LONGEST]
        if text in ("", NOT_UNDERSTOOD):
            misses.miss(turn, silent=not text)
            return self._settle(turn)
        if self._state.asks == "confirm" and _faint_yes(text, logprob):
            misses.miss(turn)
            return self._settle(turn)
        certainty = 0.0 if logprob is None or self._state.asks not in NAMES else logprob
        doubtful = logprob is not None and logprob < DOUBTFUL_LOGPROB
        flag = red_flags.look(text)
        if flag is not None and flag.level == "clear" and not doubtful:
            emergency.advise(turn, flag)
        elif certainty < UNHEARD_NAME and not read_answer(text, "spelling").spelled:
            misses.miss(turn)
        else:
            await self._respond(turn, text, flag, doubtful=doubtful or certainty < DOUBTFUL_NAME)
        return self._settle(turn)

    async def key(self, keys: str) -> Reply:
        """Keys, complete for what was asked."""
        if self._state.outcome is not None:
            return self._last
        turn = self._turn()
        reading = read_keys(turn, keys)
        self._understood = () if reading is None else items_of(reading)
        if reading is None:
            misses.miss(turn)
        elif turn.state.asks == "emergency" and reading.yes is not None:
            await self._emergency_answer(turn, reading)
        else:
            act(turn, reading)
        return self._settle(turn)

    async def hang_up(self) -> Reply:
        """The caller is gone: nothing stays held, and what was committed stands."""
        if self._state.outcome is not None:
            return self._last
        turn = Turn(self._mind, self._state)
        turn.end(turn.state.done or ("informed" if turn.state.informed else "abandoned"))
        return self._settle(turn)

    async def hand_over(self, contact: Contact) -> Reply:
        """The practice takes the call over: a last reply that rings ``contact``."""
        if self._state.outcome is not None:
            return self._last
        turn = self._turn()
        turn.say("human.transfer")
        turn.end("transferred", ring=contact)
        return self._settle(turn)

    async def transfer_failed(self) -> Reply:
        """Nobody came to the phone: the advice again after signs of an emergency, else an offer to be called back."""
        turn = self._turn()
        advised = turn.state.outcome == "emergency"
        turn.put(outcome=None, ring=None, unanswered=True, misses=0)
        turn.say("human.no_answer")
        if advised:
            emergency.advise(turn, None)
        else:
            callbacks.offer(turn, "human")
        return self._settle(turn)

    # --- for the service ---

    @property
    def keeps_transcript(self) -> bool | None:
        """Whether the caller lets the text be kept; None while he was not asked and did not refuse."""
        return False if self._state.erase else self._state.transcript

    @property
    def erase(self) -> bool:
        """Whether the caller asked for the text of this call to be erased."""
        return self._state.erase

    def instruct(self, text: str) -> bool:
        """The staff say what to propose ("jeudi", "le docteur Benali"): it is said at the caller's next turn.

        False when nothing of it was understood, or the call is over.
        """
        if self._state.outcome is not None:
            return False
        office = self._mind.office
        found = instructions.understand(text, self._state, office, now=self._mind.now(), settings=self._settings)
        if found is not None:
            self._state = replace(self._state, instruction=found)
        return found is not None

    @property
    def understood(self) -> Items:
        """What the last turn of the caller was understood to say."""
        return self._understood

    @property
    def patient_id(self) -> str | None:
        """The patient whom identity settled in this call, or whom its last commit was for."""
        if self._state.wish.patient is not None:
            return self._state.wish.patient.id
        row = self._state.appointment
        return row.patient.id if row is not None and row.patient is not None else None

    @property
    def receipt(self) -> str | None:
        """The code of the erasure that was read out, where the caller asked for one."""
        return self._state.receipt

    @property
    def callbacks(self) -> tuple[Callback, ...]:
        """Call-backs promised in this call, for the secretary."""
        return self._state.callbacks

    # --- a turn ---

    def _turn(self) -> Turn:
        turn = Turn(self._mind, self._state)
        turn.put(turns=turn.state.turns + 1)
        return turn

    async def _respond(self, turn: Turn, text: str, flag: RedFlag | None, *, doubtful: bool = False) -> None:
        if turn.state.asks == "emergency":
            reading = self._read(turn, text, None, doubtful=doubtful)
            await self._emergency_answer(turn, reading, flag)
            return
        understanding = await self._understand(turn, text)
        reading = self._read(turn, text, understanding, doubtful=doubtful)
        sign = flag.name if flag is not None else emergency.RASA if reading.emergency >= EMERGENCY else None
        if sign is not None and sign not in turn.state.denied:
            # A clear sign that was badly heard: the advice is given at once, and the question still asked.
            emergency.ask_about(turn, flag, text)
        else:
            act(turn, reading)

    async def _emergency_answer(self, turn: Turn, reading: Reading, flag: RedFlag | None = None) -> None:
        """Only a plain no returns to the call: "urgence !", another sign or a cry for someone is a yes."""
        if reading.yes is True or (reading.yes is None and (flag is not None or "human" in reading.says)):
            emergency.advise(turn, flag)
        elif reading.yes is False:
            text = turn.state.set_aside
            turn.say("emergency.denied")
            denied = turn.state.denied | {emergency.RASA}
            turn.put(asks=turn.state.resume, resume=None, set_aside="", misses=0, denied=denied, advice="now")
            if turn.state.asks == "confirm":
                # Nothing is committed by words that were said before an emergency was asked about.
                plan.put_again(turn)
                return
            understanding = await self._understand(turn, text)
            act(turn, self._read(turn, text, understanding))
        else:
            misses.miss(turn)

    async def _understand(self, turn: Turn, text: str) -> Understanding | None:
        try:
            return await self._understander.understand(text, asks=turn.state.asks, conversation=self._mind.call_id)
        except UnavailableError:
            return None

    def _read(self, turn: Turn, text: str, guess: Understanding | None, *, doubtful: bool = False) -> Reading:
        reading = read(
            text, turn.state, self._mind.office, guess, now=turn.now, settings=self._settings, doubtful=doubtful
        )
        self._understood = items_of(reading)
        return reading

    def _settle(self, turn: Turn) -> Reply:
        if turn.state.outcome is not None:
            messages.keep(turn)
        self._last = turn.reply()
        self._state = turn.state
        return self._last


def _faint_yes(text: str, logprob: float | None) -> bool:
    """Whether a yes was heard too faintly to commit anything: the question is put again."""
    if logprob is None or logprob >= FAINT_YES or fold(text).startswith("oui"):
        return False
    return read_yes_no(text) is True
