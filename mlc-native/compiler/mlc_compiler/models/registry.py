"""The models that can be compiled, by model type."""

from collections.abc import Callable
from typing import Any

from mlc_compiler.architectures import ModelConfig
from mlc_compiler.errors import OptionError
from mlc_compiler.models.bert import BertModel
from mlc_compiler.models.causal_lm import CausalLM
from mlc_compiler.models.encoder import Encoder
from mlc_compiler.models.layers import LayerFactory
from mlc_compiler.models.llama import LlamaForCausalLM

_MODELS: dict[str, Callable[[Any, LayerFactory], CausalLM | Encoder]] = {
    "llama": LlamaForCausalLM,
    "bert": BertModel,
}


def build_model(model_type: str, config: ModelConfig, layers: LayerFactory) -> CausalLM | Encoder:
    """The model of that type; `OptionError` lists the types if there is none."""
    build = _MODELS.get(model_type)
    if build is None:
        raise OptionError(
            f"models of type {model_type!r} cannot be compiled; expected {', '.join(_MODELS)}"
        )
    return build(config, layers)
