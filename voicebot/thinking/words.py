"""Words compared as the ear compares them: without case, accents, apostrophes or hyphens."""

from __future__ import annotations

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "’": " ", "'": " ", "-": " "})


def fold(text: str) -> str:
    """Lower case, no accents, one space between words, nothing but letters and digits: ``j ai deja mal``."""
    flat = unicodedata.normalize("NFD", text.lower().translate(_LIGATURES))
    flat = "".join(char for char in flat if not unicodedata.combining(char))
    return " ".join(re.sub(r"[^\w\s]|_", " ", flat).split())
