"""Yes and no, without Rasa, so that a call survives while it is away."""

from __future__ import annotations

from voicebot.french.phrases import Phrases, load
from voicebot.french.words import split

_PHRASES = Phrases.from_lists(load("oui_non.toml"))


def read_yes_no(text: str) -> bool | None:
    """True for a yes, False for a no, None when the words say neither or both.

    A no after a yes or hesitation ("oui euh non") is a no; a yes after a no ("non c'est bon") is doubtful: None.
    """
    norms = [word.norm for word in split(text) if not word.is_mark]
    said = [value for _, _, value in _PHRASES.scan(norms) if value != "ni_oui_ni_non"]
    if not said:
        return None
    if "non" in said:
        return None if said[0] == "non" and "oui" in said else False
    return True
