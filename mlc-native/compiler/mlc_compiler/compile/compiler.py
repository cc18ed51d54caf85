"""From a model's configuration to a model library."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tvm
from tvm import relax, tirx

from mlc_compiler.architectures import ModelConfig, find_architecture
from mlc_compiler.compile import instructions, metadata, pipeline
from mlc_compiler.compile.linking import link
from mlc_compiler.compile.targets import CpuTarget, find_target
from mlc_compiler.errors import ModelFileError
from mlc_compiler.models.causal_lm import CausalLM
from mlc_compiler.models.encoder import Encoder
from mlc_compiler.models.layers import LayerFactory
from mlc_compiler.models.registry import build_model
from mlc_compiler.ops.kernels import find_kernels
from mlc_compiler.progress import Progress, format_bytes
from mlc_compiler.quantization import find_quantization

_STEPS = 5
_REMINDER_SECONDS = 20.0


def compile_model(
    config_path: Path,
    output: Path,
    *,
    quantization: str | None = None,
    model_type: str | None = None,
    target: str | None = None,
    overrides: Mapping[str, int] | None = None,
    kernels: str | None = None,
    progress: Progress | None = None,
) -> None:
    """Compiles the model that ``config_path``, an mlc-chat-config.json, describes.

    Writes a shared library to ``output``. ``quantization`` and ``model_type`` default to those of
    the configuration, ``target`` to the highest level of this machine's processor. ``overrides``
    replaces sizes of ``model_config``. ``kernels`` is "native" or "tir"; by default native ones are
    called where there are any. Raises `ModelFileError` and `OptionError`.
    """
    chat_config = _read(config_path)
    scheme = find_quantization(quantization or _require(chat_config, "quantization"))
    architecture = find_architecture(chat_config, model_type or "auto")
    config = architecture.read_config(_require(chat_config, "model_config"))
    config = config.override(overrides or {})
    cpu = find_target(target)
    report = _Report(progress or Progress())
    report.step(f"building {architecture.name}, {scheme.name}, for {cpu.level}")
    chosen = find_kernels(kernels or _default_kernels(cpu))
    layers = LayerFactory(scheme, chosen, config.tensor_formats)
    model = build_model(architecture.name, config, layers)
    source = _Source(architecture.name, scheme.name, config, model, cpu)
    with cpu.to_tvm():
        executable = _build(source, chat_config, report)
    report.step(f"linking {output}")
    link(executable, output)
    report.done(f"{output}: {format_bytes(output.stat().st_size)}")


def _default_kernels(target: CpuTarget) -> str:
    return "native" if target.has_native_kernels else "tir"


@dataclass(frozen=True)
class _Source:
    """What is compiled, and for which processor."""

    model_type: str
    quantization: str
    config: ModelConfig
    model: CausalLM | Encoder
    target: CpuTarget


def _build(
    source: _Source, chat_config: Mapping[str, Any], report: "_Report"
) -> relax.VMExecutable:
    config, model = source.config, source.model
    active_vocab_size = chat_config.get("active_vocab_size") or config.vocab_size
    module, parameters, _ = model.export_tvm(spec=model.module_spec(), allow_extern=True)
    module = model.complete(module, config.vocab_size, active_vocab_size)
    report.step(f"lowering {_count(module, relax.Function)} functions")
    module = pipeline.lower()(module)
    report.step("planning memory")
    bounds = {"seq_len": config.prefill_chunk_size, "batch_size": config.max_batch_size}
    module = pipeline.plan_memory(bounds)(module)
    facts = metadata.model_facts(
        source.model_type,
        source.quantization,
        config,
        model.kernels,
        active_vocab_size,
        source.target,
    )
    facts.update(model.facts())
    if chat_config.get("embedding_metadata"):
        facts["embedding_metadata"] = chat_config["embedding_metadata"]
    facts["params"] = metadata.parameter_facts(parameters)
    facts["memory_usage"] = pipeline.memory_usage(module)
    metadata.add_metadata(module, facts)
    module = pipeline.finish()(instructions.spare()(module))
    report.step(f"generating machine code of {_count(module, tirx.PrimFunc)} kernels")
    with report.reminders("still generating machine code"):
        return relax.build(module, tvm.target.Target.current(), relax_pipeline=None)


def _count(module: tvm.IRModule, kind: type) -> int:
    return sum(isinstance(function, kind) for function in module.functions.values())


class _Report:
    """Announces the steps of a compilation, each with the time since its start."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._started = time.monotonic()
        self._step = 0

    def step(self, text: str) -> None:
        self._step += 1
        self._say(f"[{self._step}/{_STEPS}] {text}")

    def done(self, text: str) -> None:
        self._say(text)

    @contextmanager
    def reminders(self, text: str) -> Iterator[None]:
        """Repeats a text while a step runs whose time depends on LLVM and on the shapes."""
        ended = threading.Event()

        def remind() -> None:
            while not ended.wait(_REMINDER_SECONDS):
                self._say(text)

        thread = threading.Thread(target=remind, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _say(self, text: str) -> None:
        self._progress.message(f"{time.monotonic() - self._started:6.1f} s  {text}")


def _read(path: Path) -> Mapping[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error}") from error
    except ValueError as error:
        raise ModelFileError(f"{path} is not JSON: {error}") from error
    if not isinstance(config, dict):
        raise ModelFileError(f"{path} holds no JSON object")
    return config


def _require(config: Mapping[str, Any], key: str) -> Any:
    value = config.get(key)
    if value is None:
        raise ModelFileError(f"the configuration lacks {key}; make it with gen_config")
    return value
