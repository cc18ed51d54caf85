"""How a model's hidden states become one vector, as the sentence-transformers files say."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from mlc_compiler.errors import ModelFileError, OptionError
from mlc_compiler.loader.source import ModelSource

MODULES = "modules.json"
TRANSFORMER = "sentence_bert_config.json"
POOLING = "1_Pooling/config.json"
STRATEGIES = ("mean", "cls", "last")
_MODES = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_lasttoken": "last",
}
_MODE_PREFIX = "pooling_mode_"


@dataclass(frozen=True)
class EmbeddingFacts:
    """`strategy` pools the tokens' hidden states; `normalize` then makes the length 1.

    `max_length` is the greatest number of tokens that the publisher says the model is for, if so.
    """

    strategy: str
    normalize: bool
    max_length: int | None

    def as_dict(self) -> dict[str, Any]:
        """The `embedding_metadata` object of mlc-chat-config.json."""
        return {
            "model_type": "encoder",
            "pooling_strategy": self.strategy,
            "normalize": self.normalize,
        }


def read_embedding_facts(
    source: ModelSource, strategy: str | None, normalize: bool | None
) -> EmbeddingFacts:
    """Reads the files beside the model; what is given replaces what they say.

    Raises `ModelFileError` for a file that is malformed or asks for something else, and
    `OptionError` where neither the files nor the options say how to pool.
    """
    found_path, found_normalize = _modules(source)
    if strategy is None:
        strategy = _strategy(source, found_path)
    return EmbeddingFacts(
        strategy, found_normalize if normalize is None else normalize, _max_length(source)
    )


def _modules(source: ModelSource) -> tuple[str, bool]:
    """The pooling's file, and whether vectors are normalized."""
    modules = source.extra_json(MODULES)
    if modules is None:
        return POOLING, False
    pooling, normalize = POOLING, False
    if not isinstance(modules, list) or not all(isinstance(m, Mapping) for m in modules):
        raise ModelFileError(f"{MODULES} must hold a list of objects")
    for module in modules:
        kind = str(module.get("type", "")).rpartition(".")[2]
        match kind:
            case "Transformer":
                pass
            case "Pooling":
                pooling = f"{_folder(module)}/config.json"
            case "Normalize":
                normalize = True
            case _:
                raise ModelFileError(
                    f"{MODULES} has a module of type {module.get('type')!r}; only Transformer, "
                    "Pooling and Normalize are supported"
                )
    return pooling, normalize


def _folder(module: Mapping[str, Any]) -> str:
    name = module.get("path")
    if not isinstance(name, str) or not name or PurePath(name).name != name:
        raise ModelFileError(
            f"{MODULES} must name a folder inside the model's folder, found {name!r}"
        )
    return name


def _strategy(source: ModelSource, path: str) -> str:
    pooling = source.extra_json(path)
    if pooling is None:
        raise OptionError(f"no {path} says how to pool tokens; give --pooling")
    if not isinstance(pooling, Mapping):
        raise ModelFileError(f"{path} must hold a JSON object")
    named = pooling.get("pooling_mode")
    if isinstance(named, str):
        return _known(path, "pooling_mode", {"lasttoken": "last"}.get(named, named))
    chosen = [key for key, value in pooling.items() if key.startswith(_MODE_PREFIX) and value]
    if len(chosen) != 1:
        raise ModelFileError(f"{path} must choose one pooling mode, found {chosen}")
    return _known(path, chosen[0], _MODES.get(chosen[0], chosen[0]))


def _known(path: str, key: str, strategy: str) -> str:
    if strategy not in STRATEGIES:
        raise ModelFileError(
            f"{path} asks for {key} = {strategy}; only {', '.join(STRATEGIES)} are supported"
        )
    return strategy


def _max_length(source: ModelSource) -> int | None:
    settings = source.extra_json(TRANSFORMER)
    length = settings.get("max_seq_length") if isinstance(settings, Mapping) else None
    if length is not None and (not isinstance(length, int) or length <= 0):
        raise ModelFileError(
            f"{TRANSFORMER}: max_seq_length must be a positive integer, found {length!r}"
        )
    return length
