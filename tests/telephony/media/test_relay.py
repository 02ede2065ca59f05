"""Two people who hear each other, and nobody else them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from telephony.media.g711 import PCMA, Samples
from telephony.media.receiver import VoiceReceiver
from telephony.media.relay import MOST, Relay
from telephony.media.ringback import FREQUENCY, OFF, ON, ringback
from telephony.media.session import SILENT_LINE, Listener, VoiceSession
from voicebot.errors import ProtocolError


@dataclass
class Person:
    """A line without a network, and the session behind it."""

    rate: int = 8000
    takes_keys: bool = True
    sends: bool = True
    receives: bool = True
    last_received: float = 0.0
    heard: list[Samples] = field(default_factory=list)
    pressed: list[str] = field(default_factory=list)
    overheard: list[bytes] = field(default_factory=list)
    closed: bool = False

    def __post_init__(self) -> None:
        self.receiver = VoiceReceiver(self.rate, 8000)
        listener = Listener(self.overheard.append, self.pressed.append, lambda mark: None, lambda reason: None)
        self.session = VoiceSession(self, listener)
        self._spoken = 0

    def send(self, frame: Samples) -> None:
        self.heard.append(frame)

    def press(self, digit: str) -> None:
        if not self.takes_keys:
            raise ProtocolError("a browser takes no keys")
        self.pressed.append(digit)

    def close(self) -> None:
        self.closed = True

    def speak(self, n: int) -> None:
        """20 ms of a loud tone arrive."""
        said = (8000 * np.sin(np.arange(n * 160, n * 160 + 160) / 3)).astype(np.int16)
        self.receiver.push(n * 160, 160, PCMA, PCMA.encode(said), n * 0.02)
        self.last_received = n * 0.02

    @property
    def loud(self) -> int:
        """Frames with sound that this person heard."""
        return sum(int(np.abs(frame).max(initial=0)) > 1000 for frame in self.heard)


def joined(one: Person, other: Person) -> list[str]:
    ends: list[str] = []
    Relay(one.session, other.session, ended=ends.append)
    return ends


def test_each_hears_the_other_and_the_listeners_before_hear_nothing() -> None:
    one, other = Person(), Person()
    joined(one, other)
    for n in range(20):
        one.speak(n)
        one.session.beat(n * 0.02 + 0.012)
        other.session.beat(n * 0.02 + 0.015)
    assert other.loud >= 17
    assert one.loud == 0
    assert one.overheard == other.overheard == []


def test_what_waited_for_one_of_them_is_not_heard_any_more() -> None:
    one, other = Person(), Person()
    one.session.play(bytes(b"\x00\x40" * 8000), 8000)
    one.session.plays.paused = True
    joined(one, other)
    for n in range(10):
        one.session.beat(n * 0.02)
    assert len(one.heard) == 10
    assert one.loud == 0


def test_a_browser_and_a_telephone_have_rates_of_their_own() -> None:
    browser, telephone = Person(rate=16000), Person()
    joined(telephone, browser)
    for n in range(20):
        telephone.speak(n)
        telephone.session.beat(n * 0.02 + 0.012)
        browser.session.beat(n * 0.02 + 0.015)
    assert browser.loud >= 17
    assert {len(frame) for frame in browser.heard} == {320}


def test_clocks_that_drift_apart_never_make_the_talk_late() -> None:
    one, other = Person(), Person()
    joined(one, other)
    for n in range(500):  # one beats twice as fast as the other
        one.session.beat(n * 0.02)
        if n % 2:
            other.session.beat(n * 0.02)
        assert other.session.plays.seconds <= MOST + 0.02


def test_a_side_on_hold_has_nothing_waiting_for_it_when_it_is_back() -> None:
    one, other = Person(), Person()
    joined(one, other)
    other.sends = False
    for n in range(200):
        one.session.beat(n * 0.02)
        other.session.beat(n * 0.02)
    assert other.session.plays.seconds <= MOST + 0.02


def test_keys_pass_where_the_other_side_takes_them() -> None:
    telephone, browser = Person(), Person(takes_keys=False)
    joined(browser, telephone)
    browser.session.key("5")
    telephone.session.key("6")
    assert telephone.pressed == ["5"]
    assert browser.pressed == []


@pytest.mark.parametrize("silent", [0, 1])
def test_the_silence_of_either_line_is_told(silent: int) -> None:
    people = (Person(), Person())
    ends = joined(*people)
    people[1 - silent].last_received = SILENT_LINE + 1
    for person in people:
        person.session.beat(SILENT_LINE + 1)
    assert ends == ["rtp-timeout"]


def test_a_patient_session_waits_for_a_trunk_that_is_busy_elsewhere() -> None:
    person = Person()
    person.session.patient = True
    person.session.beat(SILENT_LINE + 1)
    assert len(person.overheard) == 1


@pytest.mark.parametrize("rate", [8000, 16000])
def test_the_ringing_tone_has_the_french_cadence(rate: int) -> None:
    tone = ringback(rate)
    assert len(tone) == (ON + OFF) * rate
    sound, silence = tone[: int(ON * rate)], tone[int(ON * rate) :]
    assert not silence.any()
    spectrum = np.abs(np.fft.rfft(sound.astype(float)))
    assert np.argmax(spectrum) / ON == pytest.approx(FREQUENCY, abs=1)
    assert 1000 < np.abs(sound).max() < 4000
