"""A Whisper of the real CTranslate2 format with random weights: what it writes is noise, how it is run is not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from ctranslate2.specs import attention_spec, common_spec, transformer_spec, whisper_spec
from faster_whisper.tokenizer import _LANGUAGE_CODES
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

WIDTH = 32
POSITIONS = 1500
SPECIAL = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    *(f"<|{code}|>" for code in _LANGUAGE_CODES),
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)


def build(directory: Path, *, mels: int = 80, hop: int = 160, seed: int = 0) -> Path:
    """Write the model's files into ``directory`` and return it."""
    directory.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer()
    tokenizer.save(str(directory / "tokenizer.json"))
    words = [token for token, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]
    random = np.random.default_rng(seed)
    spec = whisper_spec.WhisperSpec(1, 2, 1, 2)
    _conv(spec.encoder.conv1, random, mels)
    _conv(spec.encoder.conv2, random, WIDTH)
    spec.encoder.position_encodings.encodings = _weights(random, POSITIONS, WIDTH)
    _norm(spec.encoder.layer_norm)
    for layer in spec.encoder.layer:
        _attention(layer.self_attention, random)
        _feed_forward(layer.ffn, random)
    spec.decoder.embeddings.weight = _weights(random, len(words), WIDTH)
    spec.decoder.position_encodings.encodings = _weights(random, 448, WIDTH)
    spec.decoder.projection.weight = spec.decoder.embeddings.weight
    _norm(spec.decoder.layer_norm)
    for layer in spec.decoder.layer:
        _attention(layer.self_attention, random)
        _attention(layer.attention, random)
        _feed_forward(layer.ffn, random)
    spec.register_vocabulary(words)
    first = tokenizer.token_to_id("<|af|>")
    spec.config.lang_ids = list(range(first, first + len(_LANGUAGE_CODES)))
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.alignment_heads = [(0, 0)]
    spec.validate()
    spec.optimize(quantization="int8")
    spec.save(str(directory))
    extractor = {"feature_size": mels, "sampling_rate": 16000, "hop_length": hop, "chunk_length": 30, "n_fft": 400}
    (directory / "preprocessor_config.json").write_text(json.dumps(extractor), encoding="utf-8")
    return directory


def _tokenizer() -> Tokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: index for index, letter in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL])
    tokenizer.add_tokens([AddedToken(f"<|{k * 0.02:.2f}|>", special=False, normalized=False) for k in range(1501)])
    return tokenizer


def _weights(random: np.random.Generator, *shape: int) -> np.ndarray:
    return random.standard_normal(shape, dtype=np.float32) * np.float32(0.3)


def _linear(linear: common_spec.LinearSpec, random: np.random.Generator, rows: int, columns: int) -> None:
    linear.weight = _weights(random, rows, columns)
    linear.bias = _weights(random, rows)


def _norm(norm: common_spec.LayerNormSpec) -> None:
    norm.gamma = np.ones(WIDTH, np.float32)
    norm.beta = np.zeros(WIDTH, np.float32)


def _conv(conv: common_spec.Conv1DSpec, random: np.random.Generator, channels: int) -> None:
    conv.weight = _weights(random, WIDTH, channels, 3)
    conv.bias = _weights(random, WIDTH)


def _attention(attention: attention_spec.MultiHeadAttentionSpec, random: np.random.Generator) -> None:
    _norm(attention.layer_norm)
    shapes = {2: (3 * WIDTH, WIDTH), 3: (WIDTH, 2 * WIDTH, WIDTH)}[len(attention.linear)]
    for linear, rows in zip(attention.linear, shapes, strict=True):
        _linear(linear, random, rows, WIDTH)


def _feed_forward(block: transformer_spec.FeedForwardSpec, random: np.random.Generator) -> None:
    _norm(block.layer_norm)
    _linear(block.linear_0, random, 2 * WIDTH, WIDTH)
    _linear(block.linear_1, random, WIDTH, 2 * WIDTH)
