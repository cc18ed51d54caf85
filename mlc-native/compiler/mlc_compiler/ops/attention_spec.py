"""What attention depends on."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class AttentionSpec:
    """What a KV cache and its kernels depend on; sizes are element counts.

    ``kv_dtype`` is the dtype of queries, keys, values and the attention's output.
    """

    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    rope_theta: float
    rope_scaling: dict[str, Any]
    kv_dtype: str

    @property
    def qkv_features(self) -> tuple[int, int]:
        """The heads of a token's queries, keys and values, and the size of each."""
        return self.num_heads + 2 * self.num_kv_heads, self.head_dim
