"""A model source with random weights."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from mlc_compiler.config.llama import LlamaConfig
from mlc_compiler.loader.mapping_llama import model_tensors
from mlc_compiler.tensor import BLOCK, SourceTensor
from mlc_compiler.testing.tokenizer import SPECIAL_TOKENS, tokenizer_json, vocabulary

_BLOCK_FORMATS = {
    "embed_tokens": "Q8_0",
    "o_proj": "Q4_0",
    "down_proj": "F16",
    "lm_head": "F32",
}
_OTHER_BLOCK_FORMAT = "Q4_1"


class RandomSource:
    """Implements `mlc_compiler.loader.source.ModelSource`; equal seeds give equal weights.

    With `blocks`, matrices have several of GGUF's formats instead of float32.
    """

    def __init__(self, config: LlamaConfig, *, seed: int, blocks: bool) -> None:
        rng = np.random.default_rng(seed)
        self._config = config
        self._tensors: dict[str, SourceTensor] = {}
        for tensor in model_tensors(config):
            if not tensor.is_matrix:
                values = 1 + 0.1 * rng.standard_normal(tensor.shape)
                self._tensors[tensor.name] = SourceTensor.of(tensor.name, values)
                continue
            shapes = _part_shapes(config, tensor.name, tensor.parts, tensor.shape)
            for name, shape in shapes.items():
                self._tensors[name] = _random_matrix(rng, name, shape, blocks)

    def config(self) -> Mapping[str, Any]:
        """The configuration in MLC's names."""
        return {"model_type": "llama", **self._config.as_dict(), "tensor_formats": {}}

    def generation_config(self) -> Mapping[str, Any]:
        """Token ids of the tokenizer's special tokens."""
        tokens = vocabulary()
        return {"eos_token_id": tokens["<|im_end|>"], "pad_token_id": tokens["<|endoftext|>"]}

    def formats(self) -> Mapping[str, str]:
        """The format of every tensor by name."""
        return {name: tensor.format for name, tensor in self._tensors.items()}

    def tensor(self, name: str) -> SourceTensor:
        """One tensor."""
        return self._tensors[name]

    def tokenizer_files(self) -> Mapping[str, bytes]:
        """A tokenizer of single bytes and the special tokens."""
        settings = {"tokenizer_class": "GPT2TokenizerFast", "eos_token": SPECIAL_TOKENS[-1]}
        return {
            "tokenizer.json": tokenizer_json(),
            "tokenizer_config.json": json.dumps(settings, indent=2).encode(),
        }


def _part_shapes(
    config: LlamaConfig, name: str, parts: tuple[str, ...], shape: tuple[int, ...]
) -> dict[str, tuple[int, int]]:
    rows, columns = shape
    if len(parts) == 3:
        kv_rows = config.num_key_value_heads * config.head_dim
        part_rows = [rows - 2 * kv_rows, kv_rows, kv_rows]
    else:
        part_rows = [rows // len(parts)] * len(parts)
    return {part: (count, columns) for part, count in zip(parts, part_rows, strict=True)}


def _random_matrix(
    rng: np.random.Generator, name: str, shape: tuple[int, int], blocks: bool
) -> SourceTensor:
    deviation = shape[1] ** -0.5
    module = name.removesuffix(".weight").rpartition(".")[2]
    tensor_format = _BLOCK_FORMATS.get(module, _OTHER_BLOCK_FORMAT) if blocks else "F32"
    if tensor_format in ("F32", "F16"):
        values = (deviation * rng.standard_normal(shape)).astype(np.float32)
        data = values.astype(np.float16) if tensor_format == "F16" else values
    else:
        data = _random_blocks(rng, tensor_format, shape, deviation)
    return SourceTensor(name, tensor_format, shape, data)


def _random_blocks(
    rng: np.random.Generator, tensor_format: str, shape: tuple[int, int], deviation: float
) -> np.ndarray:
    """Blocks of uniform codes whose values have about the given standard deviation."""
    groups = (shape[0], shape[1] // BLOCK, 1)
    codes_deviation = 74.0 if tensor_format == "Q8_0" else 4.6
    scale = (deviation / codes_deviation * rng.uniform(0.5, 1.5, groups)).astype(np.float16)
    fields = [scale]
    if tensor_format == "Q4_1":
        fields.append((scale * np.float16(-7.5)).astype(np.float16))
    bytes_of_codes = BLOCK if tensor_format == "Q8_0" else BLOCK // 2
    codes = rng.integers(0, 256, (*groups[:2], bytes_of_codes), dtype=np.uint8)
    raw = [field.view(np.uint8) for field in fields]
    return np.concatenate([*raw, codes], axis=2).reshape(shape[0], -1)
