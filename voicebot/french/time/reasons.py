"""What a caller tells around the request: explanations, stories, circumstances. They must not mislead it."""

from __future__ import annotations

from collections.abc import Sequence

from voicebot.french.time.lexer import understood
from voicebot.french.time.nodes import Context
from voicebot.french.time.patterns import Piece

TIME = frozenset({"DAY", "HRS", "SET"})
"""Kinds of pieces that name a time."""

_ENDS_REASON = frozenset({"DONC", "BUT", "PLUTOT", "STOP", "WANT", "CORR"})
_RESTARTS = frozenset({"OR", "BUT", "PLUTOT", "WANT", "DONC"})
_ASKS = frozenset({"WANT", "CAN", "MOVE", "CLAIM", "SOON", "PLUTOT"})
"""What shows that the words before « donc » hold a request themselves."""


def without_reasons(cx: Context, pieces: Sequence[Piece]) -> list[Piece]:
    """Drop « parce que … » to the end of its clause, and what nobody understood before « donc »."""
    return _without_circumstances(cx, _without_clauses(cx, pieces))


def _without_clauses(cx: Context, pieces: Sequence[Piece]) -> list[Piece]:
    kept: list[Piece] = []
    index = 0
    while index < len(pieces):
        if pieces[index].kind != "REASON":
            kept.append(pieces[index])
            index += 1
            continue
        if any(piece.kind == "NOT" for piece in kept[-2:]):
            # "Il n'y a pas de car avant neuf heures": the coach, not the reason.
            cx.doubt("une négation, ou une explication")
        first = not any(piece.kind in TIME for piece in kept)
        end = _end_of_reason(pieces, index + 1, first=first)
        if _names_another_time(pieces[index + 1 : end]):
            cx.doubt("une heure ou un jour après l'explication")
        if end < len(pieces) and pieces[end].kind in ("DONC", "COMMA"):
            end += 1
        index = end
    return kept


def _end_of_reason(pieces: Sequence[Piece], index: int, *, first: bool) -> int:
    """Where an explanation ends; one that came ``first`` ends at its comma already."""
    while index < len(pieces):
        kind = pieces[index].kind
        if kind in _ENDS_REASON:
            return index
        if kind == "COMMA" and (first or (index + 1 < len(pieces) and pieces[index + 1].kind in _RESTARTS)):
            return index
        index += 1
    return index


def _names_another_time(reason: Sequence[Piece]) -> bool:
    """Whether a time follows words that follow a time: the second may be the request again."""
    seen = gap = False
    for piece in reason:
        if piece.kind in TIME:
            if seen and gap:
                return True
            seen, gap = True, False
        elif seen and piece.kind not in ("AND", "OR", "COMMA", "NOT"):
            gap = True
    return False


def _without_circumstances(cx: Context, pieces: list[Piece]) -> list[Piece]:
    """« l'infirmière passe le matin donc plutôt l'après-midi »: the cause was not understood and need not be."""
    for index in range(len(pieces) - 1, -1, -1):
        if pieces[index].kind != "DONC":
            continue
        start = index
        while start > 0 and pieces[start - 1].kind not in ("STOP", "DONC"):
            start -= 1
        cause, request = pieces[start:index], pieces[index + 1 :]
        if not any(piece.kind in TIME for piece in request) or all(understood(piece) for piece in cause):
            continue
        if any(piece.kind in _ASKS for piece in cause):
            continue
        if _has(cause, "DAY") and not _has(request, "DAY") and not _has(request, "SET"):
            cx.doubt("le jour de l'explication, ou un autre")
        return pieces[:start] + pieces[index:]
    return pieces


def _has(pieces: Sequence[Piece], kind: str) -> bool:
    return any(piece.kind == kind for piece in pieces)
