"""What goes between the braces of `sentences.toml`: each slot gives (written, spoken). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from pathlib import Path
from random import Random

from models.forge import numerals

Value = str | date | time
Pair = tuple[str, str]

_HERE = Path(__file__).parent
_LETTERS = """
a=a b=bé c=cé d=dé e=eu f=effe g=gé h=hache i=i j=ji k=ka l=elle m=emme n=enne o=o p=pé q=ku r=erre s=esse t=té u=u v=vé
w=double_vé x=ixe y=i_grec z=zède
"""
_LETTER_NAMES = {pair[0]: pair[2:].replace("_", " ") for pair in _LETTERS.split()}
_ACCENTS = {"é": "aigu", "è": "grave", "ê": "circonflexe"}
_PLAIN = str.maketrans("éèêëïîçôöàâûüù", "eeeeiicooaauuu")
_HOURS = (8, 9, 9, 10, 10, 11, 11, 12, 14, 14, 15, 15, 16, 16, 17, 17, 18, 18, 19)
_MINUTES = (0, 0, 0, 0, 30, 30, 15, 15, 45, 45, 10, 20, 40, 50, 5, 25, 35, 55)


def names(file: str) -> tuple[str, ...]:
    """The names of a list beside this file, separated by white space."""
    return tuple((_HERE / file).read_text(encoding="utf-8").split())


class Fillers:
    """The word lists, read once."""

    def __init__(self, words: Mapping[str, object], motives: Mapping[str, object], acts: Mapping[str, object]) -> None:
        self.words = {slot: _strings(values) for slot, values in words.items()}
        self.motives = {motive: _strings(values) for motive, values in motives.items()}
        self.acts = {motive: _strings(values) for motive, values in acts.items()}
        self.surnames = names("surnames.txt")
        self.first_names = names("first_names.txt")

    def wordings(self, slot: str) -> tuple[str, ...]:
        """All wordings of a slot that is a list; none for one that is made up (dates, names, numbers)."""
        of_motives = {"motive": self.motives, "act": self.acts}.get(slot)
        if of_motives is not None:
            return tuple(wording for wordings in of_motives.values() for wording in wordings)
        return self.words.get(slot, ())

    def session(self, rng: Random, fixed: Mapping[str, Value]) -> Callable[[str], Pair]:
        """A filler for the slots of one utterance: a surname drawn for one slot is the one that the next spells."""
        return _Session(self, rng, dict(fixed)).fill


def _strings(values: object) -> tuple[str, ...]:
    assert isinstance(values, list)
    return tuple(str(value) for value in values)


class _Session:
    def __init__(self, lists: Fillers, rng: Random, fixed: dict[str, Value]) -> None:
        self.lists, self.rng, self.fixed = lists, rng, fixed

    def fill(self, slot: str) -> Pair:
        own: Callable[[], str | Pair] | None = getattr(self, f"_{slot}", None)
        if own is not None:
            result = own()
        elif slot in self.fixed:
            result = str(self.fixed[slot])
        else:
            result = self.rng.choice(self.lists.words[slot])
        return (result, result) if isinstance(result, str) else result

    def _motive(self) -> str:
        return self._of_motive("motive", self.lists.motives)

    def _act(self) -> str:
        return self._of_motive("act", self.lists.acts)

    def _of_motive(self, slot: str, wordings: Mapping[str, tuple[str, ...]]) -> str:
        fixed = self.fixed.get(slot) or self.fixed.get("motive")
        if isinstance(fixed, str):
            return self.rng.choice(wordings[fixed]) if fixed in wordings else fixed
        return self.rng.choice(wordings[self.rng.choice(tuple(wordings))])

    def _surname(self) -> str:
        return str(self.fixed.setdefault("surname", self.rng.choice(self.lists.surnames)))

    def _first_name(self) -> str:
        return str(self.fixed.get("first_name") or self.rng.choice(self.lists.first_names))

    def _full_name(self) -> str:
        return f"{self._first_name()} {self._surname()}"

    def _letters_of_surname(self) -> Pair:
        return self._spelled(self._surname())

    def _letters(self) -> Pair:
        if "letters" in self.fixed:
            return self._spelled(str(self.fixed["letters"]))
        length = self.rng.randint(2, 7)
        return self._spelled("".join(self.rng.choice("aeioulnrstabcdefghijklmnopqrstuvwxyz") for _ in range(length)))

    def _spelled(self, name: str) -> Pair:
        """Letter by letter; now and then the accent is said, and a double letter as "deux l"."""
        accents, doubles = self.rng.random() < 0.15, self.rng.random() < 0.25
        written: list[str] = []
        spoken: list[str] = []
        for letter in name.lower():
            plain = letter.translate(_PLAIN)
            if plain in "-' ":
                if plain == "-":
                    written.append("tiret")
                    spoken.append("tiret")
                continue
            accent = f" accent {_ACCENTS[letter]}" if accents and letter in _ACCENTS else ""
            if doubles and written and written[-1] == plain and not accent:
                written[-1], spoken[-1] = f"deux {plain}", f"deux {spoken[-1]}"
                continue
            written.append(plain + accent)
            spoken.append(_LETTER_NAMES.get(plain, plain) + accent)
        return " ".join(written), self.rng.choice((", ", " , ", " ")).join(spoken)

    def _month(self) -> str:
        return str(self.fixed.get("month") or self.rng.choice(numerals.MONTHS))

    def _day_number(self) -> str:
        return str(self.fixed.get("day_number") or numerals.day_number(self.rng.randint(1, 31)))

    def _number(self) -> str:
        return str(self.fixed.get("number") or numerals.cardinal(self.rng.randint(0, 99)))

    def _date(self) -> str:
        fixed = self.fixed.get("date")
        if isinstance(fixed, str):
            return fixed
        if isinstance(fixed, date):
            return numerals.calendar_day(fixed, self.rng)
        return numerals.calendar_day(date(2026, 1, 1) + timedelta(days=self.rng.randrange(1461)), self.rng)

    def _hour(self) -> str:
        fixed = self.fixed.get("hour")
        if isinstance(fixed, str):
            return fixed
        at = fixed if isinstance(fixed, time) else time(self.rng.choice(_HOURS), self.rng.choice(_MINUTES))
        return numerals.clock(at, self.rng)

    def _when(self) -> str:
        if "when" in self.fixed:
            return str(self.fixed["when"])
        day, draw = self.rng.choice(self.lists.words["day"]), self.rng.random()
        if draw < 0.2:
            return self.rng.choice(self.lists.words["relative"])
        if draw < 0.42:
            return self._date()
        if draw < 0.60:
            return f"{day} {self.rng.choice(self.lists.words['daypart'])}"
        if draw < 0.68:
            return self.rng.choice((day, f"{day} prochain", f"{day} prochain"))
        if draw < 0.78:
            return f"{day} à {self._hour()}"
        if draw < 0.90:
            return f"{self._date()} à {self._hour()}"
        return self.rng.choice(self.lists.words["part"])

    def _year(self) -> str:
        return str(self.fixed.get("year") or numerals.year(self.rng.randint(1930, 2024), self.rng))

    def _birth_date(self) -> str:
        fixed = self.fixed.get("birth_date")
        if isinstance(fixed, str):
            return fixed
        if not isinstance(fixed, date):
            fixed = date(self.rng.randint(1930, 2024), 1, 1) + timedelta(days=self.rng.randrange(365))
        return numerals.birth_date(fixed, self.rng)

    def _phone(self) -> Pair:
        digits = str(self.fixed.get("phone") or self._number_of_france())
        return self._paired(digits)

    def _digits_part(self) -> Pair:
        start = self.rng.choice((0, 2, 4, 6))
        return self._paired(self._number_of_france()[start : start + self.rng.choice((2, 4, 4, 6))])

    def _number_of_france(self) -> str:
        prefix = self.rng.choice(("06", "06", "06", "07", "07", "01", "02", "03", "04", "05", "09"))
        return prefix + "".join(self.rng.choice("0123456789") for _ in range(8))

    def _paired(self, digits: str) -> Pair:
        pairs = numerals.digit_pairs(digits, self.rng)
        return " ".join(pairs), self.rng.choice((", ", " ", ", ")).join(pairs)
