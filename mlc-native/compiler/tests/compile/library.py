"""Runs a compiled model library through TVM's virtual machine."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tvm
from tvm import relax
from tvm_ffi import Shape


def _builtin(name: str):
    return tvm.get_global_func(f"vm.builtin.{name}")


def tensor(values, dtype: str | None = None):
    """A tensor on the CPU."""
    return tvm.runtime.tensor(np.ascontiguousarray(values, dtype))


class Library:
    """A model folder's library with its parameters and one KV cache."""

    page_size = 16

    def __init__(self, folder: Path, library: str, max_total: int = 256) -> None:
        self._vm = relax.VirtualMachine(tvm.runtime.load_module(str(folder / library)), tvm.cpu())
        self.metadata = json.loads(self._vm["_metadata"]())
        names = [parameter["name"] for parameter in self.metadata["params"]]
        _builtin("tensor_cache.load")(str(folder), 1, 0)
        self.params = _builtin("param_array_from_cache_by_name")(names)
        _builtin("tensor_cache.clear")()
        sizes = (4, max_total, self.metadata["prefill_chunk_size"], self.page_size, 0)
        create = self._vm["create_tir_paged_kv_cache"]
        self.cache = create(*(Shape([size]) for size in sizes))

    def call(self, name: str, *arguments):
        """Calls a function of the virtual machine or a kernel of the library."""
        return self._vm.module.get_function(name, query_imports=True)(*arguments)

    def has(self, name: str) -> bool:
        """Whether the library has a function or a kernel of that name."""
        return self._vm.module.implements_function(name, query_imports=True)

    def embed(self, tokens: Sequence[int], *shape: int):
        """Embeddings of the tokens as `[*shape, hidden_size]`."""
        embedded = self.call("embed", tensor(tokens, "int32"), self.params)
        return _builtin("reshape")(embedded, Shape([*shape, embedded.shape[-1]]))

    def add(self, *sequences: int) -> None:
        """Adds empty sequences."""
        for sequence in sequences:
            _builtin("kv_state_add_sequence")(self.cache, sequence)

    def fork(self, parent: int, child: int) -> None:
        """Adds a sequence that begins with all tokens of another."""
        _builtin("kv_state_fork_sequence")(self.cache, parent, child, -1)

    def clear(self) -> None:
        """Removes all sequences."""
        _builtin("kv_state_clear")(self.cache)

    def free_pages(self) -> int:
        """Pages that no sequence holds."""
        return _builtin("attention_kv_cache_get_num_available_pages")(self.cache)

    def forward(self, name: str, x, lengths: dict[int, int], *extra) -> np.ndarray:
        """One forward call; `lengths` are the tokens of each sequence."""
        ids, counts = Shape(list(lengths)), Shape(list(lengths.values()))
        _builtin("kv_state_begin_forward")(self.cache, ids, counts)
        result = self.call(name, x, *extra, self.cache, self.params)[0].numpy()
        _builtin("kv_state_end_forward")(self.cache)
        return result

    def prefill(self, tokens: Sequence[int], sequence: int = 0) -> np.ndarray:
        """The logits `[vocab_size]` of the last token of a chunk."""
        x = self.embed(tokens, 1, len(tokens))
        return self.forward("prefill", x, {sequence: len(tokens)})[0, 0]

    def decode(self, token: int, sequence: int = 0) -> np.ndarray:
        """The logits `[vocab_size]` after one more token."""
        return self.forward("decode", self.embed([token], 1, 1), {sequence: 1})[0, 0]
