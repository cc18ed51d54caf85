"""Writer of `tensor-cache.json` and `params_shard_N.bin`, which TVM's runtime loads."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

INDEX = "tensor-cache.json"
SHARDS = "params_shard_*.bin"
_SHARD_CAP = 32 * 1024 * 1024


class TensorCacheWriter:
    """Writes arrays, little-endian and row-major, into shards of at most 32 MiB.

    An array of 16 MiB or more that does not fit the current shard gets a shard of its own, so that
    records need not be in the order of the calls. Nothing is complete before `finish`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shards: list[dict[str, Any]] = []
        self._pending: list[bytes] = []
        self._pending_bytes = 0
        self._records: list[dict[str, Any]] = []
        self._names: set[str] = set()
        self.byte_count = 0

    def add(self, name: str, array: np.ndarray) -> None:
        """Stores one array under a name that is not in use yet."""
        if name in self._names:
            raise ValueError(f"{name} is stored already")
        self._names.add(name)
        little_endian = array.astype(array.dtype.newbyteorder("<"), copy=False)
        data = little_endian.tobytes()
        self.byte_count += len(data)
        record = {
            "name": name,
            "shape": list(array.shape),
            "dtype": array.dtype.name,
            "format": "raw",
            "nbytes": len(data),
            "byteOffset": 0,
        }
        if self._pending_bytes + len(data) >= _SHARD_CAP:
            if 2 * len(data) >= _SHARD_CAP:
                self._write_shard([data], [record])
                return
            self._flush()
        record["byteOffset"] = self._pending_bytes
        self._pending.append(data)
        self._pending_bytes += len(data)
        self._records.append(record)

    def finish(self, metadata: Mapping[str, Any]) -> None:
        """Writes the last shard and the index."""
        self._flush()
        index = {"metadata": dict(metadata), "records": self._shards}
        (self._folder / INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")

    @property
    def count(self) -> int:
        """The number of arrays so far."""
        return len(self._names)

    def _flush(self) -> None:
        if self._records:
            self._write_shard(self._pending, self._records)
        self._pending, self._pending_bytes, self._records = [], 0, []

    def _write_shard(self, chunks: list[bytes], records: list[dict[str, Any]]) -> None:
        file_name = f"params_shard_{len(self._shards)}.bin"
        digest = hashlib.md5(usedforsecurity=False)
        with (self._folder / file_name).open("wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
        self._shards.append(
            {
                "dataPath": file_name,
                "format": "raw-shard",
                "nbytes": sum(map(len, chunks)),
                "records": records,
                "md5sum": digest.hexdigest(),
            }
        )
