"""Weights of a source model as MLC's parameters."""

import math
from pathlib import Path

from mlc_compiler.architectures import find_architecture
from mlc_compiler.loader.mapping import ModelTensor, tensor_formats
from mlc_compiler.loader.source import ModelSource
from mlc_compiler.progress import Progress, format_bytes
from mlc_compiler.quantization import Quantization
from mlc_compiler.staging import staged_folder
from mlc_compiler.weights.tensor_cache import INDEX, SHARDS, TensorCacheWriter


def convert_weights(
    source: ModelSource,
    quantization: Quantization,
    output: Path,
    *,
    model_type: str = "auto",
    progress: Progress,
) -> None:
    """Writes the quantized parameters of a model into the folder `output`.

    Other files of the folder stay. Raises `CompilerError` for a source that cannot be converted.
    """
    architecture = find_architecture(source.config(), model_type)
    config = architecture.read_config(source.config())
    tensors = architecture.model_tensors(config)
    formats = tensor_formats(tensors, source, quantization)
    _report(tensors, source, formats, progress)
    with staged_folder(output, INDEX, SHARDS) as folder:
        writer = TensorCacheWriter(folder)
        elements = 0
        for number, tensor in enumerate(tensors, 1):
            _store(tensor, source, quantization, writer)
            elements += math.prod(tensor.shape)
            progress.step(number, len(tensors), tensor.name, writer.byte_count)
        writer.finish(
            {
                "ParamSize": writer.count,
                "ParamBytes": float(writer.byte_count),
                "BitsPerParam": writer.byte_count * 8 / elements,
            }
        )
    progress.message(f"wrote {writer.count} arrays, {format_bytes(writer.byte_count)}, to {output}")


def _store(
    tensor: ModelTensor, source: ModelSource, quantization: Quantization, writer: TensorCacheWriter
) -> None:
    stacked = tensor.read(source)
    if not tensor.is_matrix:
        writer.add(tensor.name, quantization.pack_vector(stacked))
        return
    for suffix, array in quantization.pack(stacked).items():
        writer.add(f"{tensor.name}.{suffix}", array)


def _report(
    tensors: list[ModelTensor], source: ModelSource, formats: dict[str, str], progress: Progress
) -> None:
    """Says what is left out and which fused matrices had to be widened."""
    found = source.formats()
    used = {part for tensor in tensors for part in tensor.parts}
    for name in sorted(found.keys() - used):
        progress.message(f"not a parameter of the model, left out: {name}")
    for tensor in tensors:
        parts = {found.get(part) for part in tensor.parts}
        if tensor.name in formats and len(parts) > 1:
            mixed = ", ".join(f"{part} {found[part]}" for part in tensor.parts)
            progress.message(f"{tensor.name} is stored as F32, its parts differ: {mixed}")
