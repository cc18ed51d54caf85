"""Calls of functions that are registered at run time."""

from collections.abc import Sequence

from tvm import relax
from tvm.relax.frontend.nn import Object, Tensor
from tvm.relax.frontend.nn.core import wrap_nested
from tvm.relax.frontend.nn.llm.kv_cache import PagedKVCache

from mlc_compiler.ops.attention_spec import AttentionSpec

Argument = Tensor | Object | int | float


def call(name: str, arguments: Sequence[Argument], *outputs: tuple[tuple, str]) -> list[Tensor]:
    """Calls a function that writes into its last arguments; ``outputs`` are shapes and dtypes."""
    types = [relax.TensorType(shape, dtype) for shape, dtype in outputs]
    result = relax.call_dps_packed(
        name,
        [_expression(argument) for argument in arguments],
        types if len(types) > 1 else types[0],
    )
    wrapped = wrap_nested(result, name.rpartition(".")[2])
    return list(wrapped) if len(types) > 1 else [wrapped]


def attention(cache: PagedKVCache, layer: int, qkv: Tensor, spec: AttentionSpec) -> Tensor:
    """Attention of ``qkv [n, heads + 2 * kv_heads, head_dim]`` by the kernels of the cache.

    Returns ``[n, heads, head_dim]``.
    """
    function = "vm.builtin.attention_kv_cache_attention_with_fused_qkv"
    shape = (qkv.shape[0], spec.num_heads, spec.head_dim)
    (out,) = call(function, [cache, layer, spec.head_dim**-0.5, qkv], (shape, qkv.dtype))
    return out


def _expression(argument: Argument) -> relax.Expr:
    if isinstance(argument, int | float):
        return relax.prim_value(argument)
    return argument._expr
