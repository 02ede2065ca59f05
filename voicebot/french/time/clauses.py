"""What follows in the clause: whether a time is still named, and whether a yes follows it."""

from __future__ import annotations

from collections.abc import Sequence

from voicebot.french.time.patterns import Piece
from voicebot.french.time.reasons import TIME


def time_ahead(pieces: Sequence[Piece], index: int) -> bool:
    """Whether a time is named before the clause ends."""
    for piece in pieces[index:]:
        if piece.kind in TIME and not (piece.kind == "HRS" and piece.value.kind == "any"):
            return True
        if piece.kind in ("STOP", "DONC", "WANT", "PLUTOT", "CANT", "CAN", "BUSY", "YES") or piece.kind == "BUT":
            return False
    return False


def yes_follows(pieces: Sequence[Piece], index: int) -> bool:
    """Whether the next time is followed by a yes: « mardi non mercredi oui »."""
    seen = False
    for piece in pieces[index:]:
        if piece.kind in TIME:
            seen = True
        elif seen:
            return piece.kind in ("YES", "CAN")
    return False


def never(pieces: Sequence[Piece]) -> bool:
    """Whether what was said last refuses and names no time: « je ne suis pas libre », « je travaille », « jamais »."""
    for piece in reversed(pieces):
        if piece.kind in ("CANT", "BUSY") or (piece.kind == "NOT" and piece.value == "jamais"):
            return True
        if piece.kind not in ("BOOK", "COMMA"):
            return False
    return False


def said(pieces: Sequence[Piece], kind: str, value: str) -> bool:
    """Whether a piece of this kind and value stands anywhere."""
    return any(piece.kind == kind and piece.value == value for piece in pieces)
