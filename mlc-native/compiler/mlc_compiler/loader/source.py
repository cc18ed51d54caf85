"""What the rest of the package needs from a model's files, whatever their format."""

from collections.abc import Mapping
from typing import Any, Protocol

from mlc_compiler.tensor import SourceTensor


class ModelSource(Protocol):
    """An opened model; configuration and tensor names are Hugging Face's.

    Every method raises `ModelFileError` for a file that is missing or malformed.
    """

    def config(self) -> Mapping[str, Any]:
        """The contents of `config.json`, with `model_type`."""
        ...

    def generation_config(self) -> Mapping[str, Any]:
        """The contents of `generation_config.json`; empty if there is none."""
        ...

    def extra_json(self, path: str) -> Any:
        """The contents of a JSON file by its path beside `config.json`; None if there is none."""
        ...

    def formats(self) -> Mapping[str, str]:
        """The format of every tensor by name, without reading their data."""
        ...

    def tensor(self, name: str) -> SourceTensor:
        """One tensor, usually a view of a mapped file."""
        ...

    def tokenizer_files(self) -> Mapping[str, bytes]:
        """The contents of the tokenizer's files by file name."""
        ...
