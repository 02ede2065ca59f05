"""The practice's own phrases: each replaces one that ships, with no unknown slot, and the legal notice stays."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter

from voicebot.practice.reading import Table

SHIPPED = Path(__file__).parents[1] / "thinking" / "phrases.toml"
"""What the assistant says where the practice says nothing else."""

KEPT = {
    "greeting.announce": ("automatique", "{transcript}", "15"),
    "greeting.kept": ("{days}",),
    "emergency.now": ("15",),
    "emergency.suicide": ("15",),
}
"""A practice may reword these, but not drop what the law wants said (AI Act, article 50(1); GDPR, article 13), nor the
number of the emergency services."""


def phrases(table: Table) -> Mapping[str, str]:
    """Read ``[phrases]``: ``"greeting.announce" = "…"``."""
    texts = table.every_text()
    known = shipped()
    for key, text in texts.items():
        try:
            slots, allowed = _slots(text), _slots(known.get(key, ""))
        except ValueError:
            table.error(key, "phrase_braces")
            continue
        if key not in known:
            table.error(key, "phrase_unknown")
        elif unknown := slots - allowed:
            table.error(key, "phrase_slot", slot=min(unknown), slots=", ".join(sorted(allowed)) or "—")
        for word in KEPT.get(key, ()):
            if word not in text:
                table.error(key, "phrase_legal", word=word)
    return texts


def answer_words(table: Table, answers: Mapping[str, str]) -> Mapping[str, tuple[str, ...]]:
    """Read ``[answer_words]``: what callers say for an answer of the practice's own, beside its name."""
    for key in table.values:
        if key not in answers:
            table.error(key, "answer_words", choices=", ".join(answers))
    words = {key: table.texts(key) for key in table.values}
    table.finish()
    return words


@cache
def shipped() -> Mapping[str, str]:
    """Every phrase that ships, by its key."""
    tables = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    return {f"{name}.{key}": text for name, entries in tables.items() for key, text in entries.items()}


def _slots(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
