"""Fixed phrases are spoken from memory; nothing else ever stays there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from voicebot.errors import ConfigurationError
from voicebot.ports import Audio, Voice
from voicebot.speaking import phrases as module
from voicebot.speaking.phrases import MOST, Phrases


class Counting:
    """A voice that says how often it was asked: 10 ms a letter, in two pieces."""

    rate = 8000

    def __init__(self) -> None:
        self.asked: list[str] = []

    def synthesise(self, text: str) -> Iterator[Audio]:
        self.asked.append(text)
        for part in (text[: len(text) // 2], text[len(text) // 2 :]):
            yield Audio(8000, part[:1].encode().ljust(2, b"\1")[:2] * 80 * len(part))


@pytest.fixture
def voice() -> Counting:
    return Counting()


def test_a_fixed_phrase_is_synthesised_once(voice: Counting) -> None:
    phrases: Voice = Phrases(voice, ["Bonjour.", "Au revoir."])
    assert isinstance(phrases, Phrases)
    phrases.render()
    assert voice.asked == ["Bonjour.", "Au revoir."]
    [first] = phrases.synthesise("Bonjour.")
    [second] = phrases.synthesise("  Bonjour. ")
    assert first is second
    assert first.seconds == pytest.approx(0.08)
    assert voice.asked == ["Bonjour.", "Au revoir."]


def test_anything_else_is_synthesised_each_time_and_not_kept(voice: Counting) -> None:
    phrases = Phrases(voice, ["Bonjour."])
    phrases.render()
    for _ in range(2):
        assert len(list(phrases.synthesise("Mardi à quatorze heures, monsieur Dupont."))) == 2
    assert len(voice.asked) == 3
    assert len(phrases) == 1
    assert phrases.sound("Mardi à quatorze heures, monsieur Dupont.") is None


def test_a_phrase_not_yet_rendered_is_said_at_once_and_kept(voice: Counting) -> None:
    phrases = Phrases(voice, ["Bonjour."])
    assert len(list(phrases.synthesise("Bonjour."))) == 2
    assert len(list(phrases.synthesise("Bonjour."))) == 1
    phrases.render()
    assert voice.asked == ["Bonjour."]


def test_rendering_stops_in_time_and_goes_on_later(voice: Counting) -> None:
    phrases = Phrases(voice, ["Un.", "Deux.", "Trois."])
    ticks = iter(range(100))
    assert not phrases.render(3, clock=lambda: next(ticks))
    assert voice.asked == ["Un.", "Deux."]
    assert phrases.render()
    assert voice.asked == ["Un.", "Deux.", "Trois."]


def test_a_phrase_broken_off_is_not_kept(voice: Counting) -> None:
    phrases = Phrases(voice, ["Bonjour."])
    next(phrases.synthesise("Bonjour."))
    assert phrases.sound("Bonjour.") is None


def test_the_memory_is_bounded(voice: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 2000)
    phrases = Phrases(voice, ["Bonjour.", "Au revoir."])
    phrases.render()
    assert len(phrases) == 1
    assert list(phrases.synthesise("Au revoir."))


def test_another_rate_is_converted_not_synthesised_again(voice: Counting) -> None:
    phrases = Phrases(voice, ["Bonjour.", "Au revoir."])
    phrases.render()
    wide = phrases.at_rate(16000)
    wide.render()
    assert voice.asked == ["Bonjour.", "Au revoir."]
    sound, narrow = wide.sound("Bonjour."), phrases.sound("Bonjour.")
    assert sound is not None
    assert narrow is not None
    assert sound.rate == 16000
    assert sound.seconds == pytest.approx(narrow.seconds)
    assert sum(piece.seconds for piece in wide.synthesise("Autre chose ?")) == pytest.approx(0.13)


def test_too_many_phrases_are_refused(voice: Counting) -> None:
    with pytest.raises(ConfigurationError, match="fixed phrases"):
        Phrases(voice, [f"Phrase {n}" for n in range(MOST + 1)])
