"""Polarity: which of the days and hours that were named are wanted, refused or corrected."""

from __future__ import annotations

from collections.abc import Sequence

from voicebot.french.time.clauses import never, said, time_ahead, yes_follows
from voicebot.french.time.patterns import Piece
from voicebot.french.time.reasons import TIME
from voicebot.french.time.term import EITHER, Term
from voicebot.french.time.writing import LIST_OR_CORRECTION, TermWriter

_QUESTION_OR_REFUSAL = "une question, ou un refus"
_JOINS = {"OR": "or", "AND": "and", "COMMA": "comma"}


class TermBuilder(TermWriter):
    """Walks over the pieces and builds terms."""

    def build(self, pieces: Sequence[Piece]) -> list[Term]:
        """The terms of an utterance, in order."""
        for index, piece in enumerate(pieces):
            self._take(pieces, index, piece)
        self._end_refusal()
        self._oppose()
        if said(pieces, "CANT", "impossible") and said(pieces, "STOP", "?") and all(t.sign < 0 for t in self.terms):
            self._cx.doubt(_QUESTION_OR_REFUSAL)
        if said(pieces, "EVENTED", "open") and not any(term.hours or term.sets for term in self.terms):
            self._cx.doubt("l'heure d'une occupation, sans dire ce que l'on veut")
        return [term for term in self.terms if term.days or term.hours or term.sets]

    def _oppose(self) -> None:
        """« pas mardi, mercredi » is clear at the end of what was said; longer lists are not."""
        opposed = [term for term in self.terms if term.opposed]
        for term in opposed:
            before = self.terms[self.terms.index(term) - 1]
            alike = bool(term.days) == bool(before.days) and bool(term.hours) == bool(before.hours)
            if len(opposed) > 1 or term is not self.terms[-1] or term.join != "comma" or not alike:
                self._cx.doubt("un refus, ou une correction")
            else:
                term.sign = 1

    def _end_refusal(self) -> None:
        """« le lundi jamais »: a refusal that nothing follows is of what came before."""
        if self._pending_not is None:
            return
        back = [t for t in self.terms if t.segment == self._segment and t.sign > 0]
        if not back or self._pending_not.value != "jamais":
            self._cx.doubt("une négation sans objet")
        for term in back:
            term.sign = -1
        self._pending_not, self._sign = None, 1
        self._segment += 1

    def _take(self, pieces: Sequence[Piece], index: int, piece: Piece) -> None:
        kind = piece.kind
        if kind in TIME:
            self._contrast(pieces, index)
            self._time(piece)
        elif kind in _JOINS:
            self._end_refusal()
            if kind == "OR" and any(
                p.kind in ("SOON", "ANY") for p in (*pieces[index - 1 : index], *pieces[index + 1 : index + 2])
            ):
                self._cx.doubt("au plus vite, ou à un autre moment")
            if piece.value == "sinon" and self._sign < 0:
                self._cx.doubt("un refus, ou un second choix")
            self._close("else" if piece.value == "sinon" else _JOINS[kind])
        elif kind in ("BOOK", "CLAIM"):
            self._booking = self._sign < 0 and bool(self.terms)
        elif kind == "IS":
            self._is()
        elif kind == "QUE":
            self._than(pieces, index)
        elif kind == "NOT":
            self._close("")
            if piece.value == "sauf" and never(pieces[:index]):
                # « je suis pris sauf jeudi »: then only
                self._sign, self._segment, self._pending_not = 1, self._segment + 1, None
                return
            if index and pieces[index - 1].kind == "OR":
                self._cx.doubt("ou pas")  # « mardi ou jamais »
            self._sign, self._pending_not = -1, piece
            self._excepts, self._strict = piece.value == "sauf", piece.value in ("sauf", "ni")
        elif kind in ("CANT", "BUSY"):
            self._refusal(pieces, index, piece)
        elif kind in ("CORR", "NO"):
            self._correction(pieces, index, piece)
        elif kind in ("BUT", "PLUTOT", "STOP", "DONC", "WANT", "CAN", "YES"):
            if piece.value == "question":
                self._cx.doubt(_QUESTION_OR_REFUSAL)
            self._wished = self._wished or kind in ("WANT", "PLUTOT")
            told = self._current is not None and self._current.sign < 0 and not self._current.denied
            if kind == "PLUTOT" and told and not time_ahead(pieces, index + 1):
                self._cx.doubt("un refus, ou une préférence")
            self._restart(kind)
        elif kind == "MOVE":
            self._move()
        elif kind == "LEAVE":
            self._leave(pieces, index, piece)
        elif kind == "HAVE":
            self._cx.doubt("un rendez-vous que l'on a déjà")
        elif kind == "SOON":
            self._soon()
        elif kind == "ANY":
            self._anything()

    def _contrast(self, pieces: Sequence[Piece], index: int) -> None:
        """« je ne peux pas le mardi, le jeudi c'est bon »: a list of refused times that ends with a yes."""
        refused = bool(self.terms) and self._sign < 0 and self._pending_not is None and self.terms[-1].sign < 0
        before = pieces[index - 1].kind
        if refused and (before not in TIME or before == pieces[index].kind) and yes_follows(pieces, index):
            if self._join == "comma":
                self._restart("CAN")
            else:
                self._cx.doubt("un refus, puis une demande")

    def _soon(self) -> None:
        if self._pending_not is not None:
            self._cx.doubt("pas le plus tôt")
            self._pending_not = None
        self.soonest = True

    def _anything(self) -> None:
        if self._join in EITHER and self.terms:
            self._cx.doubt("ceci, ou n'importe quand")
        self.any = True

    def _refusal(self, pieces: Sequence[Piece], index: int, piece: Piece) -> None:
        """« mardi je ne peux pas » refuses what came before, « je ne peux pas mardi » what comes next."""
        back = [t for t in self.terms if t.segment == self._segment and t.sign > 0]
        ahead = time_ahead(pieces, index + 1) and not (back and yes_follows(pieces, index + 1))
        comma_before = index > 0 and pieces[index - 1].kind == "COMMA"
        self._close("comma" if not ahead else "")
        if self._pending_not is not None:
            self._cx.doubt("une exception que nul moment ne nomme")
        self._pending_not = None
        if back and ahead:
            comma_after = index + 1 < len(pieces) and pieces[index + 1].kind == "COMMA"
            if comma_after and not comma_before:
                ahead = False
            elif comma_before and not comma_after:
                back = []
            else:
                self._cx.doubt("un refus entre deux moments")
        comma = index + 1 < len(pieces) and pieces[index + 1].kind in ("COMMA", "STOP")
        if not back and ahead and comma:
            self._cx.doubt("un refus, puis une demande")  # « je peux pas venir, vendredi plutôt »
        if not back and not ahead and piece.kind == "CANT":
            self._cx.doubt("un refus sans objet")
        if back and not ahead and self._wished:
            self._cx.doubt("un refus de ce qui vient d'être demandé")
        for term in back if back and not ahead else []:
            term.sign = -1
        self._segment += 1
        self._wished = False
        self._sign, self._strict, self._excepts = (-1, True, False) if ahead else (1, False, False)

    def _correction(self, pieces: Sequence[Piece], index: int, piece: Piece) -> None:
        joined = index + 1 < len(pieces) and pieces[index + 1].kind in ("OR", "AND")
        ahead = not joined and time_ahead(pieces, index + 1)
        if not self.terms:
            return
        if ahead and not (piece.kind == "NO" and yes_follows(pieces, index + 1)):
            self._close("")
            self._sign, self._corrects, self._join = 1, True, "correct"
            return
        if piece.kind == "CORR" and not ahead and self.terms[-1].join in ("list", "comma") and len(self.terms) > 1:
            # « le 24 euh le 25 pardon »: what was said last holds.
            self.terms[-1].corrects, self.terms[-1].join = True, "correct"
            self._cx.forget(LIST_OR_CORRECTION)
        if piece.kind == "NO":
            for term in self.terms:
                if term.segment == self._segment:
                    term.sign = -1
            self._close("")
            self._segment += 1
            self._sign = 1

    def _is(self) -> None:
        """« ce n'est pas mardi, c'est mercredi »: after a refusal « c'est » says what is wanted."""
        if self._sign < 0 and self._pending_not is None:
            self._close("")
            self._sign, self._corrects = 1, False

    def _leave(self, pieces: Sequence[Piece], index: int, piece: Piece) -> None:
        """« je pars samedi »: from then on, and nobody knows until when."""
        if time_ahead(pieces, index + 1):
            self._cx.doubt("un départ, sans dire le retour")
            self._refusal(pieces, index, piece)

    def _than(self, pieces: Sequence[Piece], index: int) -> None:
        """« plutôt mardi que mercredi » refuses the second; in « mardi que le matin » it means only."""
        last = self.terms[-1] if self.terms else None
        following = next((piece for piece in pieces[index + 1 :] if piece.kind in TIME), None)
        if last is None or following is None or last.sign < 0:
            self._restart("PLUTOT")
            return
        alike = bool(last.days) if following.kind == "DAY" else bool(last.hours) and not last.days
        alike = bool(last.sets) if following.kind == "SET" else alike
        if not alike:
            self._restart("PLUTOT")
            return
        if not any(piece.kind == "PLUTOT" for piece in pieces[:index]):
            self._cx.doubt("ceci plutôt que cela, ou cela seulement")
        self._close("")
        self._sign, self._strict, self._excepts = -1, True, False

    def _move(self) -> None:
        if self.terms:
            self._cx.doubt("le rendez-vous que l'on a, ou celui que l'on veut")
        self._close("")
