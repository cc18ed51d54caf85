"""Tensors as their source files hold them, and the formats of their elements."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mlc_compiler.errors import ModelFileError

BLOCK = 32
"""Elements in one block of a block format, along the last axis."""


def _decode_bf16(data: np.ndarray) -> np.ndarray:
    return (data.astype(np.uint32) << 16).view(np.float32)


def split_blocks(data: np.ndarray, *sizes: int) -> list[np.ndarray]:
    """Splits rows of blocks into the fields of a block, each `[rows, blocks, bytes]`.

    `data` is uint8 `[rows, blocks * sum(sizes)]`.
    """
    blocks = data.reshape(data.shape[0], -1, sum(sizes))
    return [
        np.ascontiguousarray(field) for field in np.split(blocks, np.cumsum(sizes[:-1]), axis=2)
    ]


def _decode_nibbles(packed: np.ndarray) -> np.ndarray:
    low, high = packed & 0x0F, packed >> 4
    return np.concatenate([low, high], axis=2).astype(np.float32)


def _decode_q4_0(data: np.ndarray) -> np.ndarray:
    scale, packed = split_blocks(data, 2, 16)
    values = (_decode_nibbles(packed) - 8) * scale.view(np.float16).astype(np.float32)
    return values.reshape(data.shape[0], -1)


def _decode_q4_1(data: np.ndarray) -> np.ndarray:
    scale, minimum, packed = split_blocks(data, 2, 2, 16)
    values = _decode_nibbles(packed) * scale.view(np.float16).astype(np.float32)
    values += minimum.view(np.float16).astype(np.float32)
    return values.reshape(data.shape[0], -1)


def _decode_q8_0(data: np.ndarray) -> np.ndarray:
    scale, codes = split_blocks(data, 2, 32)
    values = codes.view(np.int8).astype(np.float32) * scale.view(np.float16).astype(np.float32)
    return values.reshape(data.shape[0], -1)


@dataclass(frozen=True)
class TensorFormat:
    """How one row of a tensor is stored.

    A plain format has `block` 1 and one item of `dtype` per element; a block format has uint8
    items, `block_bytes` of them per `block` elements.
    """

    name: str
    dtype: type[np.generic]
    block: int
    block_bytes: int
    decode: Callable[[np.ndarray], np.ndarray]


def _plain(name: str, dtype: type[np.generic], decode: Callable) -> TensorFormat:
    return TensorFormat(name, dtype, 1, np.dtype(dtype).itemsize, decode)


FORMATS: dict[str, TensorFormat] = {
    item.name: item
    for item in (
        _plain("F32", np.float32, lambda data: data),
        _plain("F16", np.float16, lambda data: data.astype(np.float32)),
        _plain("BF16", np.uint16, _decode_bf16),
        TensorFormat("Q4_0", np.uint8, BLOCK, 18, _decode_q4_0),
        TensorFormat("Q4_1", np.uint8, BLOCK, 20, _decode_q4_1),
        TensorFormat("Q8_0", np.uint8, BLOCK, 34, _decode_q8_0),
    )
}


@dataclass(frozen=True)
class SourceTensor:
    """A vector or a matrix in a source format.

    `shape` counts elements; `data` holds the stored items, rows first, and may be a view of a
    mapped file.
    """

    name: str
    format: str
    shape: tuple[int, ...]
    data: np.ndarray

    @staticmethod
    def of(name: str, values: np.ndarray) -> "SourceTensor":
        """Wraps float32 values."""
        return SourceTensor(name, "F32", values.shape, np.asarray(values, np.float32))

    def to_float32(self) -> np.ndarray:
        """Decodes all elements; float32 of `shape`."""
        return np.asarray(FORMATS[self.format].decode(self.data), np.float32).reshape(self.shape)

    def take_rows(self, rows: np.ndarray) -> "SourceTensor":
        """The same tensor with its rows in the given order."""
        return SourceTensor(self.name, self.format, self.shape, self.data[rows])


def concatenate_rows(name: str, parts: Sequence[SourceTensor]) -> SourceTensor:
    """Stacks matrices of one width.

    Parts of one format keep it; parts of different formats become F32, which loses nothing.
    """
    if len(parts) == 1:
        return SourceTensor(name, parts[0].format, parts[0].shape, parts[0].data)
    widths = {part.shape[1:] for part in parts}
    if len(widths) != 1:
        shapes = ", ".join(f"{part.name} {list(part.shape)}" for part in parts)
        raise ModelFileError(f"{name} needs parts of one width, found {shapes}")
    shape = (sum(part.shape[0] for part in parts), *parts[0].shape[1:])
    if len({part.format for part in parts}) == 1:
        data = np.concatenate([part.data for part in parts])
        return SourceTensor(name, parts[0].format, shape, data)
    return SourceTensor.of(name, np.concatenate([part.to_float32() for part in parts]))
