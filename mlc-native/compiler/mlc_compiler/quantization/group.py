"""Group quantization: unsigned codes of 4 or 8 bits in 32-bit words, one scale per group.

Rows are outputs and columns inputs (the NK layout). With `m = 2 ** (bits - 1) - 1`, a group's
scale is `max|w| / m` in the model's dtype, a code is `clamp(round(w / scale + m), 0, 2 * m)`, and a
weight is `(code - m) * scale`. Code `j` of a word lies at bit `bits * j`. Columns are padded to
whole groups with weights of zero.
"""

import numpy as np

from mlc_compiler.errors import OptionError


def pack(
    name: str, weights: np.ndarray, bits: int, group_size: int, scale_dtype: str
) -> tuple[np.ndarray, np.ndarray]:
    """Quantizes a float32 matrix.

    Returns the words, uint32 `[rows, groups * group_size * bits / 32]`, and the scales,
    `[rows, groups]` of `scale_dtype`.
    """
    rows, columns = weights.shape
    groups = -(-columns // group_size)
    maximum = 2 ** (bits - 1) - 1
    padded = np.pad(weights, ((0, 0), (0, groups * group_size - columns)))
    grouped = padded.reshape(rows, groups, group_size)
    with np.errstate(over="ignore", invalid="ignore"):
        scale = (np.abs(grouped).max(axis=2) / maximum).astype(scale_dtype)
    if not np.isfinite(scale).all():
        raise OptionError(
            f"{name} holds weights that are not finite or too large for {scale_dtype} scales; "
            "use a quantization with float32 scales (q4f32_1) or check the source"
        )
    divisor = scale.astype(np.float32)
    divisor[divisor == 0] = 1
    codes = np.rint(grouped / divisor[:, :, None] + maximum)
    codes = np.clip(codes, 0, 2 * maximum).astype(np.uint32)
    per_word = 32 // bits
    shifts = np.arange(per_word, dtype=np.uint32) * np.uint32(bits)
    words = np.bitwise_or.reduce(codes.reshape(rows, -1, per_word) << shifts, axis=2)
    return words, scale


def unpack(
    words: np.ndarray, scale: np.ndarray, bits: int, group_size: int, columns: int
) -> np.ndarray:
    """The float32 matrix that `pack`'s result stands for."""
    rows = words.shape[0]
    shifts = np.arange(32 // bits, dtype=np.uint32) * np.uint32(bits)
    codes = (words[:, :, None] >> shifts) & np.uint32(2**bits - 1)
    maximum = 2 ** (bits - 1) - 1
    values = codes.reshape(rows, -1, group_size).astype(np.float32) - maximum
    return (values * scale.astype(np.float32)[:, :, None]).reshape(rows, -1)[:, :columns]
