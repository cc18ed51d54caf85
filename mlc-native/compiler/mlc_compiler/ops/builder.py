"""How the hand-written kernels are put together."""

from collections.abc import Callable, Sequence

from tvm import tirx
from tvm.script.ir_builder import IRBuilder
from tvm.script.ir_builder import tirx as T

from mlc_compiler.ops.weights import Buffers
from mlc_compiler.quantization import Parameter


def build_kernel(
    x: Parameter,
    stored: Sequence[Parameter],
    out: Parameter,
    body: Callable[[tirx.Buffer, Buffers, tirx.Buffer], None],
) -> tirx.PrimFunc:
    """A kernel ``(x, stored..., out)`` whose loops stay as ``body`` writes them.

    ``body`` gets the buffers of ``x``, of ``stored`` and of ``out``. Sizes may be symbolic.
    """
    with IRBuilder() as builder, T.prim_func(s_tir=True):
        T.func_attr({"tirx.is_scheduled": True, "tirx.noalias": True})
        first, *middle, last = [
            T.arg(p.suffix, T.buffer(p.shape, p.dtype, layout=None)) for p in (x, *stored, out)
        ]
        with T.sblock("root"):
            T.reads()
            T.writes()
            body(first, middle, last)
    return builder.get()
