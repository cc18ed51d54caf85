"""The seam between models and kernels: who computes linear layers, embeddings and attention."""

from typing import Protocol

from tvm.relax.frontend.nn import Tensor
from tvm.relax.frontend.nn.llm.kv_cache import PagedKVCache

from mlc_compiler.errors import OptionError
from mlc_compiler.ops.attention_spec import AttentionSpec
from mlc_compiler.ops.tir import TirKernels
from mlc_compiler.ops.weights import StoredWeight


class Kernels(Protocol):
    """One implementation of everything that is worth an own kernel."""

    def linear(
        self, x: Tensor, weight: StoredWeight, stored: list[Tensor], out_dtype: str
    ) -> Tensor:
        """``x [a, b, columns]`` times the transposed weight: ``out_dtype[a, b, rows]``."""

    def embedding(
        self, ids: Tensor, weight: StoredWeight, stored: list[Tensor], dtype: str
    ) -> Tensor:
        """The rows ``ids int32[n]`` of the weight: ``dtype[n, columns]``."""

    def attention(
        self, cache: PagedKVCache, layer: int, qkv: Tensor, spec: AttentionSpec
    ) -> Tensor:
        """Causal attention of ``qkv [a, b, (heads + 2 * kv_heads) * head_dim]``.

        Applies rotary embeddings, appends keys and values to the cache, and returns
        ``[a, b, heads * head_dim]``.
        """

    def create_kv_cache(self, spec: AttentionSpec, sizes: tuple) -> PagedKVCache:
        """A cache for ``sizes``: sequences, total tokens, prefill chunk, page size, sliding (0/1).

        The page size must be 16.
        """


_KERNELS = {"tir": TirKernels}


def find_kernels(name: str) -> Kernels:
    """The kernels of that name; `OptionError` lists the names if there are none."""
    try:
        return _KERNELS[name]()
    except KeyError:
        raise OptionError(f"unknown kernels {name!r}; expected {', '.join(_KERNELS)}") from None
