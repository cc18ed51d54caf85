"""TVM's paged KV cache with attention by the native library.

TVM's own kernels stay where the native library has none: masks of token trees, copies of pages,
and reading the cache back.
"""

from tvm import ir, relax, tirx
from tvm.relax.frontend.nn.llm import kv_cache
from tvm.relax.frontend.nn.llm.kv_cache import RopeMode

from mlc_compiler.ops.attention_spec import AttentionSpec
from mlc_compiler.ops.rope import frequencies

_UNUSED_WINDOW = 1024


def arguments(spec: AttentionSpec, sizes: tuple[tirx.Var, ...]) -> list[relax.Expr]:
    """The arguments of ``vm.builtin.paged_attention_kv_cache_create``, in its order.

    ``sizes`` are those of `Kernels.create_kv_cache`. Queries and keys are rotated by the tensor of
    frequencies, which the cache hands to the rotation as its last argument. Sliding windows have no
    kernels: the cache refuses them where it is given frequencies.
    """
    layers = spec.num_layers
    rotary = frequencies(spec.head_dim, spec.rope_theta, spec.rope_scaling)
    paged_tree, ragged_tree = _tree_kernels(spec)
    return [
        relax.ShapeExpr([*sizes, _UNUSED_WINDOW]),
        relax.ShapeExpr([0, layers]),
        relax.prim_value(spec.num_heads),
        relax.prim_value(spec.num_kv_heads),
        relax.prim_value(spec.head_dim),
        relax.prim_value(spec.head_dim),
        relax.ShapeExpr([int(kv_cache.AttnKind.MHA)] * layers),
        relax.prim_value(False),
        relax.prim_value(RopeMode.NORMAL),
        relax.prim_value(1),
        relax.prim_value(spec.rope_theta),
        relax.const(rotary, "float32"),
        relax.op.zeros((), spec.kv_dtype),
        _native("kv_append"),
        relax.prim_value(0),
        _attention(_native("attention_ragged")),
        _attention(_native("attention_paged")),
        _attention(_native("attention_decode")),
        relax.Tuple([]),
        relax.Tuple([]),
        _attention(paged_tree),
        _attention(ragged_tree),
        relax.Tuple([]),
        relax.Tuple([_native("attention_merge")]),
        _native("split_rotary"),
        *_page_kernels(spec, page_size=sizes[3]),
    ]


def _tree_kernels(spec: AttentionSpec) -> list[ir.GlobalVar]:
    sizes = (spec.num_kv_heads, spec.num_heads, spec.head_dim, spec.kv_dtype, {})
    return _add(
        tree_mask_paged=kv_cache.tree_attn_with_paged_kv_cache_cpu(*sizes),
        tree_mask_ragged=kv_cache.tree_attn_cpu(*sizes),
    )


def _page_kernels(spec: AttentionSpec, page_size: tirx.Var) -> list[ir.GlobalVar]:
    heads, size, dtype = spec.num_kv_heads, spec.head_dim, spec.kv_dtype
    return _add(
        copy_page=kv_cache._copy_single_page_cpu(heads, page_size, size, dtype),
        read_pages=kv_cache._kv_cache_debug_get_kv(spec.num_layers, heads, size, dtype),
        compact_pages=kv_cache._compact_kv_copy_cpu(heads, size, dtype),
    )


def _add(**kernels: tirx.PrimFunc) -> list[ir.GlobalVar]:
    builder = relax.BlockBuilder.current()
    return [builder.add_func(kernel, name) for name, kernel in kernels.items()]


def _native(name: str) -> relax.ExternFunc:
    return relax.ExternFunc(f"mlc.cpu.{name}")


def _attention(function: relax.Expr) -> relax.Tuple:
    return relax.Tuple([ir.StringImm("tirx"), function])
