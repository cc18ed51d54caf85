"""Kernels that an engine calls between the logits and the draw.

Logits are ``float32[b, V]`` and change in place. The gather and scatter kernels copy rows of hidden
states.
"""

import tvm
from tvm import relax, tirx
from tvm.script import tirx as T

_EPSILON = 1e-5


def library_kernels(dtype: str) -> dict[str, tirx.PrimFunc]:
    """The kernels by their global names; ``dtype`` is that of hidden states."""
    return {
        "apply_logit_bias_inplace": apply_logit_bias_inplace,
        "apply_penalty_inplace": apply_penalty_inplace,
        "apply_bitmask_inplace": apply_bitmask_inplace,
        "gather_hidden_states": _gather_rows(dtype),
        "scatter_hidden_states": _scatter_rows(dtype),
    }


@T.prim_func(s_tir=True)
def apply_logit_bias_inplace(
    logits_handle: T.handle, rows_handle: T.handle, tokens_handle: T.handle, bias_handle: T.handle
):
    """Adds ``bias[i]`` to the logit of token ``tokens[i]`` in row ``rows[i]``."""
    T.func_attr({"global_symbol": "apply_logit_bias_inplace", "tirx.is_scheduled": True})
    batch, vocab, count = T.int32(), T.int32(), T.int32()
    logits = T.match_buffer(logits_handle, (batch, vocab), "float32")
    rows = T.match_buffer(rows_handle, (count,), "int32")
    tokens = T.match_buffer(tokens_handle, (count,), "int32")
    bias = T.match_buffer(bias_handle, (count,), "float32")
    for i in T.serial(count):
        logits[rows[i], tokens[i]] += bias[i]


@T.prim_func(s_tir=True)
def apply_penalty_inplace(
    logits_handle: T.handle,
    rows_handle: T.handle,
    sequences_handle: T.handle,
    tokens_handle: T.handle,
    counts_handle: T.handle,
    penalties_handle: T.handle,
):
    """Applies presence, frequency and repetition penalties (the columns of ``penalties``).

    Entry ``i`` says that token ``tokens[i]`` occurred ``counts[i]`` times in sequence
    ``sequences[i]``, whose logits are row ``rows[sequences[i]]``.
    """
    T.func_attr({"global_symbol": "apply_penalty_inplace", "tirx.is_scheduled": True})
    batch, vocab, count, num_sequences = T.int32(), T.int32(), T.int32(), T.int32()
    logits = T.match_buffer(logits_handle, (batch, vocab), "float32")
    rows = T.match_buffer(rows_handle, (num_sequences,), "int32")
    sequences = T.match_buffer(sequences_handle, (count,), "int32")
    tokens = T.match_buffer(tokens_handle, (count,), "int32")
    counts = T.match_buffer(counts_handle, (count,), "int32")
    penalties = T.match_buffer(penalties_handle, (num_sequences, 3), "float32")
    for i in T.serial(count):
        logits[rows[sequences[i]], tokens[i]] -= penalties[sequences[i], 0] + (
            T.Cast("float32", counts[i]) * penalties[sequences[i], 1]
        )
        logits[rows[sequences[i]], tokens[i]] = T.if_then_else(
            logits[rows[sequences[i]], tokens[i]] < T.float32(0),
            logits[rows[sequences[i]], tokens[i]] * penalties[sequences[i], 2],
            logits[rows[sequences[i]], tokens[i]] / penalties[sequences[i], 2],
        )


@T.prim_func(s_tir=True)
def apply_bitmask_inplace(logits_handle: T.handle, rows_handle: T.handle, mask_handle: T.handle):
    """Sets the logits of the given rows to the least float32 where the row's mask bit is 0.

    Bit ``j`` of word ``i`` of a row stands for token ``32 * i + j``.
    """
    T.func_attr({"global_symbol": "apply_bitmask_inplace", "tirx.is_scheduled": True})
    batch, vocab, count = T.int32(), T.int32(), T.int32()
    logits = T.match_buffer(logits_handle, (batch, vocab), "float32")
    rows = T.match_buffer(rows_handle, (count,), "int32")
    mask = T.match_buffer(mask_handle, (batch, (vocab + 31) // 32), "int32")
    for i, token in T.grid(count, vocab):
        if T.bitwise_and(T.shift_right(mask[rows[i], token // 32], token % 32), 1) == 0:
            logits[rows[i], token] = T.min_value("float32")


def add_softmax(module: tvm.IRModule, vocab_size: int, active_vocab_size: int) -> tvm.IRModule:
    """Adds ``softmax_with_temperature(logits f32[b, 1, V], temperature f32[b]) -> f32[b, 1, V]``.

    A temperature of at most 1e-5 gives the greatest logits equal shares of 1. Tokens from
    ``active_vocab_size`` on get probability 0.
    """
    builder = relax.BlockBuilder(module)
    batch = tirx.Var("batch_size", "int64")
    logits = relax.Var("logits", relax.TensorType((batch, 1, vocab_size), "float32"))
    temperature = relax.Var("temperature", relax.TensorType((batch,), "float32"))
    with builder.function("softmax_with_temperature", [logits, temperature]):
        with builder.dataflow():
            kernel = builder.add_func(_softmax(active_vocab_size), "softmax")
            call = relax.call_tir(kernel, [logits, temperature], out_ty=logits.ty)
            result = builder.emit_output(builder.emit(call))
        builder.emit_func_output(result)
    return builder.finalize()


def _softmax(active_vocab_size: int) -> tirx.PrimFunc:

    @T.prim_func(private=True, s_tir=True)
    def softmax(logits_handle: T.handle, temperature_handle: T.handle, out_handle: T.handle):
        T.func_attr({"tirx.is_scheduled": True, "tirx.noalias": True})
        batch, vocab = T.int64(), T.int64()
        logits = T.match_buffer(logits_handle, (batch, 1, vocab), "float32")
        temperature = T.match_buffer(temperature_handle, (batch,), "float32")
        out = T.match_buffer(out_handle, (batch, 1, vocab), "float32")
        for row in T.serial(batch):
            greatest = T.alloc_buffer((1,), "float32", scope="local")
            total = T.alloc_buffer((1,), "float32", scope="local")
            greatest[0] = T.min_value("float32")
            total[0] = T.float32(0)
            for token in T.serial(T.min(vocab, active_vocab_size)):
                greatest[0] = T.max(greatest[0], logits[row, 0, token])
            for token in T.serial(T.min(vocab, active_vocab_size)):
                out[row, 0, token] = T.if_then_else(
                    temperature[row] > T.float32(_EPSILON),
                    T.exp(
                        (logits[row, 0, token] - greatest[0])
                        / T.max(temperature[row], T.float32(_EPSILON))
                    ),
                    T.Cast("float32", logits[row, 0, token] == greatest[0]),
                )
                total[0] += out[row, 0, token]
            for token in T.serial(vocab):
                out[row, 0, token] = T.if_then_else(
                    token < active_vocab_size, out[row, 0, token] / total[0], T.float32(0)
                )

    return softmax


def _gather_rows(dtype: str) -> tirx.PrimFunc:
    @T.prim_func(s_tir=True)
    def gather(src_handle: T.handle, indices_handle: T.handle, dst_handle: T.handle):
        T.func_attr({"global_symbol": "gather_hidden_states", "tirx.is_scheduled": True})
        rows, size, count = T.int32(), T.int32(), T.int32()
        src = T.match_buffer(src_handle, (rows, size), dtype)
        indices = T.match_buffer(indices_handle, (count,), "int32")
        dst = T.match_buffer(dst_handle, (count, size), dtype)
        for i, j in T.grid(count, size):
            dst[i, j] = src[indices[i], j]

    return gather


def _scatter_rows(dtype: str) -> tirx.PrimFunc:
    @T.prim_func(s_tir=True)
    def scatter(src_handle: T.handle, indices_handle: T.handle, dst_handle: T.handle):
        T.func_attr({"global_symbol": "scatter_hidden_states", "tirx.is_scheduled": True})
        rows, size, count = T.int32(), T.int32(), T.int32()
        src = T.match_buffer(src_handle, (count, size), dtype)
        indices = T.match_buffer(indices_handle, (count,), "int32")
        dst = T.match_buffer(dst_handle, (rows, size), dtype)
        for i, j in T.grid(count, size):
            dst[indices[i], j] = src[i, j]

    return scatter
