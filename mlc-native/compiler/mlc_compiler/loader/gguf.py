"""Reader of GGUF files, versions 2 and 3: metadata, tensor infos, mapped tensors."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mlc_compiler.errors import ModelFileError
from mlc_compiler.loader.files import map_file
from mlc_compiler.tensor import FORMATS, SourceTensor

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_DEFAULT_ALIGNMENT = 32
_MAX_ALIGNMENT = 1 << 20
_MAX_DIMENSIONS = 4
_MAX_NAME_BYTES = 1 << 16
_MAX_ARRAY_DEPTH = 4

_SCALARS = {
    0: np.dtype("u1"),
    1: np.dtype("i1"),
    2: np.dtype("<u2"),
    3: np.dtype("<i2"),
    4: np.dtype("<u4"),
    5: np.dtype("<i4"),
    6: np.dtype("<f4"),
    7: np.dtype("?"),
    10: np.dtype("<u8"),
    11: np.dtype("<i8"),
    12: np.dtype("<f8"),
}
_STRING = 8
_ARRAY = 9

_TYPE_NAMES = {
    **{0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1"},
    **{10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K"},
    **{16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S"},
    **{22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64"},
    **{29: "IQ1_M", 30: "BF16", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4"},
}


class TensorInfo(NamedTuple):
    """Where a tensor lies; `shape` is rows first, `offset` counts from the data section."""

    format: str
    shape: tuple[int, ...]
    offset: int


class GgufFile:
    """One file; everything but the tensors' data is read and checked at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._bytes = map_file(path)
        reader = _Reader(path, self._bytes)
        if reader.take(4).tobytes() != _MAGIC:
            raise reader.malformed("it does not begin with 'GGUF'")
        version = reader.integer("<u4")
        if version not in _VERSIONS:
            raise ModelFileError(
                f"{path} has GGUF version {version}; versions 2 and 3 in little-endian order "
                "are supported: convert it with a current llama.cpp"
            )
        tensor_count, value_count = reader.integer("<u8"), reader.integer("<u8")
        reader.require_items(tensor_count, 24, "tensors")
        reader.require_items(value_count, 12, "metadata entries")
        self.metadata: Mapping[str, Any] = reader.metadata(value_count)
        self.tensors: Mapping[str, TensorInfo] = reader.tensor_infos(tensor_count)
        self._data_start = reader.data_start(self.metadata.get("general.alignment"))

    def tensor(self, name: str) -> SourceTensor:
        """One tensor as a view of the mapping, in a format of `FORMATS`."""
        info = self.tensors.get(name)
        if info is None:
            raise ModelFileError(
                f"{self.path} has no tensor {name}; it is incomplete or of another architecture"
            )
        tensor_format = FORMATS.get(info.format)
        if tensor_format is None:
            raise ModelFileError(
                f"{self.path}: tensor {name} has type {info.format}; supported are "
                f"{', '.join(FORMATS)}: requantize the model to one of them, or convert from its "
                "Hugging Face folder"
            )
        width = info.shape[-1]
        if width % tensor_format.block:
            raise ModelFileError(
                f"{self.path}: rows of {name} have {width} elements, {info.format} needs a "
                f"multiple of {tensor_format.block}"
            )
        row_items = width // tensor_format.block
        if tensor_format.block > 1:
            row_items *= tensor_format.block_bytes
        items_shape = (*info.shape[:-1], row_items)
        size = math.prod(items_shape) * np.dtype(tensor_format.dtype).itemsize
        start = self._data_start + info.offset
        if start + size > self._bytes.size:
            raise ModelFileError(
                f"{self.path} is truncated: tensor {name} ends at byte {start + size} of "
                f"{self._bytes.size}; download it again"
            )
        data = self._bytes[start : start + size].view(tensor_format.dtype).reshape(items_shape)
        return SourceTensor(name, info.format, info.shape, data)


class _Reader:
    """A cursor that never leaves the file and never allocates more than the file holds."""

    def __init__(self, path: Path, data: np.ndarray) -> None:
        self._path = path
        self._data = data
        self._at = 0

    def malformed(self, what: str) -> ModelFileError:
        return ModelFileError(f"{self._path} is not a sound GGUF file: {what}")

    def take(self, size: int) -> np.ndarray:
        if size > self._data.size - self._at:
            raise self.malformed(
                f"it ends at byte {self._data.size}, {size} more were expected from {self._at}"
            )
        self._at += size
        return self._data[self._at - size : self._at]

    def integer(self, dtype: str) -> int:
        return int.from_bytes(self.take(np.dtype(dtype).itemsize).tobytes(), "little")

    def require_items(self, count: int, item_bytes: int, what: str) -> None:
        """Refuses a count that the rest of the file cannot hold."""
        if count * item_bytes > self._data.size - self._at:
            raise self.malformed(
                f"it claims {count} {what}, {self._data.size - self._at} bytes are left"
            )

    def string(self, limit: int | None = None) -> str:
        length = self.integer("<u8")
        if limit is not None and length > limit:
            raise self.malformed(f"a name claims {length} bytes, {limit} are allowed")
        try:
            return self.take(length).tobytes().decode()
        except UnicodeDecodeError as error:
            raise self.malformed(f"the text that ends at byte {self._at} is not UTF-8") from error

    def metadata(self, count: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for _ in range(count):
            key = self.string(_MAX_NAME_BYTES)
            if key in values:
                raise self.malformed(f"metadata key {key} occurs twice")
            values[key] = self._value(self.integer("<u4"), 0)
        return values

    def _value(self, kind: int, depth: int) -> Any:
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            return self._array(depth + 1)
        dtype = self._scalar_dtype(kind)
        return self.take(dtype.itemsize).view(dtype)[0].item()

    def _array(self, depth: int) -> list[Any]:
        if depth > _MAX_ARRAY_DEPTH:
            raise self.malformed(f"metadata arrays nest deeper than {_MAX_ARRAY_DEPTH}")
        kind, count = self.integer("<u4"), self.integer("<u8")
        if kind in (_STRING, _ARRAY):
            self.require_items(count, 8 if kind == _STRING else 12, "array elements")
            return [self._value(kind, depth) for _ in range(count)]
        dtype = self._scalar_dtype(kind)
        self.require_items(count, dtype.itemsize, "array elements")
        return self.take(count * dtype.itemsize).view(dtype).tolist()

    def _scalar_dtype(self, kind: int) -> np.dtype:
        if kind not in _SCALARS:
            raise self.malformed(f"metadata type {kind} before byte {self._at} is unknown")
        return _SCALARS[kind]

    def tensor_infos(self, count: int) -> dict[str, TensorInfo]:
        infos: dict[str, TensorInfo] = {}
        for _ in range(count):
            name = self.string(_MAX_NAME_BYTES)
            if name in infos:
                raise self.malformed(f"tensor {name} occurs twice")
            dimensions = self.integer("<u4")
            if not 1 <= dimensions <= _MAX_DIMENSIONS:
                raise self.malformed(f"tensor {name} claims {dimensions} dimensions")
            shape = tuple(self.integer("<u8") for _ in range(dimensions))[::-1]
            kind, offset = self.integer("<u4"), self.integer("<u8")
            infos[name] = TensorInfo(_TYPE_NAMES.get(kind, f"number {kind}"), shape, offset)
        return infos

    def data_start(self, alignment: Any) -> int:
        """The first byte of tensor data, aligned as the metadata asks."""
        if alignment is None:
            alignment = _DEFAULT_ALIGNMENT
        usable = isinstance(alignment, int) and 0 < alignment <= _MAX_ALIGNMENT
        if not usable or alignment & (alignment - 1):
            raise self.malformed(f"general.alignment is {alignment!r}, not a small power of two")
        return -(-self._at // alignment) * alignment
