"""A Hugging Face folder: config.json, safetensors, tokenizer files."""

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from mlc_compiler.errors import ModelFileError
from mlc_compiler.loader.files import read_json_object
from mlc_compiler.loader.safetensors import SafetensorsFile
from mlc_compiler.tensor import SourceTensor

TOKENIZER_FILES = (
    "tokenizer.model",
    "tokenizer.json",
    "vocab.json",
    "merges.txt",
    "added_tokens.json",
    "tokenizer_config.json",
)
_INDEX = "model.safetensors.index.json"


class HuggingFaceSource:
    """A model whose configuration and tokenizer lie beside `config_path`.

    `weights_folder` holds the safetensors files; they are opened when first asked for.
    """

    def __init__(self, config_path: Path, weights_folder: Path) -> None:
        self._config_path = config_path
        self._weights_folder = weights_folder
        self._config = read_json_object(config_path)

    def config(self) -> Mapping[str, Any]:
        return self._config

    def generation_config(self) -> Mapping[str, Any]:
        path = self._config_path.parent / "generation_config.json"
        return read_json_object(path) if path.exists() else {}

    def extra_json(self, path: str) -> Any:
        file = self._config_path.parent / path
        if not file.is_file():
            return None
        try:
            return json.loads(file.read_bytes())
        except (OSError, ValueError, RecursionError) as error:
            raise ModelFileError(f"{file} is not valid JSON: {error}") from error

    def formats(self) -> Mapping[str, str]:
        return {name: file.formats()[name] for name, file in self._files.items()}

    def tensor(self, name: str) -> SourceTensor:
        if name not in self._files:
            raise ModelFileError(
                f"{self._weights_folder} has no tensor {name}; "
                "the checkpoint is incomplete or of another architecture"
            )
        return self._files[name].tensor(name)

    def tokenizer_files(self) -> Mapping[str, bytes]:
        paths = (self._config_path.parent / name for name in TOKENIZER_FILES)
        return {path.name: path.read_bytes() for path in paths if path.is_file()}

    @cached_property
    def _files(self) -> dict[str, SafetensorsFile]:
        """The file of every tensor, by the tensor's name."""
        index = self._weights_folder / _INDEX
        if index.exists():
            return self._indexed(index)
        paths = sorted(self._weights_folder.glob("*.safetensors"))
        if not paths:
            raise ModelFileError(
                f"{self._weights_folder} has neither {_INDEX} nor *.safetensors; "
                "save the checkpoint as safetensors or give --source"
            )
        found: dict[str, SafetensorsFile] = {}
        for path in paths:
            file = SafetensorsFile(path)
            for name in file.formats():
                if name in found:
                    raise ModelFileError(
                        f"tensor {name} is in {path} and in another file of the folder; "
                        f"keep one of them or add {_INDEX}"
                    )
                found[name] = file
        return found

    def _indexed(self, index: Path) -> dict[str, SafetensorsFile]:
        names = read_json_object(index).get("weight_map")
        if not isinstance(names, dict) or not all(isinstance(v, str) for v in names.values()):
            raise ModelFileError(f"{index} lacks a weight_map of file names")
        opened: dict[str, SafetensorsFile] = {}
        for file_name in sorted(set(names.values())):
            if Path(file_name).name != file_name:
                raise ModelFileError(f"{index} names a file outside the folder: {file_name}")
            opened[file_name] = SafetensorsFile(self._weights_folder / file_name)
        for name, file_name in names.items():
            if name not in opened[file_name].formats():
                raise ModelFileError(f"{index} says that {file_name} has {name}; it does not")
        return {name: opened[file_name] for name, file_name in names.items()}
