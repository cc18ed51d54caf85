"""Stored arrays back to float32, written anew for the tests."""

from collections.abc import Mapping

import numpy as np


def decode_matrix(quantization: str, tensor_format: str | None, arrays: Mapping) -> np.ndarray:
    """The matrix that the arrays of a quantization, by suffix, stand for."""
    if "weight" in arrays:
        return arrays["weight"].astype(np.float32)
    codes = arrays["q_weight"]
    scale = arrays["q_scale"].astype(np.float32)[:, :, None]
    rows, groups, _ = scale.shape
    if tensor_format == "Q8_0":
        return (codes.reshape(rows, groups, 32) * scale).reshape(rows, -1)
    packed = codes.view(np.uint8).reshape(rows, groups, -1).astype(np.float32)
    if quantization.startswith("q8"):
        return ((packed - 127) * scale).reshape(rows, -1)
    low, high = packed % 16, packed // 16
    if quantization.startswith("q4"):
        nibbles = np.stack([low, high], axis=3).reshape(rows, groups, 32)
        return ((nibbles - 7) * scale).reshape(rows, -1)
    nibbles = np.concatenate([low, high], axis=2)
    if tensor_format == "Q4_0":
        return ((nibbles - 8) * scale).reshape(rows, -1)
    minimum = arrays["q_min"].astype(np.float32)[:, :, None]
    return (nibbles * scale + minimum).reshape(rows, -1)
