"""The model types: each one's configuration and parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mlc_compiler.config.llama import LlamaConfig
from mlc_compiler.errors import OptionError
from mlc_compiler.loader import mapping_llama
from mlc_compiler.loader.mapping import ModelTensor


@dataclass(frozen=True)
class Architecture:
    """A model type under its name in `config.json`."""

    name: str
    read_config: Callable[[Mapping[str, Any]], LlamaConfig]
    model_tensors: Callable[[LlamaConfig], list[ModelTensor]]


ARCHITECTURES: dict[str, Architecture] = {
    "llama": Architecture("llama", LlamaConfig.from_dict, mapping_llama.model_tensors),
}
"""All model types by name."""


def find_architecture(config: Mapping[str, Any], model_type: str = "auto") -> Architecture:
    """The model type that was asked for, or with "auto" the one that the config names."""
    name = config.get("model_type") if model_type == "auto" else model_type
    architecture = ARCHITECTURES.get(name) if isinstance(name, str) else None
    if architecture is None:
        raise OptionError(
            f"model type {name!r} is not supported; expected one of {', '.join(ARCHITECTURES)}"
        )
    return architecture
