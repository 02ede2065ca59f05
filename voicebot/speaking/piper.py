"""Piper voices with the first sound early.

Stock Piper yields whole sentences, normalises each to full scale, and lets its session spin on every core. Here the
graph is split at the input of the vocoder (HiFi-GAN's ``conv_pre``): text to latent frames once, then the vocoder
chunk by chunk with an overlap as wide as its receptive field, which equals the whole decode. No torch, no file written.

Source of the format: https://github.com/OHF-Voice/piper1-gpl (VITS; ONNX inputs ``input``, ``input_lengths``,
``scales`` and, with several speakers, ``sid``).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx.utils import Extractor
from piper.config import PhonemeType, PiperConfig
from piper.phoneme_ids import phonemes_to_ids
from piper.phonemize_espeak import EspeakPhonemizer

from voicebot.errors import UnavailableError

CHUNKS = (0.25, 0.5, 1.0)
"""Sound of each vocoder run, s; the last size repeats. The first is short so that the caller waits little."""
OVERLAP = 14
"""Latent frames on each side that a vocoder run also reads: the receptive field of HiFi-GAN at its widest (V1)."""
_LATENT = "latent"

Samples = npt.NDArray[np.float32]

_phonemizer_lock = threading.Lock()  # Piper's espeak-ng keeps global state


class PiperEngine:
    """One Piper voice: ``DIRECTORY/*.onnx`` with its ``.onnx.json``. Any thread may call it.

    Raises:
        UnavailableError: no such voice, or a graph that is not Piper's.
    """

    def __init__(self, directory: Path, *, speaker: int | None = None) -> None:
        graph, config = _files(directory)
        self._config = PiperConfig.from_dict(config)
        if self._config.phoneme_type is not PhonemeType.ESPEAK:
            raise UnavailableError(f"{graph}: only voices with espeak phonemes speak French here")
        self.rate: int = self._config.sample_rate
        self._speaker = self._config.default_speaker_id if speaker is None else speaker
        encoder, vocoder, self._hop = _split(graph, self._config.hop_length)
        self._encoder = _session(encoder)
        self._vocoder = _session(vocoder) if vocoder else None

    def stream(self, text: str, pace: float = 1.0) -> Iterator[Samples]:
        """The sound of ``text`` at `rate`, −1 to 1, in pieces."""
        for phonemes in self._phonemes(text):
            if phonemes:
                yield from self._speak(phonemes, pace)

    def _phonemes(self, text: str) -> list[list[str]]:
        with _phonemizer_lock:
            return _phonemizer().phonemize(self._config.espeak_voice, text, vowel_clusters=self._config.vowel_clusters)

    def _speak(self, phonemes: Sequence[str], pace: float) -> Iterator[Samples]:
        known = [phoneme for phoneme in phonemes if phoneme in self._config.phoneme_id_map]
        ids = phonemes_to_ids(known, self._config.phoneme_id_map)
        scales = (self._config.noise_scale, self._config.length_scale * pace, self._config.noise_w_scale)
        feed = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array(scales, np.float32),
            "sid": np.array([self._speaker], np.int64),
        }
        first = self._encoder.run(None, _taken(self._encoder, feed))[0]
        if self._vocoder is None:
            yield np.clip(first.reshape(-1), -1, 1)
        else:
            yield from self.decode(first, feed)

    def decode(self, latent: npt.NDArray[np.float32], feed: dict[str, Any]) -> Iterator[Samples]:
        """The vocoder over ``latent`` (1 × channels × frames), chunk by chunk."""
        if self._vocoder is None:
            raise UnavailableError("this voice's graph could not be split: it speaks whole sentences only")
        frames = latent.shape[2]
        start, run = 0, 0
        while start < frames:
            size = max(1, int(CHUNKS[min(run, len(CHUNKS) - 1)] * self.rate / self._hop))
            end = min(start + size, frames)
            before = max(0, start - OVERLAP)
            part = np.ascontiguousarray(latent[:, :, before : min(frames, end + OVERLAP)])
            [sound] = self._vocoder.run(None, _taken(self._vocoder, {**feed, _LATENT: part}))
            begun = (start - before) * self._hop
            yield np.clip(sound.reshape(-1)[begun : begun + (end - start) * self._hop], -1, 1)
            start, run = end, run + 1


@cache
def _phonemizer() -> EspeakPhonemizer:
    """The one of this process, for whoever holds the lock: starting Piper's espeak-ng again crashes its next use."""
    return EspeakPhonemizer()


def _files(directory: Path) -> tuple[Path, dict[str, Any]]:
    graphs = sorted(directory.glob("*.onnx"))
    if len(graphs) != 1:
        raise UnavailableError(f"{directory} holds {len(graphs)} voices (*.onnx): one is needed")
    config = graphs[0].with_name(graphs[0].name + ".json")
    try:
        return graphs[0], json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnavailableError(f"{config}: the voice's configuration cannot be read ({error})") from None


def _split(graph: Path, hop: int) -> tuple[bytes, bytes | None, int]:
    """The graph up to the vocoder, the vocoder, and its samples a frame; or the whole graph and no vocoder."""
    try:
        model = onnx.load(str(graph))
    except Exception as error:  # protobuf's errors have no common base
        raise UnavailableError(f"{graph} is not an ONNX voice ({error})") from None
    inputs = [value.name for value in model.graph.input]
    if not {"input", "input_lengths", "scales"} <= set(inputs):
        raise UnavailableError(f"{graph} is not a Piper voice: its inputs are {', '.join(inputs)}")
    first = _conv_pre(model)
    if first is None:
        return model.SerializeToString(), None, hop
    latent, output = first.input[0], model.graph.output[0].name
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    channels = weights[first.input[1]].dims[1] if first.input[1] in weights else None
    value = onnx.helper.make_tensor_value_info(latent, onnx.TensorProto.FLOAT, [1, channels, None])
    del model.graph.value_info[:]
    model.graph.value_info.append(value)
    encoder = Extractor(model).extract_model(inputs, [latent])
    vocoder = Extractor(model).extract_model([latent, *_needed(model, output, stop=latent, among=inputs)], [output])
    for node in vocoder.graph.node:
        for index, name in enumerate(node.input):
            if name == latent:
                node.input[index] = _LATENT
    vocoder.graph.input[0].name = _LATENT
    return encoder.SerializeToString(), vocoder.SerializeToString(), hop


def _conv_pre(model: Any) -> Any:
    """The vocoder's first convolution, or None: the widest one just above the first transposed convolution.

    Only vocoders have these. Names do not tell: they differ between the versions of torch that exported the voices.
    """
    producers = {name: node for node in model.graph.node for name in node.output}
    widths = {tensor.name: tensor.dims[-1] for tensor in model.graph.initializer if tensor.dims}
    left = [node.input[0] for node in model.graph.node if node.op_type == "ConvTranspose"][:1]
    found: list[Any] = []
    while left:
        node = producers.get(left.pop())
        if node is not None and node.op_type == "Conv":  # with several speakers a second one adds theirs
            found.append(node)
        elif node is not None:
            left.extend(node.input)
    return max(found, key=lambda node: widths.get(node.input[1], 0), default=None)


def _needed(model: Any, output: str, *, stop: str, among: Sequence[str]) -> list[str]:
    """Graph inputs that ``output`` depends on without passing ``stop``: the speaker, in voices of several."""
    producers = {name: node for node in model.graph.node for name in node.output}
    seen: set[str] = set()
    left = [output]
    while left:
        name = left.pop()
        if name == stop or name in seen:
            continue
        seen.add(name)
        if name in producers:
            left.extend(producers[name].input)
    return [name for name in among if name in seen]


def _taken(session: Any, feed: dict[str, Any]) -> dict[str, Any]:
    return {value.name: feed[value.name] for value in session.get_inputs()}


def _session(graph: bytes) -> Any:
    """One thread that does not spin: the default spins on every core while it waits."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(graph, sess_options=options, providers=["CPUExecutionProvider"])
