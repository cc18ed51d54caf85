"""Source tensors made of random bits, for tests."""

import numpy as np

from mlc_compiler.tensor import FORMATS, SourceTensor


def random_tensor(
    rng: np.random.Generator, tensor_format: str, rows: int, columns: int, name: str = "w"
) -> SourceTensor:
    """A matrix of a source format with finite values."""
    values = rng.standard_normal((rows, columns)).astype(np.float32)
    if tensor_format == "F32":
        data = values
    elif tensor_format == "F16":
        data = values.astype(np.float16)
    elif tensor_format == "BF16":
        data = (values.view(np.uint32) >> 16).astype(np.uint16)
    else:
        data = _random_blocks(rng, tensor_format, rows, columns)
    return SourceTensor(name, tensor_format, (rows, columns), data)


def _random_blocks(
    rng: np.random.Generator, tensor_format: str, rows: int, columns: int
) -> np.ndarray:
    size = FORMATS[tensor_format].block_bytes
    blocks = rng.integers(0, 256, (rows, columns // 32, size), dtype=np.uint8)
    halves = 4 if tensor_format == "Q4_1" else 2
    factors = rng.standard_normal((rows, columns // 32, halves // 2)).astype(np.float16)
    blocks[:, :, :halves] = factors.view(np.uint8)
    return blocks.reshape(rows, -1)
