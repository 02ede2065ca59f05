"""What differs between Whisper models: windows in seconds, caps and thresholds. Standard library only.

The catalogue of models (``models/catalogue.toml``, table ``whisper``) overrides these defaults, which are the published
models'. Frames follow from the model's own hop, never from a constant.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WhisperSettings:
    """Settings of one model."""

    shortest: float = 4.0
    """No window is shorter, s: real Whisper hallucinates on windows that are too short."""
    trailing: float = 2.5
    """Silence added after the speech, s (reported need of real models; unmeasured here)."""
    longest: float = 30.0
    """The length that the model was trained on, s: longer speech is cut at a silence."""
    second_try: float = 30.0
    """Window of the second try of a rejected utterance, s; none where it is not longer than the first. Slow models
    cannot afford their full length within a call."""
    frames: int = 100
    """Windows are whole multiples of this many frames."""
    tokens_a_second: float = 8.0
    """Cap on the tokens of an answer, for each second of speech: French speech holds about five."""
    least_tokens: int = 12
    """The cap is never lower."""
    beam: int = 1
    """Hypotheses followed at once; large models cannot afford more than one within a call."""
    patience: float = 1.0
    """How many times ``beam`` finished hypotheses are compared."""
    length_penalty: float = 1.0
    """Power of the length by which a hypothesis's log-probability is divided when hypotheses are compared."""
    hotwords: bool = True
    """Names that may come help this model when they are given as its prompt."""
    most_hotword_tokens: int = 64
    """220 tokens of prompt double the decoding time."""
    least_logprob: float = -1.0
    """Mean log-probability below which words are not believed (OpenAI's threshold)."""
    most_compression: float = 2.4
    """zlib ratio of the text above which it repeats itself (OpenAI's threshold)."""
    no_speech: float = 0.6
    """Probability of no speech that, together with a low log-probability, means that there was none."""
