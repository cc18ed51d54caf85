"""Kernels for ``out[m, n] = sum_k x[m, k] * weight[n, k]`` on any stored form of the weight.

All sums run in float32. `matvec` reads the weight once for a single row of activations; `matmul`
decodes a tile of the weight once and uses it for every row. Both take activations in float32, in
the order of the decoder's lanes: `arrange` brings them there.
"""

from functools import cache

from tvm import tirx
from tvm.script.ir_builder import tirx as T

from mlc_compiler.ops.builder import build_kernel
from mlc_compiler.ops.weights import GROUP, LANES, STEPS, Buffers, Decoder, StoredWeight
from mlc_compiler.quantization import Parameter

_VECTOR_ROWS = 4
_TILE_ROWS = 32
_BLOCK_TOKENS = 4
_BLOCK_ROWS = 4


@cache
def arrange(decoder: Decoder, columns: int, dtype: str) -> tirx.PrimFunc:
    """Kernel ``(x dtype[m, columns], out float32[m, columns])``: activations in lane order."""
    tokens = tirx.Var("tokens", "int64")

    def body(x: tirx.Buffer, _: Buffers, out: tirx.Buffer) -> None:
        with T.serial(tokens) as token, T.serial(columns // GROUP) as group:
            for step in range(STEPS):
                with T.serial(LANES) as lane:
                    value = x[token, group * GROUP + decoder.column(step, lane)]
                    position = group * GROUP + step * LANES + lane
                    T.buffer_store(out, tirx.Cast("float32", value), [token, position])

    return build_kernel(
        Parameter("x", dtype, (tokens, columns)),
        (),
        Parameter("out", "float32", (tokens, columns)),
        body,
    )


@cache
def matvec(weight: StoredWeight, out_dtype: str) -> tirx.PrimFunc:
    """Kernel ``(x float32[1, columns], stored..., out out_dtype[1, rows])``."""

    def body(x: tirx.Buffer, stored: Buffers, out: tirx.Buffer) -> None:
        with T.parallel(_tiles(weight.rows, _VECTOR_ROWS)) as tile:
            sums = [zero_lanes() for _ in range(_VECTOR_ROWS)]
            with T.serial(weight.columns // GROUP) as group:
                for step in range(STEPS):
                    lanes = tirx.Ramp(group * GROUP + step * LANES, 1, LANES)
                    for i, total in enumerate(sums):
                        row = tirx.min(tile * _VECTOR_ROWS + i, weight.rows - 1)
                        values = weight.decoder.values(stored, row, group, step)
                        add_lanes(total, x[0, lanes] * values)
            for i, total in enumerate(sums):
                row = tile * _VECTOR_ROWS + i
                with T.If(row < weight.rows), T.Then():
                    T.buffer_store(out, tirx.Cast(out_dtype, sum_of_lanes(total)), [0, row])

    return _product(weight, 1, out_dtype, body)


@cache
def matmul(weight: StoredWeight, out_dtype: str) -> tirx.PrimFunc:
    """Kernel ``(x float32[m, columns], stored..., out out_dtype[m, rows])`` for any m."""
    tokens = tirx.Var("tokens", "int64")

    def body(x: tirx.Buffer, stored: Buffers, out: tirx.Buffer) -> None:
        with T.parallel(_tiles(weight.rows, _TILE_ROWS)) as tile:
            decoded = T.alloc_buffer((_TILE_ROWS, weight.columns), "float32", layout=None)
            with T.serial(_TILE_ROWS) as i, T.serial(weight.columns // GROUP) as group:
                row = tirx.min(tile * _TILE_ROWS + i, weight.rows - 1)
                for step in range(STEPS):
                    lanes = tirx.Ramp(group * GROUP + step * LANES, 1, LANES)
                    values = weight.decoder.values(stored, row, group, step)
                    T.buffer_store(decoded, values, [i, lanes])
            with (
                T.serial(_tiles(tokens, _BLOCK_TOKENS)) as block,
                T.serial(_TILE_ROWS // _BLOCK_ROWS) as part,
            ):
                _multiply_block(x, decoded, out, block * _BLOCK_TOKENS, tile * _TILE_ROWS, part)

    return _product(weight, tokens, out_dtype, body)


def _product(weight: StoredWeight, tokens, out_dtype: str, body) -> tirx.PrimFunc:
    x = Parameter("x", "float32", (tokens, weight.columns))
    out = Parameter("out", out_dtype, (tokens, weight.rows))
    return build_kernel(x, weight.parameters, out, body)


def _multiply_block(x, decoded, out, first_token, first_row, part) -> None:
    """The product of 4 tokens and 4 decoded rows, its sums in registers."""
    tokens, rows = out.shape
    first = part * _BLOCK_ROWS
    places = [(t, r) for t in range(_BLOCK_TOKENS) for r in range(_BLOCK_ROWS)]
    sums = {place: zero_lanes() for place in places}
    with T.serial(decoded.shape[1] // LANES) as k:
        lanes = tirx.Ramp(k * LANES, 1, LANES)
        for t, r in places:
            token = tirx.min(first_token + t, tokens - 1)
            add_lanes(sums[t, r], x[token, lanes] * decoded[first + r, lanes])
    for t, r in places:
        token, row = first_token + t, first_row + first + r
        with T.If(tirx.all(token < tokens, row < rows)), T.Then():
            T.buffer_store(out, tirx.Cast(out.dtype, sum_of_lanes(sums[t, r])), [token, row])


def _tiles(size, tile: int):
    return (size + tile - 1) // tile


def zero_lanes() -> tirx.Buffer:
    """A vector of sums in registers, all zero."""
    total = T.alloc_buffer((LANES,), "float32", scope="local", layout=None)
    zeros = tirx.Broadcast(tirx.const(0.0, "float32"), LANES)
    T.buffer_store(total, zeros, [tirx.Ramp(0, 1, LANES)])
    return total


def add_lanes(total: tirx.Buffer, value: tirx.Expr) -> None:
    """Adds a vector to the sums."""
    lanes = tirx.Ramp(0, 1, LANES)
    T.buffer_store(total, total[lanes] + value, [lanes])


def sum_of_lanes(total: tirx.Buffer) -> tirx.Expr:
    """The sum of the lanes, halving by halving."""
    parts = [total[lane] for lane in range(LANES)]
    while len(parts) > 1:
        half = len(parts) // 2
        parts = [a + b for a, b in zip(parts[:half], parts[half:], strict=True)]
    return parts[0]
