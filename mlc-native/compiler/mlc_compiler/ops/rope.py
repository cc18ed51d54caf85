"""Rotary embeddings: the frequency of each pair of elements."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def frequencies(rotary_dim: int, theta: float, scaling: Mapping[str, Any]) -> np.ndarray:
    """The angle of each pair for one step of the position, float32 ``[rotary_dim / 2]``.

    Without scaling, pair ``i`` has ``theta ** (-2 * i / rotary_dim)``. The ``rope_type`` of
    ``scaling`` may be ``linear``, which divides all by ``factor``, or ``llama3``, which divides
    those whose wave is longer than the original context by ``factor``, keeps short ones, and
    interpolates between them.
    """
    plain = theta ** (-np.arange(0, rotary_dim, 2, dtype=np.float64) / rotary_dim)
    match scaling.get("rope_type"):
        case None:
            scaled = plain
        case "linear":
            scaled = plain / scaling["factor"]
        case "llama3":
            scaled = _llama3(plain, scaling)
        case other:
            raise ValueError(f"no frequencies for rope_type {other!r}")
    return scaled.astype(np.float32)


def _llama3(plain: np.ndarray, scaling: Mapping[str, Any]) -> np.ndarray:
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    turns = scaling["original_max_position_embeddings"] * plain / (2 * math.pi)
    kept = np.clip((turns - low) / (high - low), 0, 1)
    return plain * (kept + (1 - kept) / scaling["factor"])
