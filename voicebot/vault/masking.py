"""Sensitive motives are shown to those whom they concern only: in labels, and in the texts of calls."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Protocol

LABEL = "motif confidentiel"
HIDDEN = "•••"


class Motive(Protocol):
    """What is read of a motive of the practice."""

    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def words(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def sensitive(self) -> bool: ...  # noqa: D102


class Masking:
    """Hides the sensitive motives of a practice.

    Args:
        sees_sensitive: whether this person's role is shown them; nothing is hidden then.
    """

    def __init__(self, motives: Mapping[str, Motive], *, sees_sensitive: bool) -> None:
        self._motives = motives
        self._open = sees_sensitive
        words = {
            _plain(word)
            for id, motive in motives.items()
            if motive.sensitive
            for word in (id, motive.label, *motive.words, *_nouns(motive.label))
        }
        # The longest first: «dépistage du col» before «dépistage».
        found = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True) if word)
        self._pattern = re.compile(rf"\b(?:{found})(?:s|x)?\b") if found else None

    def motive(self, id: str) -> str:
        """The label of a motive; the id itself when the rules no longer know it."""
        motive = self._motives.get(id)
        if motive is None:
            return id
        return LABEL if motive.sensitive and not self._open else motive.label

    def text(self, text: str) -> str:
        """A text of a call without the words of sensitive motives. Accents, case and plurals do not matter."""
        if self._open or self._pattern is None:
            return text
        plain = _plain(text)
        if len(plain) != len(text):
            # A letter that folds into two: rather too much than too little.
            return HIDDEN if self._pattern.search(plain) else text
        result, end = [], 0
        for match in self._pattern.finditer(plain):
            result += [text[end : match.start()], HIDDEN]
            end = match.end()
        return "".join([*result, text[end:]])

    def event(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """An event of a call as this person may read it."""
        return {key: self._value(value) if key in ("text", "items") else value for key, value in event.items()}

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return LABEL if not self._open and self._sensitive(value) else self.text(value)
        return [self._value(item) for item in value] if isinstance(value, list | tuple) else value

    def _sensitive(self, id: str) -> bool:
        motive = self._motives.get(id)
        return motive is not None and motive.sensitive


def _nouns(label: str) -> list[str]:
    """A label without its article: «un frottis» → «frottis»."""
    return [re.sub(r"^(?:une?|des|les?|la)\s+|^l['’]", "", label, flags=re.IGNORECASE)]


def _plain(text: str) -> str:
    """Letter for letter without accents or case, so that positions stay."""
    return "".join(unicodedata.normalize("NFD", letter)[0] for letter in text.lower().replace("’", "'"))
