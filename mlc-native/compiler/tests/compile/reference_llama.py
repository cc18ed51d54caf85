"""A llama in numpy and float32, without cache or batches, as the measure of compiled libraries."""

from collections.abc import Mapping, Sequence

import numpy as np

from mlc_compiler.config.llama import LlamaConfig


class ReferenceLlama:
    """Computes from float32 matrices under MLC's parameter names."""

    def __init__(self, config: LlamaConfig, weights: Mapping[str, np.ndarray]) -> None:
        self._config = config
        self._weights = weights

    def hidden_states(self, tokens: Sequence[int]) -> np.ndarray:
        """The normed output of the last layer, `[n, hidden_size]`."""
        x = self._weights["model.embed_tokens"][list(tokens)]
        for layer in range(self._config.num_hidden_layers):
            name = f"model.layers.{layer}"
            x = x + self._attention(self._norm(x, f"{name}.input_layernorm"), name)
            x = x + self._mlp(self._norm(x, f"{name}.post_attention_layernorm"), name)
        return self._norm(x, "model.norm")

    def logits(self, tokens: Sequence[int]) -> np.ndarray:
        """The logits of every position, `[n, vocab_size]`."""
        tied = self._config.tie_word_embeddings
        head = self._weights["model.embed_tokens" if tied else "lm_head"]
        return self.hidden_states(tokens) @ head.T

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        scale = np.sqrt((x * x).mean(axis=-1, keepdims=True) + self._config.rms_norm_eps)
        return x / scale * self._weights[f"{name}.weight"]

    def _mlp(self, x: np.ndarray, layer: str) -> np.ndarray:
        gate, up = np.split(x @ self._weights[f"{layer}.mlp.gate_up_proj"].T, 2, axis=-1)
        return (gate / (1 + np.exp(-gate)) * up) @ self._weights[f"{layer}.mlp.down_proj"].T

    def _attention(self, x: np.ndarray, layer: str) -> np.ndarray:
        config = self._config
        qkv = x @ self._weights[f"{layer}.self_attn.qkv_proj"].T
        heads = qkv.reshape(len(x), -1, config.head_dim).swapaxes(0, 1)
        ends = [config.num_attention_heads, config.num_attention_heads + config.num_key_value_heads]
        queries, keys, values = np.split(heads, ends)
        queries, keys = self._rotate(queries), self._rotate(keys)
        group = config.num_attention_heads // config.num_key_value_heads
        keys, values = keys.repeat(group, axis=0), values.repeat(group, axis=0)
        scores = queries @ keys.swapaxes(1, 2) / np.sqrt(config.head_dim)
        future = np.triu(np.ones((len(x), len(x)), bool), 1)
        scores = np.where(future, -np.inf, scores)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        attended = weights / weights.sum(axis=-1, keepdims=True) @ values
        return attended.swapaxes(0, 1).reshape(len(x), -1) @ self._output(layer).T

    def _output(self, layer: str) -> np.ndarray:
        return self._weights[f"{layer}.self_attn.o_proj"]

    def _rotate(self, heads: np.ndarray) -> np.ndarray:
        """Rotary embeddings of `[heads, n, head_dim]` at the positions 0 to n - 1."""
        _, count, size = heads.shape
        frequencies = self._config.position_embedding_base ** -(np.arange(0, size, 2) / size)
        if self._config.rope_scaling is not None:
            frequencies = _scale(frequencies, self._config.rope_scaling)
        angles = np.arange(count)[:, None] * frequencies
        cos, sin = np.cos(angles), np.sin(angles)
        first, second = np.split(heads, 2, axis=-1)
        return np.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)


def _scale(frequencies: np.ndarray, scaling: Mapping) -> np.ndarray:
    """Linear scaling, or Llama 3's: long waves are slowed by `factor`, short ones stay."""
    if scaling["rope_type"] == "linear":
        return frequencies / scaling["factor"]
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    turns = scaling["original_max_position_embeddings"] * frequencies / (2 * np.pi)
    kept = np.clip((turns - low) / (high - low), 0, 1)
    return (1 - kept) * frequencies / scaling["factor"] + kept * frequencies
