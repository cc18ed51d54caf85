"""Kernels of the native library, called by name; `docs/kernels.md` describes each."""

from typing import Any

from tvm import relax, tirx
from tvm.relax.frontend import nn
from tvm.relax.frontend.nn import Tensor, op
from tvm.relax.frontend.nn.llm.kv_cache import PagedKVCache

from mlc_compiler.ops import native_cache, packed
from mlc_compiler.ops.attention_spec import AttentionSpec
from mlc_compiler.ops.operands import Dense, LayerWeights, Matrix, NormedLinear
from mlc_compiler.ops.tir import layer_norm
from mlc_compiler.quantization import Quantization

_FORMATS = ("F32", "F16", "Q4_0", "Q4_1", "Q8_0", "q4f16_1", "q4f32_1", "q8f16_1")
"""The stored forms; a form's place is the number that a kernel gets."""


class NativeKernels:
    """Implements `mlc_compiler.ops.kernels.Kernels`; the residual is float32 after a layer."""

    name = "native"
    version = 2

    def kv_dtype(self, quantization: Quantization) -> str:
        return "float16" if quantization.keeps_source_formats else quantization.model_dtype

    def embedding(self, ids: Tensor, table: Matrix, dtype: str) -> Tensor:
        shape = (ids.shape[0], table.stored.columns)
        return _call("embed", [ids, *_matrix(table)], shape, dtype)

    def norm(self, x: Tensor, norm: nn.RMSNorm, out_dtype: str) -> Tensor:
        return _call("rms_norm", [x, *_norm(norm)], x.shape, out_dtype)

    def linear(self, x: Tensor, matrix: Matrix, out_dtype: str) -> Tensor:
        shape = (x.shape[0], matrix.stored.rows)
        return _call("linear", [x, *_matrix(matrix)], shape, out_dtype)

    def norm_linear(self, x: Tensor, linear: NormedLinear, out_dtype: str) -> Tensor:
        shape = (x.shape[0], *linear.features)
        return _call("norm_linear", [x, *_normed(linear)], shape, out_dtype)

    def attention(
        self, cache: PagedKVCache, layer: int, qkv: Tensor, spec: AttentionSpec
    ) -> Tensor:
        return packed.attention(cache, layer, qkv, spec)

    def layer(
        self, x: Tensor, attended: Tensor, weights: LayerWeights, following: NormedLinear
    ) -> tuple[Tensor, Tensor]:
        arguments = [x, attended, *_layer(weights), *_normed(following)]
        qkv = ((x.shape[0], *following.features), attended.dtype)
        x, qkv = packed.call("mlc.cpu.layer", arguments, (x.shape, "float32"), qkv)
        return x, qkv

    def last_layer(self, x: Tensor, attended: Tensor, weights: LayerWeights) -> Tensor:
        return _call("last_layer", [x, attended, *_layer(weights)], x.shape, "float32")

    def layer_norm(self, x: Tensor, norm: nn.LayerNorm) -> Tensor:
        return layer_norm(x, norm)

    def dense(self, x: Tensor, dense: Dense) -> Tensor:
        return _call("dense", [x, *_dense(dense)], (x.shape[0], dense.stored.rows), "float32")

    def dense_gelu(self, x: Tensor, dense: Dense) -> Tensor:
        return _call("dense_gelu", [x, *_dense(dense)], (x.shape[0], dense.stored.rows), "float32")

    def dense_norm(self, x: Tensor, dense: Dense, residual: Tensor, norm: nn.LayerNorm) -> Tensor:
        arguments = [x, *_dense(dense), residual, norm.weight, float(norm.eps), norm.bias]
        return _call("dense_norm", arguments, residual.shape, "float32")

    def whole_attention(self, qkv: Tensor, starts: Tensor, heads: int, head_dim: int) -> Tensor:
        tokens = qkv.shape[0]
        qkv = op.reshape(qkv, (tokens, 3 * heads, head_dim))
        arguments = [qkv, starts, head_dim**-0.5]
        out = _call("attention_whole", arguments, (tokens, heads, head_dim), "float32")
        return op.reshape(out, (tokens, heads * head_dim))

    def create_kv_cache(self, spec: AttentionSpec, sizes: tuple[tirx.Var, ...]) -> PagedKVCache:
        create = "vm.builtin.paged_attention_kv_cache_create"
        arguments = native_cache.arguments(spec, sizes)
        call = relax.call_pure_packed(create, *arguments, ty_args=relax.AnyType())
        return PagedKVCache(_expr=call, _name="paged_kv_cache")


def _call(name: str, arguments: list[Any], shape: tuple, dtype: str) -> Tensor:
    (out,) = packed.call(f"mlc.cpu.{name}", arguments, (shape, dtype))
    return out


def _matrix(matrix: Matrix) -> list[Any]:
    return [_FORMATS.index(matrix.stored.form), *matrix.tensors]


def _dense(dense: Dense) -> list[Any]:
    return [*_matrix(dense), dense.bias]


def _norm(norm: nn.RMSNorm) -> list[Any]:
    return [norm.weight, float(norm.epsilon)]


def _normed(linear: NormedLinear) -> list[Any]:
    return [*_norm(linear.norm), *_matrix(linear.matrix)]


def _layer(weights: LayerWeights) -> list[Any]:
    return [*_matrix(weights.o), *_normed(weights.gate_up), *_matrix(weights.down)]
