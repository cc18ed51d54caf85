"""What attention depends on."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class AttentionSpec:
    """What a KV cache and its kernels depend on; sizes are element counts."""

    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    rope_theta: float
    rope_scaling: dict[str, Any]
    dtype: str
