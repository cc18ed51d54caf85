"""Kernel that looks rows of a stored weight up and decodes only those."""

from functools import cache

from tvm import tirx
from tvm.script.ir_builder import tirx as T

from mlc_compiler.ops.builder import build_kernel
from mlc_compiler.ops.weights import GROUP, LANES, STEPS, Buffers, StoredWeight
from mlc_compiler.quantization import Parameter


@cache
def take_rows(weight: StoredWeight, dtype: str) -> tirx.PrimFunc:
    """Kernel ``(ids int32[n], stored..., out dtype[n, columns])``; ids are not checked."""
    count = tirx.Var("count", "int64")

    def body(ids: tirx.Buffer, stored: Buffers, out: tirx.Buffer) -> None:
        with T.serial(count) as i, T.serial(weight.columns // GROUP) as group:
            decoded = T.alloc_buffer((GROUP,), "float32", scope="local", layout=None)
            for step in range(STEPS):
                row = tirx.Cast("int64", ids[i])
                values = weight.decoder.values(stored, row, group, step)
                T.buffer_store(decoded, values, [tirx.Ramp(step * LANES, 1, LANES)])
                with T.serial(LANES) as lane:
                    value = tirx.Cast(dtype, decoded[step * LANES + lane])
                    column = group * GROUP + weight.decoder.column(step, lane)
                    T.buffer_store(out, value, [i, column])

    ids = Parameter("ids", "int32", (count,))
    out = Parameter("out", dtype, (count, weight.columns))
    return build_kernel(ids, weight.parameters, out, body)
