"""How the hand-written kernels are put together."""

from collections.abc import Callable, Sequence

import numpy as np
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
        first, *middle, last = [_argument(tensor) for tensor in (x, *stored, out)]
        with T.sblock("root"):
            T.reads()
            T.writes()
            body(first, middle, last)
    return builder.get()


def _argument(tensor: Parameter) -> tirx.Buffer:
    """An argument aligned to its elements only: a caller may pass views and mapped files."""
    alignment = np.dtype(tensor.dtype).itemsize
    buffer = T.buffer(tensor.shape, tensor.dtype, align=alignment, layout=None)
    return T.arg(tensor.suffix, buffer)
