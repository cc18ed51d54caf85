"""The functions that a library of a causal language model offers to an engine."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import tvm
from tvm import te, tirx
from tvm.relax.frontend import nn
from tvm.relax.frontend.nn import Tensor, op, spec
from tvm.relax.frontend.nn.llm.kv_cache import PagedKVCache

from mlc_compiler.models.layers import LayerFactory
from mlc_compiler.ops.attention_spec import AttentionSpec
from mlc_compiler.ops.operands import Matrix, NormedLinear
from mlc_compiler.ops.sampling import add_softmax, library_kernels

Rows = Callable[[Tensor], Tensor]
"""Picks rows ``[m, ...]`` of a tensor ``[n, ...]`` that has one row for each token."""


class CausalLM(nn.Module):
    """A causal language model: what all families share.

    Shapes use ``n`` for tokens, ``b`` for sequences, ``h`` for the hidden size and ``V`` for the
    vocabulary. Embeddings and hidden states have the model's dtype, logits are float32.
    """

    def __init__(
        self,
        layers: LayerFactory,
        attention: AttentionSpec,
        hidden_size: int,
        prefill_chunk_size: int,
    ) -> None:
        self.kernels = layers.kernels
        self.dtype = layers.dtype
        self.attention = attention
        self.hidden_size = hidden_size
        self._prefill_chunk_size = prefill_chunk_size

    @property
    @abstractmethod
    def embeddings(self) -> Matrix:
        """The table of token embeddings, ``[V, h]``."""

    @property
    @abstractmethod
    def final_norm(self) -> nn.RMSNorm:
        """The norm that makes hidden states of the last layer's output."""

    @property
    @abstractmethod
    def output(self) -> Matrix:
        """The matrix that makes logits of hidden states, ``[V, h]``."""

    @abstractmethod
    def run_layers(self, x: Tensor, cache: PagedKVCache, rows: Rows) -> Tensor:
        """Embeddings ``[n, h]`` to the residual after the last layer, ``[m, h]``.

        Of the last layer's work, what follows its attention is done for the picked rows only.
        """

    def alloc_embedding_tensor(self) -> Tensor:
        """An uninitialised ``[prefill_chunk_size, h]``."""
        return op.empty((self._prefill_chunk_size, self.hidden_size), self.dtype)

    def embed(self, input_ids: Tensor) -> Tensor:
        """``int32[n]`` to ``[n, h]``."""
        return self.kernels.embedding(input_ids, self.embeddings, self.dtype)

    def prefill(self, x: Tensor, cache: PagedKVCache):
        """``[1, n, h]`` of one sequence to the logits ``[1, 1, V]`` of its last token."""
        return self._logits(x, cache, (1, 1), _last), cache

    def decode(self, x: Tensor, cache: PagedKVCache):
        """``[1, 1, h]`` to ``[1, 1, V]``."""
        return self._logits(x, cache, x.shape[:2]), cache

    def batch_prefill(self, x: Tensor, logit_positions: Tensor, cache: PagedKVCache):
        """``[1, n, h]`` of several sequences to the logits ``[1, b, V]`` at the positions."""
        shape = (1, logit_positions.shape[0])
        return self._logits(x, cache, shape, lambda rows: _select(rows, logit_positions)), cache

    def batch_decode(self, x: Tensor, cache: PagedKVCache):
        """``[b, 1, h]`` to ``[b, 1, V]``."""
        return self._logits(x, cache, x.shape[:2]), cache

    def batch_verify(self, x: Tensor, cache: PagedKVCache):
        """``[1, n, h]`` to the logits of every token, ``[1, n, V]``."""
        return self._logits(x, cache, x.shape[:2]), cache

    def to_last_hidden_states(self, x: Tensor, cache: PagedKVCache):
        """``[a, b, h]`` to the hidden states before the output projection, ``[a, b, h]``."""
        residual = self.run_layers(_flatten(x), cache, _all)
        hidden = self.kernels.norm(residual, self.final_norm, self.dtype)
        return op.reshape(hidden, x.shape), cache

    def get_logits(self, x: Tensor) -> Tensor:
        """Hidden states ``[n, h]`` to ``[n, V]``."""
        return self.kernels.linear(x, self.output, "float32")

    def batch_select_last_hidden_states(self, x: Tensor, logit_positions: Tensor) -> Tensor:
        """Hidden states ``[n, h]`` to the rows ``[b, h]`` at the positions."""
        return _select(x, logit_positions)

    def _logits(self, x: Tensor, cache: PagedKVCache, shape: tuple, rows: Rows | None = None):
        """The logits ``[*shape, V]`` of the rows, all by default, of ``x [a, b, h]``."""
        residual = self.run_layers(_flatten(x), cache, rows or _all)
        size = self.output.stored.rows
        output = NormedLinear(self.final_norm, self.output, (size,))
        logits = self.kernels.norm_linear(residual, output, "float32")
        return op.reshape(logits, (*shape, size))

    def create_tir_paged_kv_cache(
        self,
        max_batch_size: tirx.Var,
        max_total_seq_len: tirx.Var,
        prefill_chunk_size: tirx.Var,
        page_size: tirx.Var,
        support_sliding_window: tirx.Var,
    ) -> PagedKVCache:
        """A paged cache for keys and values; ``page_size`` must be 16."""
        sizes = (
            max_batch_size,
            max_total_seq_len,
            prefill_chunk_size,
            page_size,
            support_sliding_window,
        )
        return self.kernels.create_kv_cache(self.attention, sizes)

    def module_spec(self) -> spec.ModuleSpec:
        """The signatures of all functions; ``seq_len`` and ``batch_size`` are their bounds."""
        methods: dict[str, tuple[Any, dict[str, Any], bool]] = {
            "alloc_embedding_tensor": (self.alloc_embedding_tensor, {}, False),
            "embed": (self.embed, {"input_ids": spec.Tensor(["seq_len"], "int32")}, True),
            "get_logits": (self.get_logits, {"x": self._hidden("seq_len")}, True),
            "batch_select_last_hidden_states": (
                self.batch_select_last_hidden_states,
                {"x": self._hidden("seq_len"), "logit_positions": _POSITIONS},
                False,
            ),
            "create_tir_paged_kv_cache": (
                self.create_tir_paged_kv_cache,
                dict.fromkeys(_CACHE_SIZES, int),
                False,
            ),
        }
        for name, shape in _FORWARD_SHAPES.items():
            x = self._hidden(*shape)
            positions = {"logit_positions": _POSITIONS} if name == "batch_prefill" else {}
            cache = {"cache": spec.Object(PagedKVCache)}
            methods[name] = (getattr(self, name), {"x": x, **positions, **cache}, True)
            hidden_name = f"{name}_to_last_hidden_states"
            methods[hidden_name] = (self.to_last_hidden_states, {"x": x, **cache}, True)
        return spec.ModuleSpec(
            self,
            list(methods),
            [_method_spec(*method) for method in methods.values()],
        )

    def complete(self, module: tvm.IRModule, vocab_size: int, active: int) -> tvm.IRModule:
        """The module with the kernels that an engine samples with."""
        module = add_softmax(module, vocab_size, active)
        module.update(library_kernels(self.dtype))
        return module

    def facts(self) -> Mapping[str, Any]:
        """What the library's metadata say of its functions."""
        attention = self.attention
        return {
            "kv_state_kind": "kv_cache",
            "model_task": "chat",
            "kv_cache": {
                "num_hidden_layers": attention.num_layers,
                "num_attention_heads": attention.num_heads,
                "num_key_value_heads": attention.num_kv_heads,
                "head_dim": attention.head_dim,
                "dtype": attention.kv_dtype,
            },
        }

    def _hidden(self, *shape: int | str) -> spec.Tensor:
        return spec.Tensor([*shape, self.hidden_size], self.dtype)


_POSITIONS = spec.Tensor(["batch_size"], "int32")
_CACHE_SIZES = (
    "max_batch_size",
    "max_total_seq_len",
    "prefill_chunk_size",
    "page_size",
    "support_sliding_window",
)
_FORWARD_SHAPES: dict[str, tuple[int | str, ...]] = {
    "prefill": (1, "seq_len"),
    "decode": (1, 1),
    "batch_prefill": (1, "seq_len"),
    "batch_decode": ("batch_size", 1),
    "batch_verify": (1, "seq_len"),
}


def _method_spec(method, arguments: dict[str, Any], takes_params: bool) -> spec.MethodSpec:
    modes = {"param_mode": "packed" if takes_params else "none", "effect_mode": "none"}
    return spec.MethodSpec.from_raw({**arguments, "$": modes}, method)


def _flatten(x: Tensor) -> Tensor:
    """``[a, b, h]`` to ``[a * b, h]``."""
    first, second, size = x.shape
    return op.reshape(x, (first * second, size))


def _all(x: Tensor) -> Tensor:
    return x


def _last(x: Tensor) -> Tensor:
    """``[n, ...]`` to its last row, ``[1, ...]``."""

    def last(x: te.Tensor) -> te.Tensor:
        count, *rest = x.shape
        return te.compute((1, *rest), lambda _, *place: x[(count - 1, *place)], name="last")

    return op.tensor_expr_op(last, "last", [x])


def _select(x: Tensor, positions: Tensor) -> Tensor:
    """``[n, ...]`` to its rows ``[b, ...]`` at ``positions int32[b]``."""

    def select(x: te.Tensor, positions: te.Tensor) -> te.Tensor:
        shape = (positions.shape[0], *x.shape[1:])
        return te.compute(shape, lambda i, *place: x[(positions[i], *place)], name="select")

    return op.tensor_expr_op(select, "select", [x, positions])
