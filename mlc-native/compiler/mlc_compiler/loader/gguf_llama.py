"""GGUF's llama models in Hugging Face's terms: configuration, tensor names, row order."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from mlc_compiler.errors import ModelFileError
from mlc_compiler.loader.gguf import GgufFile
from mlc_compiler.tensor import SourceTensor

_TOP_LEVEL = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
}
_IN_LAYER = {
    "input_layernorm.weight": "attn_norm.weight",
    "self_attn.q_proj.weight": "attn_q.weight",
    "self_attn.k_proj.weight": "attn_k.weight",
    "self_attn.v_proj.weight": "attn_v.weight",
    "self_attn.o_proj.weight": "attn_output.weight",
    "post_attention_layernorm.weight": "ffn_norm.weight",
    "mlp.gate_proj.weight": "ffn_gate.weight",
    "mlp.up_proj.weight": "ffn_up.weight",
    "mlp.down_proj.weight": "ffn_down.weight",
}
_ROPE_FACTORS = "rope_freqs.weight"
_LLAMA3_ROPE = {
    "rope_type": "llama3",
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}


def config(file: GgufFile) -> dict[str, Any]:
    """The `config.json` that the file's metadata stands for."""
    facts = _Facts(file)
    heads = facts.integer("attention.head_count")
    hidden_size = facts.integer("embedding_length")
    if facts.get("expert_count"):
        raise ModelFileError(f"{file.path} is a mixture of experts; only dense llamas are read")
    head_dim = facts.integer("attention.key_length", hidden_size // heads)
    for key in ("attention.value_length", "rope.dimension_count"):
        if facts.integer(key, head_dim) != head_dim:
            raise ModelFileError(
                f"{file.path}: llama.{key} is {facts.get(key)}, only the head size {head_dim} "
                "is supported"
            )
    base = facts.number("rope.freq_base", 10000.0)
    tokens = file.metadata.get("tokenizer.ggml.tokens")
    values = {
        "model_type": "llama",
        "hidden_size": hidden_size,
        "intermediate_size": facts.integer("feed_forward_length"),
        "num_attention_heads": heads,
        "num_key_value_heads": facts.integer("attention.head_count_kv", heads),
        "num_hidden_layers": facts.integer("block_count"),
        "head_dim": head_dim,
        "vocab_size": facts.integer("vocab_size", len(tokens) if tokens else None),
        "rms_norm_eps": facts.number("attention.layer_norm_rms_epsilon"),
        "max_position_embeddings": facts.integer("context_length"),
        "rope_theta": base,
        "rope_scaling": _rope_scaling(file, facts, base, head_dim),
        "tie_word_embeddings": "output.weight" not in file.tensors,
    }
    for name, key in (("bos", "bos"), ("eos", "eos"), ("pad", "padding")):
        token_id = file.metadata.get(f"tokenizer.ggml.{key}_token_id")
        if token_id is not None:
            values[f"{name}_token_id"] = token_id
    return values


def tensor_names(layers: int) -> dict[str, str]:
    """GGUF's tensor name for each of Hugging Face's."""
    names = dict(_TOP_LEVEL)
    for layer in range(layers):
        for name, stored in _IN_LAYER.items():
            names[f"model.layers.{layer}.{name}"] = f"blk.{layer}.{stored}"
    return names


def restore_row_order(tensor: SourceTensor, values: Mapping[str, Any]) -> SourceTensor:
    """Undoes llama.cpp's order of the query and key rows; other tensors stay as they are.

    llama.cpp interleaves the two halves of each head, which rotary embedding pairs up; Hugging
    Face keeps the halves apart. Whole rows move, so quantized blocks stay exact.
    """
    if tensor.name.endswith("self_attn.q_proj.weight"):
        heads = values["num_attention_heads"]
    elif tensor.name.endswith("self_attn.k_proj.weight"):
        heads = values["num_key_value_heads"]
    else:
        return tensor
    rows = tensor.shape[0]
    if rows % (2 * heads):
        raise ModelFileError(f"{tensor.name} has {rows} rows, not a multiple of 2 * {heads} heads")
    order = np.arange(rows).reshape(heads, rows // heads // 2, 2).swapaxes(1, 2)
    return tensor.take_rows(order.reshape(-1))


class _Facts:
    """Typed access to the `llama.*` metadata."""

    def __init__(self, file: GgufFile) -> None:
        self._file = file

    def get(self, key: str) -> Any:
        return self._file.metadata.get(f"llama.{key}")

    def integer(self, key: str, default: int | None = None) -> int:
        value = self._present(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise self._wrong(key, "a positive integer", value)
        return value

    def number(self, key: str, default: float | None = None) -> float:
        """A number; float32 values become their shortest decimal, such as 1e-05."""
        value = self._present(key, default)
        if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
            raise self._wrong(key, "a positive number", value)
        return float(str(np.float32(value)))

    def _present(self, key: str, default: Any) -> Any:
        value = self.get(key)
        if value is None and default is None:
            raise ModelFileError(f"{self._file.path} lacks the metadata llama.{key}")
        return default if value is None else value

    def _wrong(self, key: str, expected: str, value: Any) -> ModelFileError:
        shown = f"an array of {len(value)}" if isinstance(value, list) else repr(value)
        return ModelFileError(f"{self._file.path}: llama.{key} must be {expected}, found {shown}")


def _rope_scaling(
    file: GgufFile, facts: _Facts, base: float, head_dim: int
) -> dict[str, Any] | None:
    kind = facts.get("rope.scaling.type")
    if kind not in (None, "none"):
        raise ModelFileError(
            f"{file.path}: llama.rope.scaling.type is {kind!r}, only 'none' is supported; "
            "convert from the Hugging Face folder"
        )
    if _ROPE_FACTORS not in file.tensors:
        return None
    factors = file.tensor(_ROPE_FACTORS).to_float32()
    scaling = {**_LLAMA3_ROPE, "factor": float(str(factors.max()))}
    expected = _llama3_factors(scaling, base, head_dim)
    if factors.shape != expected.shape or not np.allclose(factors, expected, rtol=1e-4):
        raise ModelFileError(
            f"{file.path}: {_ROPE_FACTORS} does not follow Llama 3's formula; "
            "convert from the Hugging Face folder"
        )
    return scaling


def _llama3_factors(scaling: Mapping[str, Any], base: float, head_dim: int) -> np.ndarray:
    """What Llama 3 divides each rotary frequency by, float64 `[head_dim / 2]`."""
    wavelengths = 2 * math.pi * base ** (np.arange(0, head_dim, 2) / head_dim)
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    turns = scaling["original_max_position_embeddings"] / wavelengths
    smooth = np.clip((turns - low) / (high - low), 0.0, 1.0)
    return 1 / ((1 - smooth) / scaling["factor"] + smooth)
