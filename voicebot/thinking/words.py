"""Words compared as the ear compares them: without case, accents, apostrophes or hyphens; and turns of phrase.

The data files (`red_flags.toml`, `lexicon.toml`) write a turn of phrase so that a doctor or a secretary can read it::

    (a|b)  one or the other    mot*  the start of a word    *  any word    [a]  a may be missing
    …      up to four words    $     the utterance ends here
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from voicebot.errors import ConfigurationError

_GAP = r"(?:\w+ ){0,4}?"
_TOKEN = re.compile(r"…|\$|\(|\)|\||\[|\]|[^\s…$()|\[\]]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "’": " ", "'": " ", "-": " "})


def fold(text: str) -> str:
    """Lower case, no accents, one space between words, nothing but letters and digits: ``j ai deja mal``."""
    flat = unicodedata.normalize("NFD", text.lower().translate(_LIGATURES))
    flat = "".join(char for char in flat if not unicodedata.combining(char))
    return " ".join(re.sub(r"[^\w\s]|_", " ", flat).split())


def compile_phrase(phrase: str) -> re.Pattern[str]:
    """The pattern of one turn of phrase, to be searched in ``fold(text) + " "``.

    Raises ConfigurationError when it is malformed.
    """
    parts: list[str] = []
    for token in _TOKEN.findall(phrase):
        match token:
            case "…":
                parts.append(_GAP)
            case "(":
                parts.append("(?:")
            case ")" | "|":
                parts.append(token)
            case "$":
                parts.append("$")
            case "[":
                parts.append("(?:(?:")
            case "]":
                parts.append("))?")
            case word:
                folded = fold(word.rstrip("*"))
                parts.append(re.escape(folded) + (r"\w* " if word.endswith("*") else " "))
    try:
        return re.compile(r"(?<!\w)" + "".join(parts))
    except re.error:
        raise ConfigurationError(f"the turn of phrase {phrase!r} has a parenthesis too many or too few") from None


def compile_phrases(phrases: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    """The patterns of several turns of phrase."""
    return tuple(compile_phrase(phrase) for phrase in phrases)
