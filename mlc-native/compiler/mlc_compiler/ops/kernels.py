"""The seam between models and kernels: who computes everything that is worth an own kernel."""

from typing import Protocol

from tvm.relax.frontend import nn
from tvm.relax.frontend.nn import Tensor
from tvm.relax.frontend.nn.llm.kv_cache import PagedKVCache

from mlc_compiler.errors import OptionError
from mlc_compiler.ops.attention_spec import AttentionSpec
from mlc_compiler.ops.native import NativeKernels
from mlc_compiler.ops.operands import Dense, LayerWeights, Matrix, NormedLinear
from mlc_compiler.ops.tir import TirKernels
from mlc_compiler.quantization import Quantization


class Kernels(Protocol):
    """One implementation of a model's operations.

    ``n`` counts tokens and ``h`` is the hidden size. The residual ``x`` that layers hand on has the
    dtype that the implementation likes best; the first one is an embedding in the model's dtype.
    """

    name: str
    version: int

    def kv_dtype(self, quantization: Quantization) -> str:
        """The dtype of the KV cache of a model."""

    def embedding(self, ids: Tensor, table: Matrix, dtype: str) -> Tensor:
        """The rows ``ids int32[n]`` of the table: ``dtype[n, columns]``."""

    def norm(self, x: Tensor, norm: nn.RMSNorm, out_dtype: str) -> Tensor:
        """The normed residual, ``out_dtype[n, h]``."""

    def linear(self, x: Tensor, matrix: Matrix, out_dtype: str) -> Tensor:
        """``x [n, columns]`` times the transposed matrix: ``out_dtype[n, rows]``."""

    def norm_linear(self, x: Tensor, linear: NormedLinear, out_dtype: str) -> Tensor:
        """The normed residual times the transposed matrix: ``out_dtype[n, *features]``."""

    def attention(
        self, cache: PagedKVCache, layer: int, qkv: Tensor, spec: AttentionSpec
    ) -> Tensor:
        """Causal attention of ``qkv [n, heads + 2 * kv_heads, head_dim]``.

        Applies rotary embeddings, appends keys and values to the cache, and returns
        ``[n, heads, head_dim]``.
        """

    def layer(
        self, x: Tensor, attended: Tensor, weights: LayerWeights, following: NormedLinear
    ) -> tuple[Tensor, Tensor]:
        """What follows the attention of a layer, up to the next layer's attention.

        Takes the residual ``x [n, h]`` before the layer and ``attended [n, heads, head_dim]``.
        Returns the residual after the layer and `norm_linear` of it with ``following``, in the
        dtype of ``attended``.
        """

    def last_layer(self, x: Tensor, attended: Tensor, weights: LayerWeights) -> Tensor:
        """`layer` where no layer follows: the residual alone."""

    def layer_norm(self, x: Tensor, norm: nn.LayerNorm) -> Tensor:
        """``x float32[n, h]``, normed with mean and bias: ``float32[n, h]``."""

    def dense(self, x: Tensor, dense: Dense) -> Tensor:
        """`linear` with the bias added: ``float32[n, rows]``."""

    def dense_gelu(self, x: Tensor, dense: Dense) -> Tensor:
        """`dense`, then GELU by the error function."""

    def dense_norm(self, x: Tensor, dense: Dense, residual: Tensor, norm: nn.LayerNorm) -> Tensor:
        """`layer_norm` of the residual ``float32[n, rows]`` with `dense` of ``x`` added."""

    def whole_attention(self, qkv: Tensor, starts: Tensor, heads: int, head_dim: int) -> Tensor:
        """Attention of ``qkv float32[n, 3 * heads * head_dim]`` in which nothing is hidden.

        ``starts int32[b + 1]`` says where each sequence begins and the last one ends. Returns
        ``float32[n, heads * head_dim]``.
        """

    def create_kv_cache(self, spec: AttentionSpec, sizes: tuple) -> PagedKVCache:
        """A cache for ``sizes``: sequences, total tokens, prefill chunk, page size, sliding (0/1).

        The page size must be 16.
        """


_KERNELS = {kernels.name: kernels for kernels in (NativeKernels, TirKernels)}


def find_kernels(name: str) -> Kernels:
    """The kernels of that name; `OptionError` lists the names if there are none."""
    try:
        return _KERNELS[name]()
    except KeyError:
        raise OptionError(f"unknown kernels {name!r}; expected {', '.join(_KERNELS)}") from None
