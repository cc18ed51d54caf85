"""The `gguf` quantization: a file's own blocks, split into planes, with nothing rounded again.

A block has 32 elements along a row. The planes of each format, for a matrix of `[rows, columns]`:

- Q4_0: `q_weight` uint32 `[rows, columns / 8]`, a block's 16 bytes in file order (element `j < 16`
  is the low nibble of byte `j`, element `j + 16` the high one); `q_scale` float16
  `[rows, columns / 32]`; a weight is `(nibble - 8) * scale`.
- Q4_1: as Q4_0 with `q_min` float16 `[rows, columns / 32]`; a weight is `nibble * scale + min`.
- Q8_0: `q_weight` int8 `[rows, columns]`; `q_scale` float16 `[rows, columns / 32]`.
- F16: `weight` float16. F32: `weight` float32. BF16 is widened to F32.
"""

from collections.abc import Mapping

import numpy as np

from mlc_compiler.tensor import BLOCK, SourceTensor, split_blocks

STORED_FORMATS: Mapping[str, str] = {
    "Q4_0": "Q4_0",
    "Q4_1": "Q4_1",
    "Q8_0": "Q8_0",
    "F16": "F16",
    "F32": "F32",
    "BF16": "F32",
}
"""The format that a tensor of a source format is stored in."""


def planes(stored_format: str, rows: int, columns: int) -> list[tuple[str, str, tuple[int, ...]]]:
    """Suffix, dtype and shape of each plane of a matrix in a stored format."""
    blocks = columns // BLOCK
    nibbles = ("q_weight", "uint32", (rows, columns // 8))
    scale = ("q_scale", "float16", (rows, blocks))
    match stored_format:
        case "Q4_0":
            return [nibbles, scale]
        case "Q4_1":
            return [nibbles, scale, ("q_min", "float16", (rows, blocks))]
        case "Q8_0":
            return [("q_weight", "int8", (rows, columns)), scale]
        case "F16":
            return [("weight", "float16", (rows, columns))]
        case "F32":
            return [("weight", "float32", (rows, columns))]
    raise ValueError(f"no planes for format {stored_format}")


def pack(tensor: SourceTensor) -> dict[str, np.ndarray]:
    """The planes of a matrix, by suffix."""
    rows = tensor.shape[0]
    match tensor.format:
        case "Q4_0":
            scale, packed = split_blocks(tensor.data, 2, 16)
            return {"q_weight": _words(packed, rows), "q_scale": _halves(scale, rows)}
        case "Q4_1":
            scale, minimum, packed = split_blocks(tensor.data, 2, 2, 16)
            return {
                "q_weight": _words(packed, rows),
                "q_scale": _halves(scale, rows),
                "q_min": _halves(minimum, rows),
            }
        case "Q8_0":
            scale, codes = split_blocks(tensor.data, 2, BLOCK)
            return {
                "q_weight": codes.reshape(rows, -1).view(np.int8),
                "q_scale": _halves(scale, rows),
            }
        case "F16":
            return {"weight": tensor.data}
    return {"weight": tensor.to_float32()}


def _words(packed: np.ndarray, rows: int) -> np.ndarray:
    return packed.reshape(rows, -1).view(np.uint32)


def _halves(field: np.ndarray, rows: int) -> np.ndarray:
    return field.reshape(rows, -1).view(np.float16)
