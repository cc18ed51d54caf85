"""Kernel for attention in which each token sees all tokens of its sequence."""

from functools import cache

from tvm import tirx
from tvm.script.ir_builder import tirx as T

from mlc_compiler.ops.builder import build_kernel
from mlc_compiler.ops.linear import add_lanes, sum_of_lanes, zero_lanes
from mlc_compiler.ops.weights import LANES, Buffers
from mlc_compiler.quantization import Parameter


@cache
def whole_attention(heads: int, head_dim: int) -> tirx.PrimFunc:
    """Kernel ``(qkv float32[n, 3 * heads, head_dim], starts int32[b + 1], out float32)``.

    ``out`` is ``[n, heads, head_dim]``.
    """
    tokens, ends = tirx.Var("tokens", "int64"), tirx.Var("ends", "int64")
    lanes = [tirx.Ramp(part * LANES, 1, LANES) for part in range(head_dim // LANES)]

    def body(qkv: tirx.Buffer, others: Buffers, out: tirx.Buffer) -> None:
        (starts,) = others
        with T.parallel(heads) as head:
            scores = T.alloc_buffer((tokens,), "float32", layout=None)
            with T.serial(ends - 1) as sequence:
                first = tirx.Cast("int64", starts[sequence])
                count = tirx.Cast("int64", starts[sequence + 1]) - first
                with T.serial(count) as i:
                    _attend(qkv, out, scores, first, count, first + i, head)

    def _attend(qkv, out, scores, first, count, token, head) -> None:
        largest = T.alloc_buffer((1,), "float32", scope="local", layout=None)
        total = T.alloc_buffer((1,), "float32", scope="local", layout=None)
        T.buffer_store(largest, tirx.min_value("float32"), [0])
        T.buffer_store(total, tirx.const(0.0, "float32"), [0])
        with T.serial(count) as key:
            products = zero_lanes()
            for part in lanes:
                add_lanes(products, qkv[token, head, part] * qkv[first + key, heads + head, part])
            score = sum_of_lanes(products) * tirx.const(head_dim**-0.5, "float32")
            T.buffer_store(scores, score, [key])
            T.buffer_store(largest, tirx.max(largest[0], scores[key]), [0])
        with T.serial(count) as key:
            T.buffer_store(scores, tirx.exp(scores[key] - largest[0]), [key])
            T.buffer_store(total, total[0] + scores[key], [0])
        for part in lanes:
            values = zero_lanes()
            with T.serial(count) as key:
                weight = tirx.Broadcast(scores[key], LANES)
                add_lanes(values, weight * qkv[first + key, 2 * heads + head, part])
            scaled = values[tirx.Ramp(0, 1, LANES)] / tirx.Broadcast(total[0], LANES)
            T.buffer_store(out, scaled, [token, head, part])

    return build_kernel(
        Parameter("qkv", "float32", (tokens, 3 * heads, head_dim)),
        (Parameter("starts", "int32", (ends,)),),
        Parameter("out", "float32", (tokens, heads, head_dim)),
        body,
    )
