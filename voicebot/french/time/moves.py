"""The appointment that one has, and the one that one wants."""

from __future__ import annotations

from voicebot.french.time.grammar import MOVES, Made
from voicebot.french.time.nodes import Context
from voicebot.french.time.patterns import Found


@MOVES.rule(
    "MOVE BOOK* (de|du) (le|la)? d:DAY h:HRS? t:(a|au|pour|en|sur|PLUTOT|NEAR|dans)",
    "MOVE BOOK* (de|du) h:HRS t:(a|au|pour)",
)
def _moved_from(cx: Context, f: Found) -> Made | None:
    piece = f.piece("t")
    return None if piece is None else [("MOVE", None), (piece.kind, piece.value)]


@MOVES.rule("DAY PLUTOT (a|au) (le|la)? DAY")
def _rather_than(cx: Context, f: Found) -> Made | None:
    """« mardi de préférence à lundi »."""
    cx.doubt("ce jour, ou celui qu'on lui préfère")
    return None


@MOVES.rule("MOVE BOOK* (de|du) (le|la)? d:DAY h:HRS?")
def _moved_from_only(cx: Context, f: Found) -> Made | None:
    cx.doubt("le rendez-vous que l'on a, ou celui que l'on veut")
    return None
