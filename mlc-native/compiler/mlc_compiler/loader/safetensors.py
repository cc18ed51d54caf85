"""Reader of safetensors files: a JSON header, then the tensors' bytes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mlc_compiler.errors import ModelFileError
from mlc_compiler.loader.files import map_file, parse_json_object
from mlc_compiler.tensor import FORMATS, SourceTensor

_MAX_HEADER = 100 * 1024 * 1024
_LENGTH_BYTES = 8


class _Entry(NamedTuple):
    format: str
    shape: tuple[int, ...]
    begin: int
    end: int


class SafetensorsFile:
    """One file; its header is read and checked at once, its tensors are views of the mapping."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._bytes = map_file(path)
        if self._bytes.size < _LENGTH_BYTES:
            raise self._malformed(f"{self._bytes.size} bytes are too few for a header")
        length = int(self._bytes[:_LENGTH_BYTES].view("<u8")[0])
        self._data_start = _LENGTH_BYTES + length
        if length > _MAX_HEADER or self._data_start > self._bytes.size:
            raise self._malformed(
                f"the header claims {length} bytes in a file of {self._bytes.size}"
            )
        text = self._bytes[_LENGTH_BYTES : self._data_start].tobytes()
        header = parse_json_object(text, f"the header of {path}")
        self._entries = {
            name: self._entry(name, value)
            for name, value in header.items()
            if name != "__metadata__"
        }

    def formats(self) -> Mapping[str, str]:
        """The dtype of every tensor by name."""
        return {name: entry.format for name, entry in self._entries.items()}

    def tensor(self, name: str) -> SourceTensor:
        """One tensor of a floating-point dtype that `FORMATS` knows."""
        entry = self._entries[name]
        if entry.format not in ("F32", "F16", "BF16"):
            raise ModelFileError(
                f"{self._path}: tensor {name} has dtype {entry.format}; only F32, F16 and BF16 "
                "are supported: use a checkpoint that is not quantized"
            )
        dtype = FORMATS[entry.format].dtype
        raw = self._bytes[self._data_start + entry.begin : self._data_start + entry.end]
        expected = np.dtype(dtype).itemsize * _product(entry.shape)
        if raw.size != expected:
            raise self._malformed(f"{name} needs {expected} bytes, its offsets span {raw.size}")
        return SourceTensor(name, entry.format, entry.shape, raw.view(dtype).reshape(entry.shape))

    def _entry(self, name: str, value: Any) -> _Entry:
        try:
            begin, end = value["data_offsets"]
            entry = _Entry(value["dtype"], tuple(value["shape"]), begin, end)
        except (TypeError, KeyError, ValueError) as error:
            raise self._malformed(
                f"entry {name} lacks a usable dtype, shape or data_offsets"
            ) from error
        numbers = (*entry.shape, entry.begin, entry.end)
        if not isinstance(entry.format, str) or not all(_is_count(number) for number in numbers):
            raise self._malformed(f"entry {name} has a dtype, shape or offset of the wrong type")
        if not entry.begin <= entry.end <= self._bytes.size - self._data_start:
            raise self._malformed(
                f"entry {name} spans {entry.begin} to {entry.end} of "
                f"{self._bytes.size - self._data_start} data bytes"
            )
        return entry

    def _malformed(self, what: str) -> ModelFileError:
        return ModelFileError(f"{self._path} is not a sound safetensors file: {what}")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _product(shape: tuple[int, ...]) -> int:
    total = 1
    for size in shape:
        total *= size
    return total
