"""Compiled libraries of tiny random models, measured against numpy."""

import dataclasses
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from library import Library, tensor
from native_library import load_native_library
from reference_llama import ReferenceLlama
from stored import decode_matrix

from mlc_compiler.compile import compile_model
from mlc_compiler.config.llama import LlamaConfig
from mlc_compiler.errors import OptionError
from mlc_compiler.loader.mapping_llama import model_tensors
from mlc_compiler.ops.sampling import library_kernels
from mlc_compiler.quantization import QUANTIZATIONS
from mlc_compiler.quantization.quantization import Kind
from mlc_compiler.testing.tiny import LIBRARY, make_tiny_model, tiny_config

SEED = 20
KERNELS = ("native", "tir")
TOLERANCE = {"float32": 1e-3, "float16": 5e-2}
NATIVE_TOLERANCE = 1e-2
"""Native attention of many queries has the precision of float16, whatever the cache holds."""
ROUNDED_INPUT_ERROR = 6e-2
"""Native kernels round the input of quantized matrices to 8 bits: 2.5% of a result at the most."""
ROPE_SCALINGS = (
    {"rope_type": "linear", "factor": 4.0},
    {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 64,
    },
)


@dataclasses.dataclass(frozen=True)
class Compiled:
    """A compiled model, its reference and its folder."""

    folder: Path
    library: Library
    reference: ReferenceLlama
    tolerance: float
    rounds_inputs: bool

    def assert_close(self, found: np.ndarray, expected: np.ndarray) -> None:
        """Compares numbers, or the size of all errors where single ones can stand out."""
        if self.rounds_inputs:
            error = np.linalg.norm(found - expected) / np.linalg.norm(expected)
            assert error < ROUNDED_INPUT_ERROR
        else:
            np.testing.assert_allclose(found, expected, rtol=self.tolerance, atol=self.tolerance)


def _compile(
    folder: Path,
    quantization: str,
    config: LlamaConfig | None = None,
    target: str | None = None,
    kernels: str = "tir",
) -> Compiled:
    if kernels == "native":
        load_native_library()
    config = config or tiny_config()
    scheme = QUANTIZATIONS[quantization]
    source = make_tiny_model(
        folder, quantization, config=config, seed=SEED, target=target, kernels=kernels
    )
    weights = {}
    for item in model_tensors(config):
        stacked = item.read(source)
        if item.is_matrix:
            tensor_format = scheme.stored_format(stacked.format)
            weights[item.name] = decode_matrix(quantization, tensor_format, scheme.pack(stacked))
        else:
            weights[item.name] = scheme.pack_vector(stacked).astype(np.float32)
    library = Library(folder, LIBRARY)
    reference = ReferenceLlama(config, weights)
    tolerance = TOLERANCE[scheme.model_dtype]
    if kernels == "native":
        tolerance = max(tolerance, NATIVE_TOLERANCE)
    rounds_inputs = kernels == "native" and scheme.kind is not Kind.PLAIN
    return Compiled(folder, library, reference, tolerance, rounds_inputs)


@pytest.fixture(scope="module", params=itertools.product(KERNELS, QUANTIZATIONS), ids="-".join)
def model(request, tmp_path_factory) -> Compiled:
    """The tiny model with all kernels and in every quantization."""
    kernels, quantization = request.param
    folder = tmp_path_factory.mktemp(f"{kernels}-{quantization}")
    return _compile(folder, quantization, kernels=kernels)


@pytest.fixture(autouse=True)
def _empty_cache(request):
    if "model" in request.fixturenames:
        request.getfixturevalue("model").library.clear()


def _tokens(rng: np.random.Generator, count: int) -> list[int]:
    return rng.integers(0, 259, count).tolist()


def test_prefill_and_decode_match_the_reference(model, rng):
    tokens = _tokens(rng, 37)
    expected = model.reference.logits(tokens)
    model.library.add(0)
    model.assert_close(model.library.prefill(tokens[:33]), expected[32])
    for position in range(33, 37):
        found = model.library.decode(tokens[position])
        model.assert_close(found, expected[position])


def test_prefill_in_chunks_equals_prefill_at_once(model, rng):
    tokens = _tokens(rng, 50)
    model.library.add(0, 1)
    at_once = model.library.prefill(tokens, sequence=0)
    for chunk in (tokens[:1], tokens[1:20], tokens[20:]):
        in_chunks = model.library.prefill(chunk, sequence=1)
    model.assert_close(in_chunks, at_once)


def test_batch_functions_equal_single_ones(model, rng):
    library = model.library
    prompts = {sequence: _tokens(rng, length) for sequence, length in enumerate((3, 17, 1))}
    lengths = {sequence: len(prompt) for sequence, prompt in prompts.items()}
    library.add(*prompts)
    joined = [token for prompt in prompts.values() for token in prompt]
    positions = tensor(np.cumsum(list(lengths.values())) - 1, "int32")
    first = library.forward("batch_prefill", library.embed(joined, 1, 21), lengths, positions)
    next_tokens = _tokens(rng, 3)
    ones = dict.fromkeys(prompts, 1)
    second = library.forward("batch_decode", library.embed(next_tokens, 3, 1), ones)
    assert first.shape[:2] == (1, 3)
    assert second.shape[:2] == (3, 1)
    library.clear()
    for sequence, prompt in prompts.items():
        library.add(sequence)
        model.assert_close(first[0, sequence], library.prefill(prompt, sequence))
        decoded = library.decode(next_tokens[sequence], sequence)
        model.assert_close(second[sequence, 0], decoded)


def test_batch_verify_gives_the_logits_of_every_position(model, rng):
    tokens = _tokens(rng, 9)
    model.library.add(0)
    found = model.library.forward("batch_verify", model.library.embed(tokens, 1, 9), {0: 9})
    model.assert_close(found[0], model.reference.logits(tokens))


@pytest.mark.parametrize("function", ["prefill", "batch_prefill", "batch_verify"])
def test_hidden_states_lead_to_the_same_logits(model, rng, function):
    tokens = _tokens(rng, 6)
    library = model.library
    library.add(0)
    name = f"{function}_to_last_hidden_states"
    hidden = library.forward(name, library.embed(tokens, 1, 6), {0: 6})
    model.assert_close(hidden[0], model.reference.hidden_states(tokens))
    select = "batch_select_last_hidden_states"
    rows = library.call(select, tensor(hidden[0]), tensor([5, 0], "int32"))
    np.testing.assert_array_equal(rows.numpy(), hidden[0][[5, 0]])
    logits = library.call("get_logits", rows, library.params).numpy()
    model.assert_close(logits, model.reference.logits(tokens)[[5, 0]])


@pytest.mark.parametrize("function", ["decode", "batch_decode"])
def test_decode_to_hidden_states(model, rng, function):
    library = model.library
    tokens = _tokens(rng, 1)
    library.add(0)
    name = f"{function}_to_last_hidden_states"
    hidden = library.forward(name, library.embed(tokens, 1, 1), {0: 1})
    model.assert_close(hidden[0], model.reference.hidden_states(tokens))


def test_forks_continue_on_their_own(model, rng):
    tokens, continuation = _tokens(rng, 21), _tokens(rng, 2)
    library = model.library
    library.add(0)
    library.prefill(tokens)
    library.fork(0, 1)
    for sequence, token in enumerate(continuation):
        expected = model.reference.logits([*tokens, token])[-1]
        model.assert_close(library.decode(token, sequence), expected)


def test_cache_pages_are_taken_and_given_back(model, rng):
    library = model.library
    empty = library.free_pages()
    assert empty == 256 // library.page_size + 1
    library.add(0)
    library.prefill(_tokens(rng, 17))
    assert library.free_pages() == empty - 2
    library.clear()
    assert library.free_pages() == empty


def test_metadata_describes_the_library(model):
    metadata = model.library.metadata
    config = json.loads((model.folder / "mlc-chat-config.json").read_text())
    for key in ("model_type", "quantization", "active_vocab_size", "context_window_size"):
        assert metadata[key] == config[key]
    for key in ("prefill_chunk_size", "max_batch_size"):
        assert metadata[key] == config["model_config"][key]
    assert metadata["kv_state_kind"] == "kv_cache"
    assert metadata["kv_cache"] == {
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "dtype": str(model.library.call("alloc_embedding_tensor").dtype)
        if metadata["quantization"] != "gguf" or metadata["kernels"]["name"] == "tir"
        else "float16",
    }
    assert metadata["kernels"]["version"] == {"native": 2, "tir": 1}[metadata["kernels"]["name"]]
    assert metadata["target"]["kind"] == "llvm"
    assert metadata["target"]["mtriple"]
    assert metadata["params"][0]["name"].startswith("model.embed_tokens.")
    assert metadata["params"][-1]["name"] == "model.norm.weight"
    for parameter, stored in zip(metadata["params"], model.library.params, strict=True):
        assert (parameter["shape"], parameter["dtype"]) == (list(stored.shape), str(stored.dtype))
    for function, planned in metadata["memory_usage"].items():
        assert model.library.has(function)
        assert planned < 4 << 20
    assert metadata["memory_usage"]["prefill"] > metadata["memory_usage"]["decode"] > 0


def test_kernels_for_an_engine_are_in_the_library(model):
    for name in library_kernels("float32"):
        assert model.library.has(name)
    assert not model.library.has("create_paged_kv_cache")


def test_embedding_tensor_holds_one_prefill_chunk(model):
    found = model.library.call("alloc_embedding_tensor")
    assert list(found.shape) == [128, 64]
    assert str(found.dtype) == QUANTIZATIONS[model.library.metadata["quantization"]].model_dtype


def test_embedding_decodes_rows_exactly(model):
    found = model.library.embed([258, 0, 7], 3).numpy()
    expected = model.reference._weights["model.embed_tokens"][[258, 0, 7]]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("quantization", ["q0f32", "q4f16_1", "gguf"])
def test_untied_output_projection(tmp_path, rng, quantization, kernels):
    config = tiny_config(tie_word_embeddings=False)
    model = _compile(tmp_path, quantization, config, kernels=kernels)
    tokens = _tokens(rng, 5)
    model.library.add(0)
    assert model.library.metadata["params"][-1]["name"].startswith("lm_head.")
    expected = model.reference.logits(tokens)[-1]
    model.assert_close(model.library.prefill(tokens), expected)


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("scaling", ROPE_SCALINGS, ids=lambda scaling: scaling["rope_type"])
def test_rope_scaling(tmp_path, rng, scaling, kernels):
    config = dataclasses.replace(tiny_config(), rope_scaling=scaling)
    model = _compile(tmp_path, "q0f32", config, kernels=kernels)
    tokens = _tokens(rng, 100)
    model.library.add(0)
    expected = model.reference.logits(tokens)[-1]
    model.assert_close(model.library.prefill(tokens), expected)


def test_baseline_target(tmp_path, rng):
    model = _compile(tmp_path, "q4f16_1", target=_baseline())
    tokens = _tokens(rng, 5)
    model.library.add(0)
    expected = model.reference.logits(tokens)[-1]
    model.assert_close(model.library.prefill(tokens), expected)
    target = model.library.metadata["target"]
    assert target["level"] == _baseline()
    assert "avx" not in target["features"]


def _baseline() -> str:
    from mlc_compiler.compile.targets import find_target

    return "x86-64-v2" if find_target().level.startswith("x86") else find_target().level


def test_overrides_change_the_library(tmp_path):
    model = _compile(tmp_path, "q0f32")
    output = tmp_path / "small.so"
    overrides = {"prefill_chunk_size": 32, "max_batch_size": 2}
    config = tmp_path / "mlc-chat-config.json"
    compile_model(config, output, overrides=overrides, kernels="tir")
    metadata = Library(tmp_path, output.name).metadata
    assert (metadata["prefill_chunk_size"], metadata["max_batch_size"]) == (32, 2)
    large = model.library.metadata["memory_usage"]
    assert metadata["memory_usage"]["prefill"] < large["prefill"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "x86-64-v9"}, "unknown target"),
        ({"kernels": "none"}, "unknown kernels"),
        ({"overrides": {"page_size": 8}}, "unknown override"),
        ({"quantization": "q5"}, "unknown quantization"),
        ({"model_type": "gpt9"}, "not supported"),
    ],
)
def test_unknown_options_are_refused_by_name(tmp_path, options, message):
    path = _write_config(tmp_path, tiny_config())
    with pytest.raises(OptionError, match=message):
        compile_model(path, tmp_path / "model.so", **options)


def test_sizes_that_the_kernels_cannot_cut_are_refused(tmp_path):
    path = _write_config(tmp_path, dataclasses.replace(tiny_config(), intermediate_size=100))
    with pytest.raises(OptionError, match="down_proj has 100 columns"):
        compile_model(path, tmp_path / "model.so")


def _write_config(folder: Path, config) -> Path:
    chat_config = {"model_type": "llama", "quantization": "q0f32", "model_config": config.as_dict()}
    path = folder / "mlc-chat-config.json"
    path.write_text(json.dumps(chat_config))
    return path
