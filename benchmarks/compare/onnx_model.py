"""Writes the model of a GGUF file as an ONNX graph of 4-bit operators; peers.py runs this.

    onnx_model.py GGUF OUT

Q4_0 matrices go into com.microsoft's MatMulNBits block by block, bit for bit, with 8-bit
activations (accuracy level 4); the embedding may be Q4_0 or Q8_0 and is the output layer as well.
Needs the packages of requirements.lock, and the compiler package on PYTHONPATH.

Inputs: input_ids int64 [b, s]; seqlens_k int32 [b], the last position of each sequence; total_seq
int32; past_k0, past_v0, ... float32 [b, kv heads, positions, head size]. Outputs: logits float32
[b, 1, vocabulary] of the last token; present_k0, present_v0, ...
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from mlc_compiler.loader.gguf_source import GgufSource
from mlc_compiler.tensor import SourceTensor, split_blocks
from onnx import TensorProto, helper, numpy_helper

BLOCK = 32
MICROSOFT = "com.microsoft"
INT8_ACTIVATIONS = 4


@dataclass(frozen=True)
class Blocks:
    """A matrix in blocks of 32: unsigned codes [rows, blocks, 32] and their zero, scales."""

    codes: np.ndarray
    zero: int
    scales: np.ndarray

    @staticmethod
    def of(tensor: SourceTensor) -> Blocks:
        """The blocks of a Q4_0 or Q8_0 tensor."""
        if tensor.format == "Q4_0":
            scales, packed = split_blocks(tensor.data, 2, 16)
            codes, zero = np.concatenate([packed & 15, packed >> 4], axis=2), 8
        elif tensor.format == "Q8_0":
            scales, signed = split_blocks(tensor.data, 2, 32)
            codes, zero = signed ^ 0x80, 128
        else:
            raise SystemExit(f"error: {tensor.name} is {tensor.format}, expected Q4_0 or Q8_0")
        return Blocks(codes, zero, scales.view(np.float16).astype(np.float32)[..., 0])

    @property
    def bits(self) -> int:
        """Bits of a code."""
        return 4 if self.zero == 8 else 8

    def packed(self) -> np.ndarray:
        """The codes as MatMulNBits takes them: of two 4-bit codes, the first in the low half."""
        if self.bits == 8:
            return self.codes
        return self.codes[..., 0::2] | (self.codes[..., 1::2] << 4)


@dataclass
class Graph:
    """Nodes and constants under construction."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)

    def constant(self, name: str, value: np.ndarray) -> str:
        """Adds a constant; returns its name."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: Sequence[str], outputs: Sequence[str], **attributes) -> str:
        """Adds a node; returns its last output."""
        self.nodes.append(helper.make_node(kind, inputs, outputs, **attributes))
        return outputs[-1]

    def matmul(self, x: str, name: str, matrix: Blocks) -> str:
        """`x` times the transposed matrix."""
        rows, blocks = matrix.scales.shape
        weight = self.constant(f"{name}.weight", matrix.packed())
        scale = self.constant(f"{name}.scale", matrix.scales)
        return self.node(
            "MatMulNBits",
            [x, weight, scale],
            [name],
            domain=MICROSOFT,
            K=blocks * BLOCK,
            N=rows,
            bits=matrix.bits,
            block_size=BLOCK,
            accuracy_level=INT8_ACTIVATIONS,
        )


class Llama:
    """The graph of a model of the llama family with tied embeddings."""

    def __init__(self, source: GgufSource) -> None:
        self._source = source
        self._config = source.config()
        self._graph = Graph()

    def model(self) -> onnx.ModelProto:
        """The whole model."""
        embedding = self._blocks("model.embed_tokens.weight")
        x = self._embed(embedding)
        self._rotary_tables()
        normed = self._norm(x, "model.layers.0.input_layernorm", "")
        layers = self._config["num_hidden_layers"]
        for layer in range(layers):
            after = f"model.layers.{layer + 1}.input_layernorm" if layer + 1 < layers else ""
            x, normed = self._layer(layer, x, normed, after)
        last = self._graph.node("Slice", [x, *self._last_token()], ["last"])
        hidden = self._norm(last, "model.norm", "")
        self._graph.matmul(hidden, "logits", embedding)
        return self._assemble()

    def _blocks(self, *names: str) -> Blocks:
        parts = [Blocks.of(self._source.tensor(name)) for name in names]
        return Blocks(
            np.concatenate([part.codes for part in parts]),
            parts[0].zero,
            np.concatenate([part.scales for part in parts]),
        )

    def _embed(self, table: Blocks) -> str:
        graph = self._graph
        codes = (table.codes.astype(np.int16) - table.zero).astype(np.int8)
        rows = graph.constant("embed.codes", codes)
        scales = graph.constant("embed.scales", table.scales[..., None])
        graph.node("Gather", [rows, "input_ids"], ["embed.int8"])
        graph.node("Cast", ["embed.int8"], ["embed.float"], to=TensorProto.FLOAT)
        graph.node("Gather", [scales, "input_ids"], ["embed.scale"])
        graph.node("Mul", ["embed.float", "embed.scale"], ["embed.blocks"])
        shape = graph.constant("embed.shape", np.array([0, 0, self._config["hidden_size"]]))
        return graph.node("Reshape", ["embed.blocks", shape], ["embed"])

    def _rotary_tables(self) -> None:
        size = self._config["head_dim"]
        frequencies = self._config["rope_theta"] ** -(np.arange(0, size, 2) / size)
        angles = np.outer(np.arange(self._config["max_position_embeddings"]), frequencies)
        self._graph.constant("cos", np.cos(angles).astype(np.float32))
        self._graph.constant("sin", np.sin(angles).astype(np.float32))

    def _norm(self, x: str, name: str, added: str) -> str:
        """The norm of `x`, or of `x + added`, which is then also named `NAME.sum`."""
        weight = self._graph.constant(f"{name}.weight", self._vector(f"{name}.weight"))
        epsilon = self._config["rms_norm_eps"]
        if not added:
            kind = "SimplifiedLayerNormalization"
            return self._graph.node(kind, [x, weight], [name], axis=-1, epsilon=epsilon)
        self._graph.node(
            "SkipSimplifiedLayerNormalization",
            [x, added, weight],
            [name, "", "", f"{name}.sum"],
            domain=MICROSOFT,
            epsilon=epsilon,
        )
        return name

    def _vector(self, name: str) -> np.ndarray:
        return self._source.tensor(name).data.astype(np.float32).reshape(-1)

    def _layer(self, layer: int, x: str, normed: str, after: str) -> tuple[str, str]:
        """One layer; returns its output and, where `after` names the next norm, the normed one."""
        graph, name = self._graph, f"model.layers.{layer}"
        attended = self._attention(layer, normed)
        output = graph.matmul(
            attended, f"{name}.o", self._blocks(f"{name}.self_attn.o_proj.weight")
        )
        norm = f"{name}.post_attention_layernorm"
        self._norm(x, norm, output)
        gate, up, down = (f"{name}.mlp.{part}_proj.weight" for part in ("gate", "up", "down"))
        graph.matmul(norm, f"{name}.gate", self._blocks(gate))
        graph.matmul(norm, f"{name}.up", self._blocks(up))
        # QuickGelu with alpha 1 is x * sigmoid(x), which is SiLU.
        activated = graph.node(
            "QuickGelu", [f"{name}.gate"], [f"{name}.silu"], domain=MICROSOFT, alpha=1.0
        )
        product = graph.node("Mul", [activated, f"{name}.up"], [f"{name}.product"])
        graph.matmul(product, f"{name}.down", self._blocks(down))
        if not after:
            return graph.node("Add", [f"{norm}.sum", f"{name}.down"], ["output"]), ""
        return f"{after}.sum", self._norm(f"{norm}.sum", after, f"{name}.down")

    def _attention(self, layer: int, normed: str) -> str:
        name = f"model.layers.{layer}"
        projections = (f"{name}.self_attn.{part}_proj.weight" for part in "qkv")
        qkv = self._graph.matmul(normed, f"{name}.qkv", self._blocks(*projections))
        past = [f"past_k{layer}", f"past_v{layer}"]
        attended = f"{name}.attended"
        self._graph.node(
            "GroupQueryAttention",
            [qkv, "", "", *past, "seqlens_k", "total_seq", "cos", "sin"],
            [attended, f"present_k{layer}", f"present_v{layer}"],
            domain=MICROSOFT,
            num_heads=self._config["num_attention_heads"],
            kv_num_heads=self._config["num_key_value_heads"],
            do_rotary=1,
            rotary_interleaved=0,
            scale=self._config["head_dim"] ** -0.5,
        )
        return attended

    def _last_token(self) -> list[str]:
        """The bounds of a slice: the last place of axis 1."""
        bounds = {"from": -1, "to": 2**31, "axis": 1}
        return [
            self._graph.constant(f"last.{name}", np.array([value]))
            for name, value in bounds.items()
        ]

    def _assemble(self) -> onnx.ModelProto:
        info = helper.make_tensor_value_info
        inputs = [
            info("input_ids", TensorProto.INT64, ["b", "s"]),
            info("seqlens_k", TensorProto.INT32, ["b"]),
            info("total_seq", TensorProto.INT32, []),
        ]
        outputs = [info("logits", TensorProto.FLOAT, ["b", 1, self._config["vocab_size"]])]
        heads, size = self._config["num_key_value_heads"], self._config["head_dim"]
        for layer in range(self._config["num_hidden_layers"]):
            for part in "kv":
                for kind, values in (("past", inputs), ("present", outputs)):
                    shape = ["b", heads, kind, size]
                    values.append(info(f"{kind}_{part}{layer}", TensorProto.FLOAT, shape))
        graph = helper.make_graph(
            self._graph.nodes, "llama", inputs, outputs, self._graph.constants
        )
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def main(arguments: Sequence[str]) -> None:
    """The command line."""
    source, target = map(Path, arguments)
    onnx.save(Llama(GgufSource(source)).model(), str(target))


if __name__ == "__main__":
    main(sys.argv[1:])
