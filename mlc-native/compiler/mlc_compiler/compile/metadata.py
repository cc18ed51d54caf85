"""The facts about a library that its function ``_metadata`` returns as JSON."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import tvm
from tvm import relax

import mlc_compiler
from mlc_compiler.architectures import ModelConfig
from mlc_compiler.compile.targets import CpuTarget
from mlc_compiler.ops.kernels import Kernels


def model_facts(
    model_type: str,
    quantization: str,
    config: ModelConfig,
    kernels: Kernels,
    active_vocab_size: int,
    target: CpuTarget,
) -> dict[str, Any]:
    """The metadata that all models have, apart from what the compilation finds out."""
    return {
        "model_type": model_type,
        "quantization": quantization,
        "context_window_size": config.context_window_size,
        "sliding_window_size": -1,
        "attention_sink_size": -1,
        "prefill_chunk_size": config.prefill_chunk_size,
        "tensor_parallel_shards": config.tensor_parallel_shards,
        "pipeline_parallel_stages": config.pipeline_parallel_stages,
        "disaggregation": False,
        "max_batch_size": config.max_batch_size,
        "active_vocab_size": active_vocab_size,
        "kernels": {"name": kernels.name, "version": kernels.version},
        "target": target.as_dict(),
        "compiler": f"mlc-compiler {mlc_compiler.__version__} (TVM {tvm.__version__})",
    }


def parameter_facts(parameters: Sequence[tuple[str, Any]]) -> list[dict[str, Any]]:
    """The ``params`` list: names, shapes and dtypes in the order of the packed array."""
    return [
        {
            "name": name,
            "shape": [int(size) for size in parameter.shape],
            "dtype": str(parameter.dtype),
            "preprocs": [],
            "pipeline_stages": [0],
        }
        for name, parameter in parameters
    ]


def add_metadata(module: tvm.IRModule, metadata: Mapping[str, Any]) -> None:
    """Adds the function ``_metadata`` to the module."""
    builder = relax.BlockBuilder()
    with builder.function("_metadata", params=[]):
        text = builder.emit(tvm.ir.StringImm(json.dumps(metadata)))
        builder.emit_func_output(text)
    module["_metadata"] = builder.finalize()["_metadata"]
