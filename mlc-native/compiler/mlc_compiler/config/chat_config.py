"""Generation of mlc-chat-config.json and of the tokenizer files beside it."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlc_compiler.architectures import Architecture, ModelConfig, find_architecture
from mlc_compiler.config.conv_template import find_template, fit_stops, template_names
from mlc_compiler.config.embedding import EmbeddingFacts, read_embedding_facts
from mlc_compiler.config.vocabulary import Vocabulary, read_vocabulary
from mlc_compiler.errors import ModelFileError, OptionError
from mlc_compiler.loader.files import parse_json_object
from mlc_compiler.loader.mapping import tensor_formats
from mlc_compiler.loader.source import ModelSource
from mlc_compiler.progress import Progress
from mlc_compiler.quantization import Quantization
from mlc_compiler.staging import staged_folder

CONFIG_FILE = "mlc-chat-config.json"
_VERSION = "0.1.0"
_NOT_APPLICABLE = -1
_NO_TEMPLATE = "LM"
"""What a config without a conversation holds, since its schema asks for a template."""
_GENERATION_DEFAULTS: Mapping[str, Any] = {
    "temperature": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "repetition_penalty": 1.0,
    "top_p": 1.0,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}


@dataclasses.dataclass(frozen=True)
class ChatOptions:
    """What the user chooses; a value of None is taken from the model.

    `overrides` holds compile-time sizes by name, as `LlamaConfig.override` takes them. A template,
    a system message and sampling defaults are for chat models, pooling and normalization for those
    that make embeddings.
    """

    conv_template: str | None = None
    overrides: Mapping[str, int] = dataclasses.field(default_factory=dict)
    system_message: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    pooling: str | None = None
    normalize: bool | None = None

    def __post_init__(self) -> None:
        if self.temperature is not None and not 0 <= self.temperature <= 2:
            raise OptionError(f"--temperature must be within 0 and 2, found {self.temperature}")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise OptionError(f"--top-p must be above 0 and at most 1, found {self.top_p}")


def generate_config(
    source: ModelSource,
    quantization: Quantization,
    options: ChatOptions,
    output: Path,
    *,
    model_type: str = "auto",
    progress: Progress,
) -> None:
    """Writes mlc-chat-config.json and the tokenizer files into the folder `output`.

    Other files of the folder stay. Raises `CompilerError` for options or files that do not fit.
    """
    architecture = find_architecture(source.config(), model_type)
    _refuse_foreign(options, architecture)
    facts = None
    overrides = {"max_batch_size": architecture.max_batch_size, **options.overrides}
    if architecture.makes_embeddings:
        facts = read_embedding_facts(source, options.pooling, options.normalize)
        config = architecture.read_config(source.config())
        window = _window(config, overrides.pop("context_window_size", None), facts)
    else:
        described = dict(source.config())
        if described.get("max_position_embeddings") is None:
            described["max_position_embeddings"] = overrides.get("context_window_size")
        config = architecture.read_config(described)
        window = None
    config = config.override(overrides)
    formats = tensor_formats(architecture.model_tensors(config), source, quantization)
    config = dataclasses.replace(config, tensor_formats=formats)
    files = source.tokenizer_files()
    vocabulary = _vocabulary(files, progress)
    chat_config = {
        "version": _VERSION,
        "model_type": architecture.name,
        "quantization": quantization.name,
        **_sizes(config, window or config.context_window_size, vocabulary),
        **_generation(source, options),
        "tokenizer_files": sorted(files),
        "tokenizer_info": vocabulary.tokenizer_info if vocabulary else {},
        "conv_template": _conversation(options, vocabulary, progress),
        "model_task": architecture.task,
        "embedding_metadata": facts.as_dict() if facts else None,
    }
    with staged_folder(output, CONFIG_FILE, CONFIG_FILE) as folder:
        for name, content in files.items():
            (folder / name).write_bytes(content)
        text = json.dumps(chat_config, indent=2, ensure_ascii=False) + "\n"
        (folder / CONFIG_FILE).write_text(text, encoding="utf-8")
    progress.message(f"wrote {', '.join([CONFIG_FILE, *sorted(files)])} to {output}")


def _refuse_foreign(options: ChatOptions, architecture: Architecture) -> None:
    """Refuses options that models of the architecture's task have no use for."""
    chat = ("conv_template", "system_message", "temperature", "top_p")
    foreign = chat if architecture.makes_embeddings else ("pooling", "normalize")
    for name in foreign:
        if getattr(options, name) is not None:
            raise OptionError(
                f"--{name.replace('_', '-')} is not for models of type {architecture.name}, "
                f"whose task is {architecture.task}; leave it out"
            )
    if options.conv_template is None and not architecture.makes_embeddings:
        raise OptionError(
            f"models of type {architecture.name} need a conversation template: give "
            f"--conv-template with one of {', '.join(template_names())}"
        )


def _window(config: ModelConfig, asked: int | None, facts: EmbeddingFacts) -> int:
    """The tokens of a text: as asked for, else what the publisher says, else what fits."""
    most = config.context_window_size
    if asked is not None and not 0 < asked <= most:
        raise OptionError(
            f"context_window_size must be from 1 to the model's {most} positions, found {asked}"
        )
    return asked or min(most, facts.max_length or most)


def _sizes(config: ModelConfig, window: int, vocabulary: Vocabulary | None) -> dict[str, Any]:
    size = vocabulary.size if vocabulary else config.vocab_size
    return {
        "model_config": config.as_dict(),
        "vocab_size": config.vocab_size,
        "active_vocab_size": min(size, config.vocab_size),
        "context_window_size": window,
        "sliding_window_size": _NOT_APPLICABLE,
        "prefill_chunk_size": config.prefill_chunk_size,
        "attention_sink_size": _NOT_APPLICABLE,
        "tensor_parallel_shards": config.tensor_parallel_shards,
        "pipeline_parallel_stages": config.pipeline_parallel_stages,
    }


def _generation(source: ModelSource, options: ChatOptions) -> dict[str, Any]:
    """Sampling defaults: the options, then generation_config.json, config.json, MLC's own."""
    chosen = {"temperature": options.temperature, "top_p": options.top_p}
    layers = (chosen, source.generation_config(), source.config(), _GENERATION_DEFAULTS)
    return {
        key: next(layer[key] for layer in layers if layer.get(key) is not None)
        for key in _GENERATION_DEFAULTS
    }


def _conversation(
    options: ChatOptions, vocabulary: Vocabulary | None, progress: Progress
) -> dict[str, Any]:
    template = find_template(options.conv_template or _NO_TEMPLATE)
    if options.system_message is not None:
        template["system_message"] = options.system_message
    fits = vocabulary is None or options.conv_template is None
    return template if fits else fit_stops(template, vocabulary, progress)


def _vocabulary(files: Mapping[str, bytes], progress: Progress) -> Vocabulary | None:
    if not files:
        raise ModelFileError(
            "no tokenizer files beside config.json; put tokenizer.json there, the engine needs it"
        )
    if "tokenizer.json" not in files:
        progress.message(
            "no tokenizer.json: stop ids, tokenizer_info and active_vocab_size are not checked"
        )
        return None
    return read_vocabulary(parse_json_object(files["tokenizer.json"], "tokenizer.json"))
