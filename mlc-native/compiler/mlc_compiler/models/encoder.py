"""The functions that a library of an encoder offers to an engine."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import tvm
from tvm import te, tirx
from tvm.relax.frontend import nn
from tvm.relax.frontend.nn import Tensor, op, spec

from mlc_compiler.models.layers import LayerFactory


class Encoder(nn.Module):
    """A model that makes hidden states of whole texts: what all families share.

    Shapes use ``n`` for the tokens of all texts, ``b`` for texts, ``s`` for the tokens of the
    longest one and ``h`` for the hidden size. Each token sees all tokens of its text and no other.
    """

    def __init__(self, layers: LayerFactory) -> None:
        self.kernels = layers.kernels

    @abstractmethod
    def hidden_states(self, ids: Tensor, positions: Tensor, starts: Tensor) -> Tensor:
        """``ids int32[n]`` to the last hidden states ``float32[n, h]``.

        ``positions int32[n]`` are the tokens' places in their texts. ``starts int32[b + 1]`` says
        where in ``n`` each text begins, and where the last one ends.
        """

    def batch_prefill(self, input_ids: Tensor, positions: Tensor, starts: Tensor) -> Tensor:
        """`hidden_states` of texts side by side, without padding."""
        return self.hidden_states(input_ids, positions, starts)

    def prefill(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """``int32[b, s]`` twice to ``float32[b, s, h]``.

        A row of the mask has ones for the tokens of a text and zeros for the padding behind them;
        hidden states of padding have no meaning.
        """
        batch, size = input_ids.shape
        positions = op.tensor_expr_op(_positions, "positions", [input_ids])
        starts = op.tensor_expr_op(_starts, "starts", [attention_mask])
        hidden = self.hidden_states(op.reshape(input_ids, (batch * size,)), positions, starts)
        return op.reshape(hidden, (batch, size, hidden.shape[-1]))

    def module_spec(self) -> spec.ModuleSpec:
        """The signatures of all functions; ``seq_len`` and ``batch_size`` are their bounds."""
        padded = spec.Tensor(["batch_size", "seq_len"], "int32")
        side_by_side = spec.Tensor(["seq_len"], "int32")
        methods: dict[str, dict[str, Any]] = {
            "prefill": {"input_ids": padded, "attention_mask": padded},
            "batch_prefill": {
                "input_ids": side_by_side,
                "positions": side_by_side,
                "starts": spec.Tensor(["starts"], "int32"),
            },
        }
        modes = {"$": {"param_mode": "packed", "effect_mode": "none"}}
        specs = [
            spec.MethodSpec.from_raw({**arguments, **modes}, getattr(self, name))
            for name, arguments in methods.items()
        ]
        return spec.ModuleSpec(self, list(methods), specs)

    def complete(self, module: tvm.IRModule, vocab_size: int, active: int) -> tvm.IRModule:
        """The module as it is: an encoder has no logits."""
        return module

    def facts(self) -> Mapping[str, Any]:
        """What the library's metadata say of its functions."""
        return {"kv_state_kind": "none", "model_task": "embedding"}


def _positions(ids: te.Tensor) -> te.Tensor:
    batch, size = ids.shape
    return te.compute((batch * size,), lambda i: tirx.Cast("int32", i % size), name="positions")


def _starts(mask: te.Tensor) -> te.Tensor:
    """Where texts and paddings begin: each padding is treated as a text of its own."""
    batch, size = mask.shape
    token = te.reduce_axis((0, size), name="token")
    lengths = te.compute((batch,), lambda i: te.sum(mask[i, token], token), name="lengths")

    def start(i):
        row = tirx.Cast("int32", i // 2 * size)
        return tirx.if_then_else(i % 2 == 0, row, row + lengths[i // 2])

    return te.compute((2 * batch + 1,), start, name="starts")
