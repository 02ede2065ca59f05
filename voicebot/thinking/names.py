"""A birth name and a first name out of one answer: which of two words is which."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from voicebot.french.name_guess import is_listed
from voicebot.french.names import capitalise, read_name
from voicebot.french.words import split as split_words
from voicebot.ports import Asks
from voicebot.thinking.words import fold

_LEXICON = Path(__file__).with_name("lexicon.toml")
_FIRST_NAME_SAID = re.compile(r"[\s,.;]*\b(?:et |)(?:(?:mon|son|le) )?prénom,?(?: (?:est|c'est|c est))?\b[\s,:]*", re.I)
_BIRTH_NAME_SAID = re.compile(
    r"[\s,.;]*\b(?:et |)(?:(?:mon|son|le) )?nom\b(?: de (?:famille|naissance))?(?: (?:est|c'est))?\s*", re.I
)
_INTRODUCED = re.compile(
    r"\b(?:je m'appelle|je me nomme|au nom de|il s'appelle|elle s'appelle|ici|je suis|c'est(?= .+ à l'appareil))\s+"
    r"(?:monsieur |madame |mademoiselle )?(.+?)"
    r"(?:,| à l'appareil|\.|$| et | je | pour | il | elle | né | née | c'est | j'| âgée? | bonjour)",
    re.I,
)
_IT_IS = re.compile(
    r"\bc'est (?:monsieur |madame |mademoiselle )?([\w'-]+(?: [\w'-]+){1,2}?)"
    r"(?:,|\.|$| je | j'| pour | et | né | née )",
    re.I,
)
""""C'est Camille Roussel, …": taken for a presentation only when a first name begins or ends it."""

_KIN = re.compile(
    r"\b(?:(?:mon|ma)|(je suis|c'est) l[ae]) (?:fils|fille|enfant|bébé|mari|femme|époux|épouse|mère|père|maman|papa"
    r"|conjointe?|compagne|compagnon|frère|s(?:œ|oe)ur|petit[- ]fils|petite[- ]fille|grand[- ]mère|grand[- ]père"
    r"|neveu|nièce|nounou|tuteur|tutrice)"
    r"(?(1) d(?:e |')|,? )"
    r"([\w-]+(?: [\w-]+){0,2}?)"
    r"(?=[,.;]|$| qui | née? | pour | il | elle | est | et | je | on | c'est | doit | tousse | avec | chez "
    r"| a (?:un |mal|besoin|rendez))",
    re.I,
)
"""``mon fils Hugo Perrin``: the patient, and not who calls."""

_FOR = re.compile(r"\b[Pp]our ([A-ZÀ-Ý][\w-]+(?: [A-ZÀ-Ý][\w-]+){0,2})")
"""``un vaccin pour Hugo``: only where the recogniser wrote it as a name."""

_APART = re.compile(r"(?:^|[,.;])\s*([\w-]+(?: [\w-]+){1,2})\s*(?=[,.;]|$| née? )")
"""``…, Vasseur Antoine, …``: words between marks that may be nothing but a name."""

_AT_THE_PHONE = re.compile(
    r"(?:^|[,.] |bonjour |bonsoir |allô |madame |monsieur |c'est )([^,.]+?),? à l'appareil", re.I
)

_NAME_OF = re.compile(r"\bnom de ([\w'-]+)\W*$", re.I)

_REJECTED = re.compile(r",?\s+(?:et )?(?:pas|non pas|au lieu de)\s+[\w'-]+\s*$", re.I)
"""``durand, pas durant``: the name that is refused."""


_FILLER = re.compile(r",?\s+(?:en fait|enfin|quoi|hein|voilà|s'il vous plaît)\W*$", re.I)

_MAIDEN = re.compile(
    r"\bnom de (?:jeune fille|naissance)(?: est| c'est|,)? ([\w'-]+(?: [\w'-]+)?)(?=,| mais | et (?:mon|je|le) )", re.I
)
""""Mon nom de jeune fille c'est Haddad mais je m'appelle Morel": only the birth name identifies."""

_WHICH_NAME = re.compile(r"^\W*([\w'-]+),? c'est (?:le|mon|son) (prénom|nom)(?: de (?:famille|naissance))?\W*$", re.I)
"""``Bernard, c'est le nom de famille``: said behind the name."""


@dataclass(frozen=True)
class NamesHeard:
    """Names out of one utterance, capitalised."""

    birth_name: str | None = None
    first_name: str | None = None
    sure: bool = False
    spelled: bool = False
    """The letters were given one by one."""
    of_patient: bool = False
    """The words say that it is the patient's, who is not the caller."""
    span: tuple[int, int] | None = None
    """Where a name given unasked stands in the utterance (end exclusive)."""

    def __bool__(self) -> bool:
        return self.birth_name is not None or self.first_name is not None


NO_NAMES = NamesHeard()
"""Nothing that is a name."""


def read_answer(text: str, asks: Asks) -> NamesHeard:
    """Names in the answer to a question about a name.

    What comes last after "nom", "c'est" and the like is the name: a recogniser that mishears what stands before it
    must not add to it.
    """
    text = _WHICH_NAME.sub(r"le \2 c'est \1", _FILLER.sub("", _REJECTED.sub("", text)))
    if (named := _NAME_OF.search(text)) and is_listed(named[1], first_name=False):
        text = named[1]  # "Nom de Fournier": no one is called "De Fournier" where "Fournier" is common
    if asks == "birth_name" and (maiden := _MAIDEN.search(text)) and not _no_name(maiden[1]):
        text = maiden[1]
    if split := _said_apart(text):
        return split
    if asks == "birth_name" and _FIRST_NAME_SAID.search(text):
        asks = "first_name"
    heard = _read(text, asks)
    if not heard.sure and not heard.spelled and (tail := _after_cue(text)):
        heard = _read(tail, asks) or heard
    return heard


def _read(text: str, asks: Asks) -> NamesHeard:
    first = asks == "first_name"
    reading = read_name(text, first_name=first)
    if reading.name is None or (not reading.spelled and _no_name(reading.name)):
        return NO_NAMES
    if first:
        sure = reading.sure and (reading.spelled or _plausible(reading.name, first=True))
        return NamesHeard(first_name=reading.name, sure=sure, spelled=reading.spelled)
    if reading.spelled or asks == "spelling":
        return NamesHeard(birth_name=reading.name, sure=reading.sure, spelled=reading.spelled)
    heard = _divide(reading.name)
    return replace(heard, sure=reading.sure and _plausible(heard.birth_name or "", first=False))


def _after_cue(text: str) -> str:
    """What follows the last word that announces a name; empty where nothing does."""
    words = [word for word in split_words(text) if not word.is_mark]
    for at in range(len(words) - 1, -1, -1):
        if words[at].norm in _listed("cues"):
            return text[words[at].end :]
    return ""


def _plausible(name: str, *, first: bool) -> bool:
    """Whether several words look like one name: "De La Tour", "Jean-Pierre", not "Six Imbert"."""
    words = name.split()
    if len(words) < 2:
        return True
    return is_first_name(name) if first else all(fold(word) in _listed("particles") for word in words[:-1])


def read_introduction(text: str) -> NamesHeard:
    """Names that a caller gives unasked: ``je m'appelle martin durand``, ``durand à l'appareil``."""
    if kin := _kin(text):
        return kin
    match = _AT_THE_PHONE.search(text) or _INTRODUCED.search(text) or _it_is(text)
    if match is None:
        return _set_apart(text)
    words = match[1].split()
    if not 1 <= len(words) <= 4 or any(char.isdigit() for char in match[1]):
        return NamesHeard()
    # Only a sentence that holds a first name is taken for a presentation: "je suis malade" is none.
    if not any(is_first_name(word) for word in words) and not _AT_THE_PHONE.search(text):
        return NamesHeard()
    if len(words) == 1 and is_first_name(words[0]):
        # "Je m'appelle Léa": a first name, unless it is as often a surname.
        only = None if is_listed(words[0], first_name=False) else capitalise(words[0])
        return NamesHeard(first_name=only, span=match.span(1))
    reading = read_name(match[1])
    return replace(_divide(reading.name), span=match.span(1)) if reading.name else NO_NAMES


def _kin(text: str) -> NamesHeard | None:
    """The patient's name, said as that of a relative, or as the one whom it is for."""
    match = _KIN.search(text)
    found, span = (match[2], match.span(2)) if match is not None else ("", (0, 0))
    if not found and (match := _FOR.search(text)):
        found, span = match[1], match.span(1)
    words = found.split()
    if not words or _no_name(found) or any(char.isdigit() for char in found):
        return None
    if not is_first_name(words[0]) and not is_first_name(words[-1]):
        return None
    if len(words) == 1:
        return NamesHeard(first_name=capitalise(found), of_patient=True, span=span)
    return replace(_divide(found), of_patient=True, span=span)


def _set_apart(text: str) -> NamesHeard:
    """A first name and a common surname between two marks; what is only one of them is left alone."""
    for match in _APART.finditer(text):
        words = match[1].split()
        first, last = words[0], words[-1]
        whole = (is_first_name(first) and is_listed(last, first_name=False)) or (
            is_first_name(last) and is_listed(first, first_name=False)
        )
        if whole and not _no_name(match[1]):
            return replace(_divide(match[1]), span=match.span(1))
    return NO_NAMES


def _it_is(text: str) -> re.Match[str] | None:
    match = _IT_IS.search(text)
    if match is None or _no_name(match[1]):
        return None
    words = [fold(word) for word in match[1].split()]
    named = is_first_name(words[0]) or is_first_name(words[-1])
    return match if named and not {"pour", "avec", "chez", "au", "a", "de"} & set(words) else None


def is_first_name(name: str) -> bool:
    """Whether a name is a common French first name (a composed one counts by its parts)."""
    return all(is_listed(part, first_name=True) for part in fold(name).split()) if name else False


def _no_name(name: str) -> bool:
    """Whether these words are a sentence rather than a name."""
    words = fold(name).split()
    return (
        len(words) > 5
        or any(word in _listed("never") for word in words)
        or all(word in _listed("particles") or len(word) < 2 for word in words)
    )


def _said_apart(text: str) -> NamesHeard | None:
    """``dupont, prénom marie``: both names, each after its own word."""
    before, *after = _FIRST_NAME_SAID.split(text, maxsplit=1)
    if not after or not before.strip():
        return None
    first, birth = after[0], before
    if match := _BIRTH_NAME_SAID.search(first):
        first, birth = first[: match.start()], first[match.end() :]
    first_name, birth_name = read_name(first, first_name=True), read_name(birth)
    if first_name.name is None or birth_name.name is None:
        return None
    if _no_name(first_name.name) or _no_name(birth_name.name):
        return None
    return NamesHeard(birth_name.name, first_name.name, first_name.sure and birth_name.sure)


def _divide(name: str) -> NamesHeard:
    """Two words or more: the common first names at one end are the first name, the rest is the birth name."""
    words = name.split()
    if len(words) < 2 or (fold(words[0]) in _listed("particles") and len(words) == 2):
        return NamesHeard(birth_name=name)
    leading = _count(words)
    trailing = _count(list(reversed(words)))
    if 0 < leading < len(words):
        return NamesHeard(" ".join(words[leading:]), _composed(words[:leading]))
    if 0 < trailing < len(words):
        return NamesHeard(" ".join(words[:-trailing]), _composed(words[-trailing:]))
    if leading == len(words):
        # "martin bernard": both are first names; people say the first name first.
        return NamesHeard(words[-1], _composed(words[:-1]))
    return NamesHeard(birth_name=name)


def _count(words: list[str]) -> int:
    for count, word in enumerate(words):
        if not is_first_name(word) or fold(word) in _listed("particles"):
            return count
    return len(words)


def _composed(words: list[str]) -> str:
    return capitalise("-".join(words))


@cache
def _listed(name: str) -> frozenset[str]:
    """A list of words of ``lexicon.toml``, table ``[names]``."""
    return frozenset(tomllib.loads(_LEXICON.read_text(encoding="utf-8"))["names"][name].split())
