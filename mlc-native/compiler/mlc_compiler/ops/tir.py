"""Kernels that TVM compiles to machine code of the target."""

from tvm import relax, target, tirx
from tvm.relax.frontend.nn import Tensor, op
from tvm.relax.frontend.nn.llm.kv_cache import PagedKVCache, RopeMode, TIRPagedKVCache

from mlc_compiler.ops import embedding, linear
from mlc_compiler.ops.attention_spec import AttentionSpec
from mlc_compiler.ops.weights import StoredWeight


class TirKernels:
    """Implements `mlc_compiler.ops.kernels.Kernels`."""

    def linear(
        self, x: Tensor, weight: StoredWeight, stored: list[Tensor], out_dtype: str
    ) -> Tensor:
        first, second, columns = x.shape
        tokens = first * second
        x = op.reshape(x, (tokens, columns))
        if x.dtype != "float32" or not weight.decoder.in_order:
            arrange = linear.arrange(weight.decoder, columns, x.dtype)
            out = Tensor.placeholder((tokens, columns), "float32")
            x = op.tensor_ir_op(arrange, "arrange", [x], out)
        product = linear.matvec if _is_one(tokens) else linear.matmul
        out = Tensor.placeholder((tokens, weight.rows), out_dtype)
        kernel = product(weight, out_dtype)
        result = op.tensor_ir_op(kernel, product.__name__, [x, *stored], out)
        return op.reshape(result, (first, second, weight.rows))

    def embedding(
        self, ids: Tensor, weight: StoredWeight, stored: list[Tensor], dtype: str
    ) -> Tensor:
        out = Tensor.placeholder((ids.shape[0], weight.columns), dtype)
        kernel = embedding.take_rows(weight, dtype)
        return op.tensor_ir_op(kernel, "take_rows", [ids, *stored], out)

    def attention(
        self, cache: PagedKVCache, layer: int, qkv: Tensor, spec: AttentionSpec
    ) -> Tensor:
        first, second, _ = qkv.shape
        heads = spec.num_heads + 2 * spec.num_kv_heads
        qkv = op.reshape(qkv, (first, second, heads, spec.head_dim))
        scale = spec.head_dim**-0.5
        out = cache.attention_with_fused_qkv(layer, qkv, spec.num_heads, sm_scale=scale)
        return op.reshape(out, (first, second, spec.num_heads * spec.head_dim))

    def create_kv_cache(self, spec: AttentionSpec, sizes: tuple[tirx.Var, ...]) -> PagedKVCache:
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
            rope_scale=1,
            rope_theta=spec.rope_theta,
            rope_scaling=dict(spec.rope_scaling),
            rope_ext_factors=relax.prim_value(0),
            rotary_dim=spec.head_dim,
            enable_disaggregation=False,
            dtype=spec.dtype,
            target=target.Target.current(allow_none=False),
        )


def _is_one(size) -> bool:
    return isinstance(size, int) and size == 1
