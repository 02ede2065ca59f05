"""The network: Whisper's architecture in miniature, with a CTC head that serves training only.

Parameters carry Hugging Face's names for Whisper, so that the export copies them layer by layer.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from models.forge.features import MELS

POSITIONS = 1500  # encoder positions of Whisper's thirty seconds, which stock faster-whisper always fills
OWN_POSITIONS = 200  # those with a place of their own (8 s); all later ones are alike, "padding"
DECODER_POSITIONS = 448


@dataclass(frozen=True)
class Size:
    """The dimensions of a network."""

    vocabulary: int
    phonemes: int
    width: int = 192
    encoder_layers: int = 4
    decoder_layers: int = 2

    @property
    def heads(self) -> int:
        """Attention heads of 32 dimensions."""
        return self.width // 32

    def as_dict(self) -> dict[str, int]:
        """The constructor's arguments."""
        return asdict(self)


def sinusoids(length: int, width: int) -> Tensor:
    """Whisper's fixed positions [length, width]."""
    inverse = torch.exp(-math.log(10_000) / (width // 2 - 1) * torch.arange(width // 2))
    angle = torch.arange(length)[:, None] * inverse[None]
    return torch.cat([angle.sin(), angle.cos()], dim=1)


class Attention(nn.Module):
    """Multi-head attention with an additive bias on the keys."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(width, width, bias=False)
        self.v_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(
        self, x: Tensor, source: Tensor | None = None, bias: Tensor | None = None, causal: bool = False
    ) -> Tensor:
        """x [batch, time, width]; `source` is what is attended to, x itself when None."""
        batch, length, width = x.shape
        source = x if source is None else source

        def split(y: Tensor) -> Tensor:
            return y.view(batch, -1, self.heads, width // self.heads).transpose(1, 2)

        mixed = functional.scaled_dot_product_attention(
            split(self.q_proj(x)),
            split(self.k_proj(source)),
            split(self.v_proj(source)),
            attn_mask=bias,
            is_causal=causal,
        )
        result: Tensor = self.out_proj(mixed.transpose(1, 2).reshape(batch, length, width))
        return result


class Layer(nn.Module):
    """One pre-norm layer of the encoder, or of the decoder when `cross`."""

    def __init__(self, width: int, heads: int, cross: bool) -> None:
        super().__init__()
        self.self_attn = Attention(width, heads)
        self.self_attn_layer_norm = nn.LayerNorm(width)
        if cross:
            self.encoder_attn = Attention(width, heads)
            self.encoder_attn_layer_norm = nn.LayerNorm(width)
        self.cross = cross
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, x: Tensor, encoded: Tensor | None = None, bias: Tensor | None = None) -> Tensor:
        """`bias` is on the encoder's positions, in the decoder as in the encoder."""
        own_bias = None if self.cross else bias
        x = x + self.self_attn(self.self_attn_layer_norm(x), bias=own_bias, causal=self.cross)
        if self.cross:
            x = x + self.encoder_attn(self.encoder_attn_layer_norm(x), encoded, bias=bias)
        return x + self.fc2(functional.gelu(self.fc1(self.final_layer_norm(x))))


class Miniature(nn.Module):
    """Encoder, decoder and CTC head. The last dimension of the decoder's output is held at one.

    That constant dimension lets the export give unused vocabulary rows a logit of −40 without any bias.
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        width, heads = size.width, size.heads
        self.size = size
        self.conv1 = nn.Conv1d(MELS, width, 3, padding=1)
        self.conv2 = nn.Conv1d(width, width, 3, stride=2, padding=1)
        self.register_buffer("positions", sinusoids(OWN_POSITIONS + 8, width), persistent=False)
        self.pad_position = nn.Parameter(torch.randn(width) * 0.3)
        self.encoder = nn.ModuleList([Layer(width, heads, cross=False) for _ in range(size.encoder_layers)])
        self.encoder_norm = nn.LayerNorm(width)
        self.embedding = nn.Parameter(torch.randn(size.vocabulary, width) * width**-0.5)
        self.decoder_positions = nn.Parameter(sinusoids(DECODER_POSITIONS, width) * 0.1)
        self.decoder = nn.ModuleList([Layer(width, heads, cross=True) for _ in range(size.decoder_layers)])
        self.decoder_norm = nn.LayerNorm(width)
        self.ctc = nn.Linear(width, 2 * size.phonemes)  # two frames a position: 40 ms are too long for a phoneme
        live = torch.ones(width)
        live[-1] = 0
        self.register_buffer("live", live, persistent=False)
        for name, parameter in self.named_parameters():
            if name.endswith(("out_proj.weight", "fc2.weight")):
                parameter.data *= 1.5 * (2 * (size.encoder_layers + size.decoder_layers)) ** -0.5

    def encode(self, mel: Tensor, pads: float | None) -> tuple[Tensor, Tensor | None]:
        """mel [batch, 80, even length] → encoded [batch, length / 2, width] and the bias on its positions.

        `pads` None: a short window, nothing beyond it. Otherwise the last position stands for all the padding that
        fills Whisper's 1500 positions: `pads` is added to its logits, log(their number) in full.
        """
        x = functional.gelu(self.conv2(functional.gelu(self.conv1(mel)))).transpose(1, 2)
        length = x.shape[1]
        bias = None
        if pads is None:
            x = x + self.positions[:length]
        else:
            x = x + torch.cat([self.positions[: length - 1], self.pad_position[None]])
            bias = torch.zeros(1, 1, 1, length)
            bias[..., -1] = pads
        for layer in self.encoder:
            x = layer(x, bias=bias)
        return self.encoder_norm(x), bias

    def decode(self, tokens: Tensor, encoded: Tensor, bias: Tensor | None) -> Tensor:
        """tokens [batch, n] → logits [batch, n, vocabulary]."""
        x = functional.embedding(tokens, self.embedding) + self.decoder_positions[: tokens.shape[1]]
        for layer in self.decoder:
            x = layer(x, encoded, bias)
        weight, shift = self.output_norm()
        return functional.layer_norm(x, (self.size.width,), weight, shift) @ self.embedding.t()

    def output_norm(self) -> tuple[Tensor, Tensor]:
        """Weight and shift of the decoder's last norm, its last dimension held at one."""
        return self.decoder_norm.weight * self.live, self.decoder_norm.bias * self.live + (1 - self.live)


def load(checkpoint: dict[str, Any], averaged: bool = True) -> Miniature:
    """The network of a checkpoint, by default with the running average of its weights."""
    network = Miniature(Size(**checkpoint["size"]))
    network.load_state_dict(checkpoint["average" if averaged else "network"])
    return network.eval()
