"""The model types: each one's configuration and parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mlc_compiler.config.bert import BertConfig
from mlc_compiler.config.llama import LlamaConfig
from mlc_compiler.errors import OptionError
from mlc_compiler.loader import mapping_bert, mapping_llama
from mlc_compiler.loader.mapping import ModelTensor

ModelConfig = LlamaConfig | BertConfig
"""The configuration of any model type."""


@dataclass(frozen=True)
class Architecture:
    """A model type under its name in `config.json`.

    `max_batch_size` is what its libraries are compiled for if the user does not choose.
    """

    name: str
    task: str
    max_batch_size: int
    read_config: Callable[[Mapping[str, Any]], ModelConfig]
    model_tensors: Callable[[Any], list[ModelTensor]]

    @property
    def makes_embeddings(self) -> bool:
        """Whether its models make vectors of texts, and not text."""
        return self.task == "embedding"


ARCHITECTURES: dict[str, Architecture] = {
    architecture.name: architecture
    for architecture in (
        Architecture("llama", "chat", 128, LlamaConfig.from_dict, mapping_llama.model_tensors),
        Architecture("bert", "embedding", 1, BertConfig.from_dict, mapping_bert.model_tensors),
    )
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
