"""Terms as they are built: what joins them, and which day or hour begins a new one."""

from __future__ import annotations

from voicebot.french.time.nodes import Context, Days, Exact
from voicebot.french.time.patterns import Piece
from voicebot.french.time.term import EITHER, Term, narrows_days, narrows_hours

_BOUNDARY = frozenset({"STOP", "BUT", "DONC", "WANT", "PLUTOT", "CANT", "CAN", "BUSY"})
LIST_OR_CORRECTION = "une liste, ou une correction"


class TermWriter:
    """Holds the terms of an utterance and where the next time will go."""

    def __init__(self, cx: Context) -> None:
        self._cx = cx
        self.terms: list[Term] = []
        self.soonest = False
        self.any = False
        self._current: Term | None = None
        self._sign = 1
        self._join = ""
        self._corrects = False
        self._segment = 0
        self._end = 0
        """Word where the last time ended."""
        self._pending_not: Piece | None = None
        self._booking = False
        """Whether booking was spoken of since a refused time."""
        self._wished = False
        """Whether the clause asked for something before it named a time."""
        self._excepts = False
        """Whether the refusal is an exception (« sauf »)."""
        self._strict = False
        """Whether the refusal may list its days (« sauf mardi, jeudi »); « pas mardi, jeudi » is obscure."""

    def _restart(self, kind: str) -> None:
        if kind == "YES" and self._sign > 0:
            return
        join = {"BUT": "but", "PLUTOT": "plutot", "STOP": "comma", "DONC": "comma"}.get(kind, "")
        if kind == "PLUTOT" and self._join in ("or", "else", "and", "but"):
            join = self._join
        self._close(join or self._join)
        if self._pending_not is not None and kind != "YES":
            self._cx.doubt("une négation sans objet")
            self._pending_not = None
        self._sign = 1
        if kind in _BOUNDARY:
            self._segment += 1

    def _close(self, join: str) -> None:
        if self._current is not None or self._join in ("", "comma") or join in EITHER:
            self._join = join
        self._current = None

    def _new(self, join: str) -> Term:
        term = Term(self._sign, join if self.terms else "", corrects=self._corrects, segment=self._segment)
        term.excepts, term.denied = self._excepts and term.sign < 0, self._pending_not is not None
        if term.sign < 0 and self._pending_not is None and join in ("comma", "list") and not self._strict:
            term.opposed = True
        self._corrects, self._join = False, ""
        self._pending_not = None
        self.terms.append(term)
        self._current = term
        return term

    def _listed(self, piece: Piece) -> Term:
        """A new alternative with no word between."""
        self._hesitated(piece)
        return self._new("list")

    def _hesitated(self, piece: Piece) -> None:
        """« mardi euh mercredi » may be a list as well as a correction."""
        again = any(isinstance(day, Days) and day == piece.value for day in self.terms[-1].days)
        if not again and self._cx.hesitations.intersection(range(self._end, piece.start)):
            self._cx.doubt(LIST_OR_CORRECTION)

    def _time(self, piece: Piece) -> None:
        if self._booking and self._sign < 0 and self._pending_not is None and self.terms[-1].sign < 0:
            self._cx.doubt("un refus qui dure, ou une demande")  # « je travaille le matin, un rendez-vous à 17 h »
        self._booking = False
        if self._current is None and self._join == "comma" and self.terms:
            self._hesitated(piece)
        term = self._current or self._new(self._join)
        value = piece.value
        if isinstance(value, Exact):
            if not value.filters and any(not one.filters for one in term.sets):
                term = self._listed(piece)  # « le premier le deuxième »: offers are picked side by side
            term.sets.append(value)
        elif isinstance(value, Days):
            if term.days and not narrows_days(term.days, value):
                if {term.days[-1].kind, value.kind} == {"date", "weekday"}:
                    self._cx.doubt("une date et un jour qui ne vont pas ensemble")
                term = self._listed(piece)
            only_spans = all(d.kind == "span" for d in term.days)
            in_front = bool(term.hours) and (not term.days or (only_spans and value.kind != "span"))
            term.hours_first = term.hours_first or in_front
            term.days.append(value)
        else:
            if term.hours and not narrows_hours(term.hours, value):
                if any(old.kind != value.kind for old in term.hours):
                    self._cx.doubt("des heures qui se contredisent")
                term = self._listed(piece)
            if term.sign < 0 and term.days and value.kind in ("point", "range") and self._all_day_wanted():
                self._cx.doubt("l'heure de l'exception, ou de tout le reste")
            term.hours.append(value)
        self._end = piece.end

    def _all_day_wanted(self) -> bool:
        """Whether days are wanted, none of them with an hour: « tous les jours sauf le mercredi à 17 heures »."""
        wanted = [t for t in self.terms if t.sign > 0]
        return bool(wanted) and not any(t.hours for t in wanted)
