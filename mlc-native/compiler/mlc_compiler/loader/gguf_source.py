"""A GGUF file as a model source."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from mlc_compiler.errors import ModelFileError
from mlc_compiler.loader import gguf_llama, gguf_tokenizer
from mlc_compiler.loader.gguf import GgufFile
from mlc_compiler.tensor import SourceTensor


class GgufSource:
    """A model in one GGUF file of architecture llama."""

    def __init__(self, path: Path) -> None:
        self._file = GgufFile(path)
        architecture = self._file.metadata.get("general.architecture")
        if architecture != "llama":
            raise ModelFileError(
                f"{path} has architecture {architecture!r}; only 'llama' can be read from GGUF"
            )
        self._config = gguf_llama.config(self._file)

    def config(self) -> Mapping[str, Any]:
        return self._config

    def generation_config(self) -> Mapping[str, Any]:
        return {}

    def extra_json(self, path: str) -> Any:
        return None

    def formats(self) -> Mapping[str, str]:
        tensors = self._file.tensors
        return {
            name: tensors[stored].format
            for name, stored in self._stored_names.items()
            if stored in tensors
        }

    def tensor(self, name: str) -> SourceTensor:
        stored = self._file.tensor(self._stored_names.get(name, name))
        tensor = SourceTensor(name, stored.format, stored.shape, stored.data)
        return gguf_llama.restore_row_order(tensor, self._config)

    def tokenizer_files(self) -> Mapping[str, bytes]:
        return gguf_tokenizer.tokenizer_files(self._file.metadata, str(self._file.path))

    @cached_property
    def _stored_names(self) -> dict[str, str]:
        layers = self._config["num_hidden_layers"]
        if layers > len(self._file.tensors):
            raise ModelFileError(
                f"{self._file.path} claims {layers} layers and has only "
                f"{len(self._file.tensors)} tensors"
            )
        return gguf_llama.tensor_names(layers)
