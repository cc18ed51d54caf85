"""A tiny BERT as a sentence-transformers folder, for tests."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from model_files import safetensors_bytes, tokenizer_json

from mlc_compiler.tensor import SourceTensor

TINY = {
    "model_type": "bert",
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "vocab_size": 260,
    "type_vocab_size": 2,
    "max_position_embeddings": 40,
    "layer_norm_eps": 1e-12,
    "hidden_act": "gelu",
}
MODULES = ("Transformer", "Pooling", "Normalize")


def tiny_weights(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Random float32 weights under Hugging Face's names, the pooler's included."""
    width, inner = TINY["hidden_size"], TINY["intermediate_size"]
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (TINY["vocab_size"], width),
        "embeddings.position_embeddings.weight": (TINY["max_position_embeddings"], width),
        "embeddings.token_type_embeddings.weight": (TINY["type_vocab_size"], width),
        "pooler.dense.weight": (width, width),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(TINY["num_hidden_layers"]):
        prefix = f"encoder.layer.{layer}"
        denses = {f"attention.self.{part}": (width, width) for part in ("query", "key", "value")}
        denses["attention.output.dense"] = (width, width)
        denses["intermediate.dense"] = (inner, width)
        denses["output.dense"] = (width, inner)
        for name, shape in denses.items():
            shapes[f"{prefix}.{name}.weight"] = shape
            shapes[f"{prefix}.{name}.bias"] = shape[:1]
        norms += [f"{prefix}.attention.output.LayerNorm", f"{prefix}.output.LayerNorm"]
    shapes |= {f"{norm}.{part}": (width,) for norm in norms for part in ("weight", "bias")}
    return {
        name: (rng.standard_normal(shape) * shape[-1] ** -0.5).astype(np.float32)
        if len(shape) == 2
        else rng.standard_normal(shape).astype(np.float32)
        for name, shape in shapes.items()
    }


def write_bert(folder: Path, weights: dict[str, np.ndarray], **changes: Any) -> Path:
    """Writes the folder; a change replaces a field of config.json."""
    folder.mkdir()
    config = {key: value for key, value in {**TINY, **changes}.items() if value is not None}
    tensors = [SourceTensor.of(name, values) for name, values in weights.items()]
    (folder / "model.safetensors").write_bytes(safetensors_bytes(tensors))
    write_json(folder / "config.json", config)
    write_json(folder / "tokenizer.json", tokenizer_json())
    write_modules(folder, MODULES)
    write_pooling(folder, pooling_mode_cls_token=False, pooling_mode_mean_tokens=True)
    return folder


def write_modules(folder: Path, kinds: tuple[str, ...]) -> None:
    """Writes modules.json."""
    modules = [
        {"idx": i, "path": f"{i}_{kind}" if i else "", "type": f"sentence_transformers.m.{kind}"}
        for i, kind in enumerate(kinds)
    ]
    write_json(folder / "modules.json", modules)


def write_pooling(folder: Path, **fields: Any) -> None:
    """Writes the pooling's config.json."""
    (folder / "1_Pooling").mkdir(exist_ok=True)
    write_json(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": 64, **fields})


def write_json(path: Path, value: Any) -> None:
    """Writes a JSON file."""
    path.write_text(json.dumps(value))
