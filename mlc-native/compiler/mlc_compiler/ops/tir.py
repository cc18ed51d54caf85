"""Kernels that TVM compiles to machine code of the target."""

from tvm import relax, target, tirx
from tvm.relax.frontend import nn
from tvm.relax.frontend.nn import Tensor, op
from tvm.relax.frontend.nn.llm.kv_cache import PagedKVCache, RopeMode, TIRPagedKVCache

from mlc_compiler.ops import embedding, linear, packed
from mlc_compiler.ops.attention_spec import AttentionSpec
from mlc_compiler.ops.operands import Dense, LayerWeights, Matrix, NormedLinear
from mlc_compiler.ops.whole_attention import whole_attention
from mlc_compiler.quantization import Quantization


class TirKernels:
    """Implements `mlc_compiler.ops.kernels.Kernels`; all hidden states have the model's dtype."""

    name = "tir"
    version = 1

    def kv_dtype(self, quantization: Quantization) -> str:
        return quantization.model_dtype

    def embedding(self, ids: Tensor, table: Matrix, dtype: str) -> Tensor:
        out = Tensor.placeholder((ids.shape[0], table.stored.columns), dtype)
        kernel = embedding.take_rows(table.stored, dtype)
        return op.tensor_ir_op(kernel, "take_rows", [ids, *table.tensors], out)

    def norm(self, x: Tensor, norm: nn.RMSNorm, out_dtype: str) -> Tensor:
        return norm(x).astype(out_dtype)

    def linear(self, x: Tensor, matrix: Matrix, out_dtype: str) -> Tensor:
        weight = matrix.stored
        tokens, columns = x.shape
        if x.dtype != "float32" or not weight.decoder.in_order:
            arrange = linear.arrange(weight.decoder, columns, x.dtype)
            out = Tensor.placeholder((tokens, columns), "float32")
            x = op.tensor_ir_op(arrange, "arrange", [x], out)
        product = linear.matvec if _is_one(tokens) else linear.matmul
        out = Tensor.placeholder((tokens, weight.rows), out_dtype)
        kernel = product(weight, out_dtype)
        return op.tensor_ir_op(kernel, product.__name__, [x, *matrix.tensors], out)

    def norm_linear(self, x: Tensor, linear: NormedLinear, out_dtype: str) -> Tensor:
        out = self.linear(linear.norm(x), linear.matrix, out_dtype)
        return op.reshape(out, (x.shape[0], *linear.features))

    def attention(
        self, cache: PagedKVCache, layer: int, qkv: Tensor, spec: AttentionSpec
    ) -> Tensor:
        return packed.attention(cache, layer, qkv, spec)

    def layer(
        self, x: Tensor, attended: Tensor, weights: LayerWeights, following: NormedLinear
    ) -> tuple[Tensor, Tensor]:
        x = self.last_layer(x, attended, weights)
        return x, self.norm_linear(x, following, attended.dtype)

    def last_layer(self, x: Tensor, attended: Tensor, weights: LayerWeights) -> Tensor:
        tokens, heads, head_dim = attended.shape
        attended = op.reshape(attended, (tokens, heads * head_dim))
        x = x + self.linear(attended, weights.o, x.dtype)
        gate, up = op.split(self.norm_linear(x, weights.gate_up, x.dtype), 2, axis=-1)
        return x + self.linear(op.silu(gate) * up, weights.down, x.dtype)

    def layer_norm(self, x: Tensor, norm: nn.LayerNorm) -> Tensor:
        return layer_norm(x, norm)

    def dense(self, x: Tensor, dense: Dense) -> Tensor:
        return self.linear(x, dense, "float32") + dense.bias.astype("float32")

    def dense_gelu(self, x: Tensor, dense: Dense) -> Tensor:
        return op.gelu(self.dense(x, dense))

    def dense_norm(self, x: Tensor, dense: Dense, residual: Tensor, norm: nn.LayerNorm) -> Tensor:
        return layer_norm(residual + self.dense(x, dense), norm)

    def whole_attention(self, qkv: Tensor, starts: Tensor, heads: int, head_dim: int) -> Tensor:
        tokens = qkv.shape[0]
        qkv = op.reshape(qkv, (tokens, 3 * heads, head_dim))
        out = Tensor.placeholder((tokens, heads, head_dim), "float32")
        out = op.tensor_ir_op(
            whole_attention(heads, head_dim), "whole_attention", [qkv, starts], out
        )
        return op.reshape(out, (tokens, heads * head_dim))

    def create_kv_cache(self, spec: AttentionSpec, sizes: tuple[tirx.Var, ...]) -> PagedKVCache:
        scale, scaling = _rope_scaling(spec)
        return TIRPagedKVCache(
            "mha",
            *sizes,
            layer_partition=relax.ShapeExpr([0, spec.num_layers]),
            num_hidden_layers=spec.num_layers,
            num_attention_heads=spec.num_heads,
            num_key_value_heads=spec.num_kv_heads,
            qk_head_dim=spec.head_dim,
            v_head_dim=spec.head_dim,
            mla_original_qk_head_dim=0,
            mla_original_v_head_dim=0,
            rope_mode=RopeMode.NORMAL,
            rope_scale=scale,
            rope_theta=spec.rope_theta,
            rope_scaling=scaling,
            rope_ext_factors=relax.prim_value(0),
            rotary_dim=spec.head_dim,
            enable_disaggregation=False,
            dtype=spec.kv_dtype,
            target=target.Target.current(allow_none=False),
        )


def layer_norm(x: Tensor, norm: nn.LayerNorm) -> Tensor:
    """``x float32[n, h]`` less its mean, scaled to a deviation of 1, by the norm's weight."""
    weight, bias = norm.weight.astype("float32"), norm.bias.astype("float32")
    return op.layer_norm(x, norm.normalized_shape, weight, bias, norm.eps)


def _rope_scaling(spec: AttentionSpec) -> tuple[float, dict]:
    """The factor of positions and the scaling of frequencies: TVM has no linear scaling."""
    if spec.rope_scaling.get("rope_type") == "linear":
        return 1 / spec.rope_scaling["factor"], {}
    return 1, dict(spec.rope_scaling)


def _is_one(size) -> bool:
    return isinstance(size, int) and size == 1
