"""Compiled encoders, measured against numpy."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
import tvm
from bert_files import tiny_weights, write_bert
from library import tensor
from native_library import load_native_library
from stored import decode_matrix
from tvm import relax

from mlc_compiler.compile import compile_model
from mlc_compiler.config.bert import BertConfig
from mlc_compiler.config.chat_config import ChatOptions, generate_config
from mlc_compiler.errors import OptionError
from mlc_compiler.loader import open_source
from mlc_compiler.loader.mapping_bert import model_tensors
from mlc_compiler.progress import Progress
from mlc_compiler.quantization import QUANTIZATIONS
from mlc_compiler.quantization.quantization import Kind
from mlc_compiler.weights.convert import convert_weights

SEED = 5
EXACT = 2e-5
NATIVE_ATTENTION = 5e-3
"""Native attention of many queries has the precision of float16."""
ROUNDED_INPUT = 5e-2
"""Native kernels round the input of quantized matrices to 8 bits."""


class Encoder:
    """A tiny BERT: its library and the same in numpy and float64."""

    def __init__(self, folder: Path, kernels: str, quantization: str) -> None:
        scheme = QUANTIZATIONS[quantization]
        rng = np.random.default_rng(SEED)
        source = open_source(write_bert(folder / "hf", tiny_weights(rng)))
        convert_weights(source, scheme, folder, progress=Progress())
        options = ChatOptions(overrides={"max_batch_size": 4})
        generate_config(source, scheme, options, folder, progress=Progress())
        config_file = folder / "mlc-chat-config.json"
        compile_model(config_file, folder / "lib.so", kernels=kernels, progress=Progress())
        self.config = BertConfig.from_dict(source.config())
        self.weights = {}
        for item in model_tensors(self.config):
            stacked = item.read(source)
            if item.is_matrix:
                form = scheme.stored_format(stacked.format)
                values = decode_matrix(quantization, form, scheme.pack(stacked))
            else:
                values = scheme.pack_vector(stacked)
            self.weights[item.name] = values.astype(np.float64)
        self.tolerance = EXACT
        if kernels == "native":
            self.tolerance = NATIVE_ATTENTION if scheme.kind is Kind.PLAIN else ROUNDED_INPUT
        self._vm = relax.VirtualMachine(tvm.runtime.load_module(str(folder / "lib.so")), tvm.cpu())
        self.metadata = json.loads(self._vm["_metadata"]())
        load = tvm.get_global_func("vm.builtin.tensor_cache.load")
        load(str(folder), 1, 0)
        names = [parameter["name"] for parameter in self.metadata["params"]]
        get = tvm.get_global_func("vm.builtin.param_array_from_cache_by_name")
        self._params = get(names)
        tvm.get_global_func("vm.builtin.tensor_cache.clear")()

    def side_by_side(self, texts: list[list[int]]) -> list[np.ndarray]:
        """The hidden states of each text, by one call without padding."""
        ids = [token for text in texts for token in text]
        positions = [place for text in texts for place in range(len(text))]
        starts = np.cumsum([0, *map(len, texts)])
        arguments = [tensor(values, "int32") for values in (ids, positions, starts)]
        hidden = self._vm["batch_prefill"](*arguments, self._params).numpy()
        return np.split(hidden, starts[1:-1])

    def padded(self, texts: list[list[int]], size: int, rng) -> list[np.ndarray]:
        """The hidden states of each text, by one call with random tokens as padding."""
        ids = rng.integers(0, self.config.vocab_size, (len(texts), size)).astype(np.int32)
        mask = np.zeros_like(ids)
        for row, text in enumerate(texts):
            ids[row, : len(text)] = text
            mask[row, : len(text)] = 1
        hidden = self._vm["prefill"](tensor(ids), tensor(mask), self._params).numpy()
        assert hidden.shape == (*ids.shape, self.config.hidden_size)
        return [hidden[row, : len(text)] for row, text in enumerate(texts)]

    def expected(self, text: list[int]) -> np.ndarray:
        """The hidden states of a text in float64."""
        w = self.weights
        x = w["embeddings.word_embeddings"][text]
        x = x + w["embeddings.position_embeddings.weight"][: len(text)]
        x = x + w["embeddings.token_type_embeddings.weight"][0]
        x = self._norm(x, "embeddings.LayerNorm")
        for layer in range(self.config.num_hidden_layers):
            name = f"encoder.layer.{layer}"
            attended = self._attention(self._dense(x, f"{name}.attention.self.qkv"))
            output = f"{name}.attention.output"
            x = self._norm(x + self._dense(attended, f"{output}.dense"), f"{output}.LayerNorm")
            inner = self._dense(x, f"{name}.intermediate.dense")
            inner = inner / 2 * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)))
            output = f"{name}.output"
            x = self._norm(x + self._dense(inner, f"{output}.dense"), f"{output}.LayerNorm")
        return x

    def assert_close(self, found: np.ndarray, expected: np.ndarray) -> None:
        """Compares by the size of all errors: single ones stand out where inputs are rounded."""
        error = np.linalg.norm(found - expected) / np.linalg.norm(expected)
        assert error < self.tolerance

    def _dense(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self.weights[name].T + self.weights[f"{name}.bias"]

    def _norm(self, x: np.ndarray, name: str) -> np.ndarray:
        x = x - x.mean(axis=-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + self.config.layer_norm_eps)
        return x * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def _attention(self, qkv: np.ndarray) -> np.ndarray:
        size = self.config.head_dim
        heads = qkv.reshape(len(qkv), 3, -1, size).transpose(1, 2, 0, 3)
        scores = heads[0] @ heads[1].swapaxes(1, 2) / math.sqrt(size)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        attended = weights / weights.sum(axis=-1, keepdims=True) @ heads[2]
        return attended.swapaxes(0, 1).reshape(len(qkv), -1)


@pytest.fixture(
    scope="module", params=itertools.product(("native", "tir"), QUANTIZATIONS), ids="-".join
)
def encoder(request, tmp_path_factory) -> Encoder:
    """The tiny encoder with all kernels and in every quantization."""
    kernels, quantization = request.param
    if kernels == "native":
        load_native_library()
    return Encoder(tmp_path_factory.mktemp(f"{kernels}-{quantization}"), kernels, quantization)


def _texts(rng: np.random.Generator, *lengths: int) -> list[list[int]]:
    return [rng.integers(0, 260, length).tolist() for length in lengths]


def test_texts_of_all_lengths_match_the_reference(encoder, rng):
    for text in _texts(rng, 1, 2, 3, 17, 39, 40):
        (found,) = encoder.side_by_side([text])
        encoder.assert_close(found, encoder.expected(text))


def test_texts_side_by_side_do_not_see_each_other(encoder, rng):
    texts = _texts(rng, 7, 1, 20, 2, 10)
    for text, found in zip(texts, encoder.side_by_side(texts), strict=True):
        encoder.assert_close(found, encoder.expected(text))


def test_padding_changes_nothing(encoder, rng):
    texts = _texts(rng, 5, 23, 1, 11)
    for text, found in zip(texts, encoder.padded(texts, 23, rng), strict=True):
        encoder.assert_close(found, encoder.expected(text))
    (whole,) = encoder.padded(texts[1:2], 23, rng)
    (alone,) = encoder.side_by_side(texts[1:2])
    np.testing.assert_array_equal(whole, alone)


def test_metadata_describe_the_library(encoder):
    metadata = encoder.metadata
    assert (metadata["model_type"], metadata["model_task"]) == ("bert", "embedding")
    assert metadata["kv_state_kind"] == "none"
    assert metadata["embedding_metadata"]["pooling_strategy"] == "mean"
    assert "kv_cache" not in metadata
    assert metadata["context_window_size"] == metadata["prefill_chunk_size"] == 40
    assert metadata["params"][0]["name"].startswith("embeddings.word_embeddings.")
    assert metadata["params"][-1]["name"] == "encoder.layer.1.output.LayerNorm.bias"
    assert metadata["memory_usage"]["prefill"] > metadata["memory_usage"]["batch_prefill"] > 0


def test_sizes_of_the_table_cannot_be_overridden(tmp_path, rng):
    source = open_source(write_bert(tmp_path / "hf", tiny_weights(rng)))
    scheme = QUANTIZATIONS["q0f32"]
    generate_config(source, scheme, ChatOptions(), tmp_path, progress=Progress())
    with pytest.raises(OptionError, match="no context_window_size to choose"):
        compile_model(
            tmp_path / "mlc-chat-config.json",
            tmp_path / "lib.so",
            overrides={"context_window_size": 20},
        )
