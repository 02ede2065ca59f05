"""A synthetic patient: what he wants, drawn from a seed, and what he answers to what he is asked. Pure.

His wording comes from the sentence templates, and his voice from the voices, that the miniature recogniser never heard
in training. He follows the call by its events (``asks``, its offers, and what he is told), as a person follows it by
ear; what he answers goes to the assistant as sound only.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from models.forge.grammar import Utterance, draw, first_names, normalise, surnames, templates
from models.forge.voices import Voice, draw_voice
from voicebot.french.speak import say_birth_date, say_datetime

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
ORDINALS = ("premier", "deuxième", "troisième")

PRACTITIONERS = {"consultation": "le docteur Benali", "vaccination": "madame Moreau", "frottis": "madame Moreau"}
"""Whom he asks for, where he must choose someone: one who does what he wants."""

NAMED = ("lefèvre", "benali", "moreau", "sage-femme")

_WHAT_IS_WRONG = ("n est pas exact", "dites par exemple le nom", "pour le nom tapez 1")
"""What the assistant asks after a no to the summary, and again."""

_MINUTES = "(?:cinq|dix|quinze|vingt|trente|quarante|cinquante)"
"""What follows the hour when it is not the whole time."""

FEMININE = ("Marie", "Camille", "Julie", "Laura", "Pauline", "Lucie", "Sophie", "Nathalie", "Isabelle", "Claire")
"""First names for the motives that only women come for."""


@dataclass(frozen=True)
class Wish:
    """Who the patient is and what he wants."""

    birth_name: str
    first_name: str
    birth_date: date
    motive: str
    weekday: int
    """Monday is 0."""
    part: str
    """``matin`` or ``après-midi``."""
    phone: str
    """Ten digits."""

    def suits(self, start: datetime) -> bool:
        """Whether a start is what was wished for."""
        return start.weekday() == self.weekday and (start.hour < 13) == (self.part == "matin")


def draw_wish(rng: Random) -> Wish:
    """Draw a patient who has never come before."""
    motive = rng.choice(("consultation", "consultation", "vaccination", "vaccination", "frottis"))
    part = rng.choice(("matin", "après-midi"))
    # The midwife and the doctors all work on these; Wednesday afternoon has fewer and is a fair question too.
    weekday = rng.randrange(5)
    first_name = rng.choice(FEMININE if motive == "frottis" else first_names())
    birth_date = date(1940, 1, 1) + timedelta(days=rng.randrange(365 * 62))
    phone = "06" + "".join(rng.choice("0123456789") for _ in range(8))
    return Wish(rng.choice(surnames()), first_name, birth_date, motive, weekday, part, phone)


@dataclass
class Patient:
    """One patient in one call."""

    seed: int
    wish: Wish = field(init=False)
    voice: Voice = field(init=False)
    chosen: datetime | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._rng = Random(self.seed)
        self.wish = draw_wish(self._rng)
        self.voice = draw_voice("held", self._rng)
        self._about = "open"
        self._wrong: str | None = None
        self._booked = False

    def told(self, committed: bool) -> None:
        """The assistant said that the booking stands."""
        self._booked = self._booked or committed

    def answer(self, asks: str, offers: tuple[datetime, ...], said: str) -> Utterance:
        """What he says to a question; ``said`` is what he was just told."""
        wish = self.wish
        about, self._about = self._about, asks if asks not in ("confirm", "choice") else self._about
        match asks:
            case "open" if self._booked or "rappellera" in fold(said):
                return self._say("goodbye")
            case "open":
                return self._open()
            case "motive":
                return self._say("motive", motive=wish.motive)
            case "known":
                return self._say("known_no")
            case "for_whom":
                return self._say("for_whom", relative_person="moi")
            case "practitioner":
                return self._say("practitioner", practitioner=PRACTITIONERS[wish.motive])
            case "when":
                return self._when()
            case "choice":
                return self._choose(offers)
            case "birth_name":
                return self._say("surname", surname=wish.birth_name)
            case "first_name":
                return self._say("first_name", first_name=wish.first_name)
            case "spelling":
                return self._say("spelling", surname=wish.first_name if "prenom" in fold(said) else wish.birth_name)
            case "birth_date":
                return self._say("birth_date", birth_date=wish.birth_date)
            case "phone":
                return self._say("phone", phone=wish.phone)
            case "confirm":
                return self._confirm(about, said)
            case "emergency" | "which":
                return self._plain("confirm_no")
            case _:
                return self._plain("confirm_yes")

    def _open(self) -> Utterance:
        """He names no one: whom he sees follows from what he wants."""
        while True:
            utterance = self._say("open", motive=self.wish.motive)
            if not any(name in utterance.text for name in NAMED):
                return utterance

    def _when(self) -> Utterance:
        return self._say("when", day=WEEKDAYS[self.wish.weekday], daypart=self.wish.part)

    def _confirm(self, about: str, said: str) -> Utterance:
        """Yes to what is right; no to what is not, and what is wrong when he is asked that."""
        wish, wrong = self.wish, self._wrong
        if any(clue in fold(said) for clue in _WHAT_IS_WRONG):
            match wrong:
                case None:
                    return self._plain("confirm_yes")
                case "birth_name":
                    return self._say("confirm_no", surname=wish.birth_name)
                case "first_name":
                    return self._say("first_name", first_name=wish.first_name)
                case "birth_date":
                    return self._say("birth_date", birth_date=wish.birth_date)
                case "motive":
                    return self._say("motive", motive=wish.motive)
                case _:
                    return self._when()
        self._wrong = self._wrong_in(about, said)
        return self._plain("confirm_yes") if self._wrong is None else self._plain("confirm_no")

    def _choose(self, offers: tuple[datetime, ...]) -> Utterance:
        suitable = [n for n, start in enumerate(offers) if self.wish.suits(start)]
        if not suitable:
            return self._when()
        picked = self._rng.choice(suitable)
        self.chosen = offers[picked]
        if len(offers) == 1:
            return self._plain("confirm_yes")
        hours = [start.time() for start in offers]
        if picked < len(ORDINALS) and (hours.count(hours[picked]) > 1 or self._rng.random() < 0.6):
            return self._say("choice", ordinal=ORDINALS[picked])
        return self._say("choice", hour=hours[picked], day=WEEKDAYS[self.chosen.weekday()])

    def _wrong_in(self, about: str, said: str) -> str | None:
        """What is wrong in what is read back: in the summary, or in the one thing just answered."""
        heard, wish = f" {fold(said)} ", self.wish
        birth_date = fold(say_birth_date(wish.birth_date))
        right = {
            # Not «De Fournier» for «Fournier».
            "birth_name": f" note {fold(wish.birth_name)} " in heard,
            "first_name": f" note {fold(wish.first_name)} " in heard,
            # Not «dix-huit janvier» for «huit janvier».
            "birth_date": any(f" {before} {birth_date} " in heard for before in ("naissance", "le", "note")),
            "when": WEEKDAYS[wish.weekday] in heard and fold(wish.part) in heard,
            "motive": wish.motive[:6] in heard,
        }
        if "recapitule" in heard:
            # «pour Jean Marie Petit» is not Marie Petit: the name must be said whole and nothing before it.
            right["first_name"] = f" pour {fold(wish.first_name)} " in heard
            right["birth_name"] = f" {fold(wish.first_name)} {fold(wish.birth_name)} date " in heard or (
                not right["first_name"] and f" {fold(wish.birth_name)} date " in heard
            )
            right["when"] = self.chosen is not None and bool(
                re.search(f" {fold(say_datetime(self.chosen))} (?!{_MINUTES})", heard)
            )
            return next((item for item, is_right in right.items() if not is_right), None)
        item = {"open": "motive", "spelling": "birth_name"}.get(about, about)
        if about == "spelling" and right["first_name"]:
            return None
        return None if right.get(item, False) else item

    def _plain(self, kind: str) -> Utterance:
        """A wording that says yes or no and nothing else."""
        spoken = self._rng.choice([template for template in templates(kind, "held") if "{" not in template])
        return Utterance(kind, normalise(spoken), spoken)

    def _say(self, kind: str, **values: object) -> Utterance:
        try:
            return draw(kind, "held", self._rng, **values)  # type: ignore[arg-type]
        except ValueError:
            return draw(kind, "held", self._rng)


def fold(text: str) -> str:
    """Lower case without accents or punctuation, for comparing what is heard."""
    plain = unicodedata.normalize("NFD", text.lower().replace("’", "'"))
    letters = "".join(char if char.isalnum() else " " for char in plain if not unicodedata.combining(char))
    return " ".join(letters.split())
