"""Readers of source models, and the mapping of their tensors to MLC's parameters."""

from pathlib import Path

from mlc_compiler.errors import ModelFileError, OptionError
from mlc_compiler.loader.gguf_source import GgufSource
from mlc_compiler.loader.huggingface import HuggingFaceSource
from mlc_compiler.loader.source import ModelSource

__all__ = ["SOURCE_FORMATS", "ModelSource", "open_source"]

SOURCE_FORMATS = ("auto", "huggingface-safetensor", "gguf")


def open_source(
    path: Path, *, weights: Path | None = None, source_format: str = "auto"
) -> ModelSource:
    """Opens a Hugging Face folder, its `config.json`, or a GGUF file.

    `weights` is the folder of the safetensors if they do not lie beside `config.json`. Raises
    `ModelFileError` for what cannot be read and `OptionError` for options that do not fit.
    """
    if not path.exists():
        raise ModelFileError(f"{path} does not exist; give a model folder, config.json or a .gguf")
    is_gguf = path.is_file() and path.suffix.lower() == ".gguf"
    if source_format != "auto" and is_gguf != (source_format == "gguf"):
        found = "a GGUF file" if is_gguf else "no GGUF file"
        raise OptionError(f"--source-format {source_format} does not fit: {path} is {found}")
    if is_gguf:
        if weights is not None:
            raise OptionError("--source cannot be combined with a GGUF file, which has its weights")
        return GgufSource(path)
    config = path / "config.json" if path.is_dir() else path
    if not config.is_file():
        raise ModelFileError(f"{path} has no config.json; give a model folder or a .gguf file")
    return HuggingFaceSource(config, config.parent if weights is None else weights)
