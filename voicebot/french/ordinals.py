"""Which of the offers was chosen: « le premier », « la dernière », « celui de dix heures », « plutôt le matin »."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from voicebot.french.phrases import Phrases, load
from voicebot.french.when import DEFAULT, WhenSettings, read
from voicebot.french.words import split
from voicebot.french.yesno import read_yes_no

_POSITIONS: Phrases[int] = Phrases(
    (phrase, int(position)) for position, phrases in load("choix.toml").items() for phrase in phrases
)


def read_choice(
    text: str, offered: Sequence[datetime], *, now: datetime | None = None, settings: WhenSettings = DEFAULT
) -> int | None:
    """The index of the offer that was chosen, or None when it is none or not exactly one of them.

    ``now`` is needed only for words such as « demain »; without it the day before the first offer stands for it. A yes
    to a single offer chooses it.
    """
    if not offered:
        return None
    norms = [word.norm for word in split(text) if not word.is_mark]
    clock = now or min(offered).replace(hour=0, minute=0) - timedelta(days=1)
    when = read(text, now=clock, offered=offered, settings=settings)
    if when.windows and when.prefer is None:
        fits = [i for i, o in enumerate(offered) if any(a <= o < b for a, b in when.windows)]
        if len(fits) == 1 and when.sure:
            return fits[0]
        if fits:
            return None
    position = _position(norms, len(offered))
    if position is not None and read_yes_no(text) is not False:
        return position
    return 0 if len(offered) == 1 and read_yes_no(text) and not when.windows else None


def _position(norms: Sequence[str], count: int) -> int | None:
    """A position that was said, as an index; None when none or several were."""
    said = {value for _, _, value in _POSITIONS.scan(norms)}
    if len(said) != 1:
        return None
    value = said.pop()
    index = value - 1 if value > 0 else count + value
    return index if 0 <= index < count else None
