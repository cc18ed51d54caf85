"""The configuration of the BERT architecture, as `model_config` in mlc-chat-config.json."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from mlc_compiler.errors import ModelFileError, OptionError

_POSITIVE = (
    "hidden_size",
    "intermediate_size",
    "num_attention_heads",
    "num_hidden_layers",
    "head_dim",
    "vocab_size",
    "type_vocab_size",
    "context_window_size",
    "prefill_chunk_size",
    "max_batch_size",
)
_UNSUPPORTED = {
    "hidden_act": "gelu",
    "position_embedding_type": "absolute",
    "is_decoder": False,
}
_HEAD_UNIT = 16
_OVERRIDES = ("prefill_chunk_size", "max_batch_size")


@dataclasses.dataclass(frozen=True)
class BertConfig:
    """What the model's code and weights depend on.

    `context_window_size` is the number of rows of the table of positions. `prefill_chunk_size` is
    the number of tokens that one call computes, `max_batch_size` the number of padded rows that
    `prefill` takes. `tensor_formats` is as in `LlamaConfig`.
    """

    hidden_size: int
    intermediate_size: int
    num_attention_heads: int
    num_hidden_layers: int
    head_dim: int
    vocab_size: int
    type_vocab_size: int
    layer_norm_eps: float
    context_window_size: int
    prefill_chunk_size: int
    hidden_act: str = "gelu"
    max_batch_size: int = 1
    tensor_parallel_shards: int = 1
    pipeline_parallel_stages: int = 1
    tensor_formats: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in _POSITIVE:
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
                raise ModelFileError(f"{name} must be a positive integer, found {value!r}")
        if self.num_attention_heads * self.head_dim != self.hidden_size:
            raise ModelFileError(
                f"hidden_size ({self.hidden_size}) must be a multiple of num_attention_heads "
                f"({self.num_attention_heads})"
            )
        if self.head_dim % _HEAD_UNIT:
            raise ModelFileError(
                f"attention heads must have a multiple of {_HEAD_UNIT} elements, found "
                f"{self.head_dim}; models of such sizes cannot be compiled"
            )
        if self.prefill_chunk_size < self.context_window_size:
            raise OptionError(
                f"prefill_chunk_size ({self.prefill_chunk_size}) must hold a whole text, of up to "
                f"{self.context_window_size} tokens"
            )
        if self.tensor_parallel_shards != 1 or self.pipeline_parallel_stages != 1:
            raise OptionError(
                "this compiler makes models for one device: tensor_parallel_shards and "
                f"pipeline_parallel_stages must be 1, found {self.tensor_parallel_shards} and "
                f"{self.pipeline_parallel_stages}"
            )

    @staticmethod
    def from_dict(source: Mapping[str, Any]) -> "BertConfig":
        """Reads Hugging Face's `config.json` or a `model_config` object.

        Keys of the latter win. Raises `ModelFileError` for a missing key, a wrong value, and a
        feature that the BERT architecture here does not have.
        """
        for key, supported in _UNSUPPORTED.items():
            if source.get(key, supported) not in (supported, None):
                raise ModelFileError(
                    f"config has {key} = {source[key]!r}; only {supported!r} is supported"
                )
        hidden_size = _require(source, "hidden_size")
        heads = _require(source, "num_attention_heads")
        if not isinstance(hidden_size, int) or not isinstance(heads, int) or heads <= 0:
            raise ModelFileError(
                "hidden_size and num_attention_heads must be positive integers, "
                f"found {hidden_size!r} and {heads!r}"
            )
        context = source.get("context_window_size")
        if context is None:
            context = _require(source, "max_position_embeddings")
        return BertConfig(
            hidden_size=hidden_size,
            intermediate_size=_require(source, "intermediate_size"),
            num_attention_heads=heads,
            num_hidden_layers=_require(source, "num_hidden_layers"),
            head_dim=source.get("head_dim") or hidden_size // heads,
            vocab_size=_require(source, "vocab_size"),
            type_vocab_size=source.get("type_vocab_size") or 2,
            layer_norm_eps=float(_require(source, "layer_norm_eps")),
            context_window_size=context,
            prefill_chunk_size=source.get("prefill_chunk_size") or context,
            max_batch_size=source.get("max_batch_size") or 1,
            tensor_parallel_shards=source.get("tensor_parallel_shards") or 1,
            pipeline_parallel_stages=source.get("pipeline_parallel_stages") or 1,
            tensor_formats=dict(source.get("tensor_formats") or {}),
        )

    def override(self, values: Mapping[str, int]) -> "BertConfig":
        """The config with other compile-time sizes.

        Raises `OptionError` for a name that is not such a size or that the architecture lacks.
        """
        given = {name: value for name, value in values.items() if value not in (-1, None)}
        for name, value in given.items():
            if name not in _OVERRIDES:
                raise OptionError(
                    f"models of type bert have no {name} to choose; expected "
                    f"{', '.join(_OVERRIDES)}"
                )
            if value <= 0:
                raise OptionError(f"{name} must be a positive integer, found {value}")
        return dataclasses.replace(self, **given)

    def as_dict(self) -> dict[str, Any]:
        """The `model_config` object; `from_dict` reads it back."""
        return dataclasses.asdict(self)


def _require(source: Mapping[str, Any], key: str) -> Any:
    value = source.get(key)
    if value is None:
        raise ModelFileError(f"config lacks {key}")
    return value
