"""The configuration of the llama architecture, as `model_config` in mlc-chat-config.json."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from mlc_compiler.errors import ModelFileError, OptionError

_POSITIVE = (
    "hidden_size",
    "intermediate_size",
    "num_attention_heads",
    "num_hidden_layers",
    "num_key_value_heads",
    "head_dim",
    "vocab_size",
    "context_window_size",
    "prefill_chunk_size",
    "max_batch_size",
)
_MAX_PREFILL_CHUNK = 8192
_UNSUPPORTED = {
    "hidden_act": "silu",
    "attention_bias": False,
    "mlp_bias": False,
}
_ROPE_SCALINGS = {
    "linear": ("factor",),
    "llama3": (
        "factor",
        "low_freq_factor",
        "high_freq_factor",
        "original_max_position_embeddings",
    ),
}
_OVERRIDES = (
    "context_window_size",
    "prefill_chunk_size",
    "max_batch_size",
    "sliding_window_size",
    "attention_sink_size",
    "tensor_parallel_shards",
)


@dataclasses.dataclass(frozen=True)
class LlamaConfig:
    """What the model's code and weights depend on.

    Sizes are element counts. `rope_scaling` is None or Hugging Face's object of type `linear` or
    `llama3`. `tensor_formats` maps a matrix's name to its stored format; it is empty unless the
    quantization keeps the source's formats.
    """

    hidden_size: int
    intermediate_size: int
    num_attention_heads: int
    num_hidden_layers: int
    num_key_value_heads: int
    head_dim: int
    vocab_size: int
    rms_norm_eps: float
    context_window_size: int
    prefill_chunk_size: int
    position_embedding_base: float = 10000.0
    rope_scaling: Mapping[str, Any] | None = None
    tie_word_embeddings: bool = False
    max_batch_size: int = 1
    tensor_parallel_shards: int = 1
    pipeline_parallel_stages: int = 1
    tensor_formats: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in _POSITIVE:
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
                raise ModelFileError(f"{name} must be a positive integer, found {value!r}")
        if self.num_attention_heads % self.num_key_value_heads:
            raise ModelFileError(
                f"num_attention_heads ({self.num_attention_heads}) must be a multiple of "
                f"num_key_value_heads ({self.num_key_value_heads})"
            )
        if self.prefill_chunk_size > self.context_window_size:
            raise OptionError(
                f"prefill_chunk_size ({self.prefill_chunk_size}) must not exceed "
                f"context_window_size ({self.context_window_size})"
            )
        if self.tensor_parallel_shards != 1 or self.pipeline_parallel_stages != 1:
            raise OptionError(
                "this compiler makes models for one device: tensor_parallel_shards and "
                f"pipeline_parallel_stages must be 1, found {self.tensor_parallel_shards} and "
                f"{self.pipeline_parallel_stages}"
            )

    @staticmethod
    def from_dict(source: Mapping[str, Any]) -> "LlamaConfig":
        """Reads Hugging Face's `config.json` or a `model_config` object.

        Keys of the latter win. Raises `ModelFileError` for a missing key, a wrong value, and a
        feature that the llama architecture here does not have.
        """
        for key, supported in _UNSUPPORTED.items():
            if source.get(key, supported) not in (supported, None):
                raise ModelFileError(
                    f"config has {key} = {source[key]!r}; only {supported!r} is supported"
                )
        hidden_size = _require(source, "hidden_size")
        heads = _require(source, "num_attention_heads")
        context = _first(source, "context_window_size", "max_position_embeddings")
        if context is None:
            raise ModelFileError(
                "config lacks context_window_size and max_position_embeddings; "
                "give --context-window-size"
            )
        if not isinstance(hidden_size, int) or not isinstance(heads, int) or heads <= 0:
            raise ModelFileError(
                "hidden_size and num_attention_heads must be positive integers, "
                f"found {hidden_size!r} and {heads!r}"
            )
        rope = source.get("rope_parameters") or source.get("rope_scaling")
        base = _first(source, "position_embedding_base", "rope_theta")
        if base is None and isinstance(rope, Mapping):
            base = rope.get("rope_theta")
        return LlamaConfig(
            hidden_size=hidden_size,
            intermediate_size=_require(source, "intermediate_size"),
            num_attention_heads=heads,
            num_hidden_layers=_require(source, "num_hidden_layers"),
            num_key_value_heads=source.get("num_key_value_heads") or heads,
            head_dim=source.get("head_dim") or hidden_size // heads,
            vocab_size=_require(source, "vocab_size"),
            rms_norm_eps=float(_require(source, "rms_norm_eps")),
            context_window_size=context,
            prefill_chunk_size=source.get("prefill_chunk_size") or min(context, _MAX_PREFILL_CHUNK),
            position_embedding_base=10000.0 if base is None else float(base),
            rope_scaling=_rope_scaling(rope),
            tie_word_embeddings=bool(source.get("tie_word_embeddings", False)),
            max_batch_size=source.get("max_batch_size") or 1,
            tensor_parallel_shards=source.get("tensor_parallel_shards") or 1,
            pipeline_parallel_stages=source.get("pipeline_parallel_stages") or 1,
            tensor_formats=dict(source.get("tensor_formats") or {}),
        )

    def override(self, values: Mapping[str, int]) -> "LlamaConfig":
        """The config with other compile-time sizes.

        A smaller context takes the prefill chunk down with it unless the chunk is given as well.
        Raises `OptionError` for a name that is not such a size or that the architecture lacks.
        """
        for name in values:
            if name not in _OVERRIDES:
                raise OptionError(f"unknown override {name!r}; expected {', '.join(_OVERRIDES)}")
        names = {field.name for field in dataclasses.fields(self)}
        for name, value in values.items():
            if name not in names and value not in (-1, None):
                raise OptionError(f"models of type llama have no {name}; leave it out")
            if name in names and value <= 0:
                raise OptionError(f"{name} must be a positive integer, found {value}")
        changes = {name: value for name, value in values.items() if name in names}
        if "prefill_chunk_size" not in changes and "context_window_size" in changes:
            context = changes["context_window_size"]
            changes["prefill_chunk_size"] = min(self.prefill_chunk_size, context)
        return dataclasses.replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """The `model_config` object; `from_dict` reads it back."""
        return dataclasses.asdict(self)


def _first(source: Mapping[str, Any], *keys: str) -> Any:
    return next((source[key] for key in keys if source.get(key) is not None), None)


def _require(source: Mapping[str, Any], key: str) -> Any:
    value = source.get(key)
    if value is None:
        raise ModelFileError(f"config lacks {key}")
    return value


def _rope_scaling(value: Any) -> Mapping[str, Any] | None:
    if value is None:
        return None
    kind = value.get("rope_type", value.get("type")) if isinstance(value, Mapping) else value
    if kind in ("default", None):
        return None
    wanted = _ROPE_SCALINGS.get(kind)
    if wanted is None:
        raise ModelFileError(
            f"config has rope_scaling of type {kind!r}; only 'default', "
            f"{', '.join(map(repr, _ROPE_SCALINGS))} are supported"
        )
    for name in wanted:
        if not isinstance(value, Mapping) or not isinstance(value.get(name), int | float):
            raise ModelFileError(f"config has rope_scaling of type {kind!r} without {name}")
    return {**value, "rope_type": kind}
