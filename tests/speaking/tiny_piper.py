"""A voice of Piper's format with random weights: VITS in outline, a HiFi-GAN vocoder of the published shape.

Text is embedded, stretched by the length scale and given noise; then ``conv_pre``, four transposed convolutions with
residual blocks of kernels 3, 7 and 11 and dilations 1, 3 and 5 (the widest receptive field that Piper ships), and tanh.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

RATE = 22050
HOP = 256
_LATENT, _WIDTH = 4, 6


class _Graph:
    """Nodes and weights of a graph under way."""

    def __init__(self, seed: int) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self._random = np.random.default_rng(seed)

    def constant(self, name: str, value: np.ndarray) -> str:
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def weight(self, name: str, *shape: int) -> str:
        fan_in = int(np.prod(shape[1:]))
        return self.constant(name, (self._random.standard_normal(shape) / np.sqrt(fan_in)).astype(np.float32))

    def node(self, kind: str, inputs: list[str], name: str, **attributes: object) -> str:
        output = f"{name}_output_0"
        self.nodes.append(helper.make_node(kind, inputs, [output], name=name, **attributes))
        return output

    def conv(self, x: str, name: str, into: int, out: int, kernel: int, dilation: int = 1) -> str:
        pad = (kernel - 1) * dilation // 2
        weights = [self.weight(f"{name}.weight", out, into, kernel), self.weight(f"{name}.bias", out, 1)]
        self.weights[-1] = numpy_helper.from_array(numpy_helper.to_array(self.weights[-1]).reshape(-1), weights[1])
        return self.node(
            "Conv", [x, *weights], f"/{name.replace('.', '/')}/Conv", dilations=[dilation], pads=[pad, pad]
        )


def build(directory: Path, *, speakers: int = 1, vocoder: bool = True, named: bool = True, seed: int = 0) -> Path:
    """Write ``voice.onnx`` and its configuration into ``directory`` and return it.

    Without ``named`` its nodes and weights have the numbers that old exporters gave them; without ``vocoder`` it has no
    transposed convolution.
    """
    directory.mkdir(parents=True, exist_ok=True)
    graph = _Graph(seed)
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, ["batch", "phonemes"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, ["batch"]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    speaker = None
    if speakers > 1:
        inputs.append(helper.make_tensor_value_info("sid", TensorProto.INT64, ["batch"]))
        looked_up = graph.node("Gather", [graph.weight("emb_g.weight", speakers, _LATENT), "sid"], "/emb_g/Gather")
        speaker = graph.node("Unsqueeze", [looked_up, graph.constant("last", np.array([2]))], "/Unsqueeze")
    latent = _latent(graph, speaker)
    output = _vocoder(graph, latent, speaker) if vocoder else _plain(graph, latent)
    model = helper.make_model(
        helper.make_graph(
            [*graph.nodes, helper.make_node("Unsqueeze", [output, graph.constant("front", np.array([1]))], ["output"])],
            "voice",
            inputs,
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", 1, 1, "time"])],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", 15)],
        ir_version=8,
    )
    if not named:
        _forget_names(model.graph)
    onnx.checker.check_model(model)
    onnx.save(model, str(directory / "voice.onnx"))
    config = {
        "audio": {"sample_rate": RATE, "quality": "medium"},
        "espeak": {"voice": "fr"},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
        "num_symbols": 256,
        "num_speakers": speakers,
        "speaker_id_map": {},
    }
    (directory / "voice.onnx.json").write_text(json.dumps(config), encoding="utf-8")
    return directory


def _latent(graph: _Graph, speaker: str | None) -> str:
    """batch × latent × frames: about three frames a phoneme, more when the length scale is larger."""
    embedded = graph.node("Gather", [graph.weight("enc_p.emb.weight", 256, _LATENT), "input"], "/enc_p/emb/Gather")
    turned = graph.node("Transpose", [embedded], "/enc_p/Transpose", perm=[0, 2, 1])
    length = graph.node("Gather", ["scales", graph.constant("one", np.array(1))], "/Gather_1")
    factor = graph.node("Mul", [length, graph.constant("frames", np.array(3.0, np.float32))], "/Mul")
    factor = graph.node("Reshape", [factor, graph.constant("flat", np.array([1]))], "/Reshape")
    scales = graph.node("Concat", [graph.constant("ones", np.ones(2, np.float32)), factor], "/Concat", axis=0)
    stretched = graph.node("Resize", [turned, "", scales], "/Resize", mode="nearest")
    amount = graph.node("Gather", ["scales", graph.constant("zero", np.array(0))], "/Gather_2")
    noise = graph.node("RandomNormalLike", [stretched], "/RandomNormalLike")
    noisy = graph.node("Add", [stretched, graph.node("Mul", [noise, amount], "/Mul_1")], "/Add")
    return noisy if speaker is None else graph.node("Add", [noisy, speaker], "/Add_1")


def _forget_names(graph: onnx.GraphProto) -> None:
    outside = {value.name for value in (*graph.input, *graph.output)} | {""}
    numbers: dict[str, str] = {}
    for tensor in graph.initializer:
        tensor.name = numbers.setdefault(tensor.name, str(len(numbers)))
    for index, node in enumerate(graph.node):
        node.name = f"{node.op_type}_{index}"
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                if name not in outside:
                    names[place] = numbers.setdefault(name, str(len(numbers)))


def _plain(graph: _Graph, latent: str) -> str:
    mean = graph.node("ReduceMean", [latent], "/ReduceMean", axes=[1])
    return graph.node("Tanh", [mean], "/dec/Tanh")


def _vocoder(graph: _Graph, latent: str, speaker: str | None) -> str:
    x = graph.conv(latent, "dec.conv_pre", _LATENT, _WIDTH, 7)
    if speaker is not None:
        x = graph.node("Add", [x, graph.conv(speaker, "dec.cond", _LATENT, _WIDTH, 1)], "/dec/Add")
    for index, (stride, kernel) in enumerate(((8, 16), (8, 16), (2, 4), (2, 4))):
        x = graph.node("LeakyRelu", [x], f"/dec/LeakyRelu_{index}", alpha=0.1)
        weight = graph.weight(f"dec.ups.{index}.weight", _WIDTH, _WIDTH, kernel)
        pad = (kernel - stride) // 2
        x = graph.node(
            "ConvTranspose", [x, weight], f"/dec/ups.{index}/ConvTranspose", strides=[stride], pads=[pad, pad]
        )
        blocks = [_block(graph, x, f"dec.resblocks.{index}.{size}", size) for size in (3, 7, 11)]
        x = graph.node("Mean", blocks, f"/dec/Mean_{index}")
    x = graph.conv(graph.node("LeakyRelu", [x], "/dec/LeakyRelu_last"), "dec.conv_post", _WIDTH, 1, 7)
    return graph.node("Tanh", [x], "/dec/Tanh")


def _block(graph: _Graph, x: str, name: str, kernel: int) -> str:
    for index, dilation in enumerate((1, 3, 5)):
        y = graph.node("LeakyRelu", [x], f"/{name}/LeakyRelu_{index}", alpha=0.1)
        y = graph.conv(y, f"{name}.convs1.{index}", _WIDTH, _WIDTH, kernel, dilation)
        y = graph.node("LeakyRelu", [y], f"/{name}/LeakyRelu_{index}b", alpha=0.1)
        y = graph.conv(y, f"{name}.convs2.{index}", _WIDTH, _WIDTH, kernel)
        x = graph.node("Add", [x, y], f"/{name}/Add_{index}")
    return x
