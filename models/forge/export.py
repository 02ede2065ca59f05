"""From a checkpoint to an int8 CTranslate2 model that unmodified faster-whisper loads.

What faster-whisper and CTranslate2 ask for beyond the weights: Whisper's order of the special tokens; an empty token in
the vocabulary (without it CTranslate2 takes the model for English only); `lang_to_id`; 1500 encoder positions, those
after the window's own all alike; 448 decoder positions; rows of tokens never trained at a logit of −40.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig, WhisperConfig, WhisperForConditionalGeneration
from transformers.models.whisper.tokenization_whisper import LANGUAGES

from models.forge.features import MELS, preprocessor_config
from models.forge.network import DECODER_POSITIONS, OWN_POSITIONS, POSITIONS, Miniature, load, sinusoids
from models.forge.tokens import SPECIALS, TIMESTAMPS

_LANGUAGES = list(LANGUAGES)[:99]  # in Whisper's order; the hundredth came with large-v3
_AFTER_LANGUAGES = (
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)
_UNUSED_LOGIT = -40.0
_ALL_TIMESTAMPS = 1501  # 0.00 to 30.00 s
_FILES = ("config.json", "model.bin", "preprocessor_config.json", "tokenizer.json", "vocabulary.json")


class WhisperLayout:
    """Whisper's numbering of the tokens: `base` BPE tokens, the empty token, the specials, the timestamps."""

    def __init__(self, base: int) -> None:
        self.base = base
        languages = (f"<|{language}|>" for language in _LANGUAGES)
        self.specials = ["<|endoftext|>", "<|startoftranscript|>", *languages, *_AFTER_LANGUAGES]
        self.number = {token: base + 1 + i for i, token in enumerate(self.specials)}
        self.timestamps = base + 1 + len(self.specials)
        self.size = self.timestamps + _ALL_TIMESTAMPS

    def tokenizer(self, bpe: dict[str, Any]) -> dict[str, Any]:
        """`tokenizer.json` with the specials added to the BPE."""

        def added(number: int, content: str, special: bool) -> dict[str, Any]:
            flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
            return {"id": number, "content": content, **flags, "special": special}

        bpe["model"]["vocab"][""] = self.base
        bpe["added_tokens"] = [added(self.number[token], token, True) for token in self.specials] + [
            added(self.timestamps + i, f"<|{i * 0.02:.2f}|>", False) for i in range(_ALL_TIMESTAMPS)
        ]
        return bpe

    def embedding(self, compact: Tensor) -> Tensor:
        """The token embedding of the compact layout spread over this one; other rows give a constant logit."""
        rows = torch.zeros(self.size, compact.shape[1])
        rows[:, -1] = _UNUSED_LOGIT
        rows[: self.base] = compact[: self.base]
        for i, token in enumerate(SPECIALS):
            rows[self.number[token]] = compact[self.base + i]
        first = self.base + len(SPECIALS)
        rows[self.timestamps : self.timestamps + TIMESTAMPS] = compact[first : first + TIMESTAMPS]
        return rows


def export(checkpoint: Path, bpe: Path, scratch: Path, destination: Path) -> None:
    """Write the model of `checkpoint` into `destination`; `scratch` takes the files on the way."""
    network = load(torch.load(checkpoint))
    layout = WhisperLayout(len(json.loads(bpe.read_text(encoding="utf-8"))["model"]["vocab"]))
    hugging, converted = scratch / "hugging-face", scratch / "ctranslate2"
    for directory in (hugging, converted):
        shutil.rmtree(directory, ignore_errors=True)
    hugging.mkdir(parents=True)
    _hugging_face(network, layout).save_pretrained(hugging)
    _write(hugging / "tokenizer.json", layout.tokenizer(json.loads(bpe.read_text(encoding="utf-8"))))
    _write(
        hugging / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            **dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>"),
            "model_max_length": DECODER_POSITIONS,
        },
    )
    _write(hugging / "preprocessor_config.json", preprocessor_config())
    converter = [str(Path(sys.executable).with_name("ct2-transformers-converter")), "--model", str(hugging)]
    converter += ["--output_dir", str(converted), "--quantization", "int8"]
    converter += ["--copy_files", "tokenizer.json", "preprocessor_config.json"]
    subprocess.run(converter, check=True)
    destination.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copyfile(converted / name, destination / name)


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _hugging_face(network: Miniature, layout: WhisperLayout) -> Any:
    size = network.size
    start, end = layout.number["<|startoftranscript|>"], layout.number["<|endoftext|>"]
    config = WhisperConfig(
        vocab_size=layout.size,
        num_mel_bins=MELS,
        d_model=size.width,
        encoder_layers=size.encoder_layers,
        decoder_layers=size.decoder_layers,
        encoder_attention_heads=size.heads,
        decoder_attention_heads=size.heads,
        encoder_ffn_dim=4 * size.width,
        decoder_ffn_dim=4 * size.width,
        max_source_positions=POSITIONS,
        max_target_positions=DECODER_POSITIONS,
        decoder_start_token_id=start,
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        suppress_tokens=[],
        begin_suppress_tokens=[],
        tie_word_embeddings=True,
    )
    model = WhisperForConditionalGeneration(config)
    model.load_state_dict(_weights(network, layout))
    model.generation_config = GenerationConfig(
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        decoder_start_token_id=start,
        max_length=DECODER_POSITIONS,
        is_multilingual=True,
        no_timestamps_token_id=layout.number["<|notimestamps|>"],
        suppress_tokens=[],
        begin_suppress_tokens=[],
        lang_to_id={f"<|{language}|>": layout.number[f"<|{language}|>"] for language in _LANGUAGES},
        task_to_id={task: layout.number[f"<|{task}|>"] for task in ("transcribe", "translate")},
        return_timestamps=False,
        alignment_heads=[[size.decoder_layers - 1, head] for head in range(size.heads)],
    )
    return model


def _weights(network: Miniature, layout: WhisperLayout) -> dict[str, Tensor]:
    """The state of the Hugging Face model."""
    weights: dict[str, Tensor] = {}
    for name, value in network.state_dict().items():
        part, _, rest = name.partition(".")
        if part in ("encoder", "decoder"):
            weights[f"model.{part}.layers.{rest}"] = value
        elif part in ("conv1", "conv2"):
            weights[f"model.encoder.{name}"] = value
        elif part == "encoder_norm":
            weights[f"model.encoder.layer_norm.{rest}"] = value
    positions = network.pad_position.detach()[None].repeat(POSITIONS, 1)
    positions[:OWN_POSITIONS] = sinusoids(OWN_POSITIONS, network.size.width)
    weights["model.encoder.embed_positions.weight"] = positions
    weights["model.decoder.embed_positions.weight"] = network.decoder_positions.detach()
    weight, shift = network.output_norm()
    weights["model.decoder.layer_norm.weight"] = weight.detach()
    weights["model.decoder.layer_norm.bias"] = shift.detach()
    embedding = layout.embedding(network.embedding.detach())
    weights["model.decoder.embed_tokens.weight"] = embedding
    weights["proj_out.weight"] = embedding
    return weights
