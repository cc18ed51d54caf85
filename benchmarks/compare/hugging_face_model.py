"""Writes the model of a GGUF file as a Hugging Face folder in float32; peers.py runs this.

    hugging_face_model.py GGUF OUT

Needs numpy, and the compiler package on PYTHONPATH.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from mlc_compiler.loader.gguf_source import GgufSource
from mlc_compiler.tensor import FORMATS

EXTRA_CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "hidden_act": "silu",
    "torch_dtype": "float32",
    "attention_bias": False,
    "mlp_bias": False,
}


def write_safetensors(path: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Writes float32 tensors in the safetensors format."""
    header, offset = {}, 0
    for name, tensor in tensors.items():
        end = offset + tensor.nbytes
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for tensor in tensors.values():
            file.write(np.ascontiguousarray(tensor).tobytes())


def main(arguments: Sequence[str]) -> None:
    """The command line."""
    source, target = GgufSource(Path(arguments[0])), Path(arguments[1])
    target.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name in source.formats():
        tensor = source.tensor(name)
        decoded = FORMATS[tensor.format].decode(tensor.data)
        tensors[name] = decoded.astype(np.float32).reshape(tensor.shape)
    write_safetensors(target / "model.safetensors", tensors)
    config = {**source.config(), **EXTRA_CONFIG}
    (target / "config.json").write_text(json.dumps(config, indent=2), encoding="utf-8")
    # Jlama's quantizer reads the model's card.
    (target / "README.md").write_text("# Model\n", encoding="utf-8")
    for name, data in source.tokenizer_files().items():
        (target / name).write_bytes(data)


if __name__ == "__main__":
    main(sys.argv[1:])
