"""The fields of mlc-chat-config.json."""

import json
from pathlib import Path

import pytest
from model_files import (
    TINY,
    gguf_bytes,
    gguf_metadata,
    gguf_tensors,
    tiny_weights,
    tokenizer_json,
    write_hugging_face,
)
from sources import random_tensor

from mlc_compiler.config.chat_config import ChatOptions, generate_config
from mlc_compiler.config.conv_template import find_template, template_names
from mlc_compiler.config.llama import LlamaConfig
from mlc_compiler.config.vocabulary import read_vocabulary
from mlc_compiler.errors import CompilerError, ModelFileError, OptionError
from mlc_compiler.loader import open_source
from mlc_compiler.progress import Progress
from mlc_compiler.quantization import QUANTIZATIONS


def generate(source: Path, output: Path, quantization: str = "q4f16_1", **options) -> dict:
    chat_options = ChatOptions(**{"conv_template": "chatml", **options})
    generate_config(
        open_source(source),
        QUANTIZATIONS[quantization],
        chat_options,
        output,
        progress=Progress(),
    )
    return json.loads((output / "mlc-chat-config.json").read_text())


@pytest.fixture
def model(tmp_path) -> Path:
    return write_hugging_face(tmp_path / "hf", {})


def test_fields_of_the_schema(model, tmp_path):
    config = generate(model, tmp_path / "out")
    assert config["version"] == "0.1.0"
    assert config["model_type"] == "llama"
    assert config["quantization"] == "q4f16_1"
    assert config["vocab_size"] == config["active_vocab_size"] == 260
    assert config["context_window_size"] == config["prefill_chunk_size"] == 128
    assert config["sliding_window_size"] == config["attention_sink_size"] == -1
    assert config["tensor_parallel_shards"] == config["pipeline_parallel_stages"] == 1
    assert config["tokenizer_files"] == ["tokenizer.json"]
    assert config["tokenizer_info"] == {
        "token_postproc_method": "byte_level",
        "prepend_space_in_encode": False,
        "strip_space_in_decode": False,
    }
    assert (config["model_task"], config["embedding_metadata"]) == ("chat", None)
    assert (tmp_path / "out" / "tokenizer.json").read_text() == json.dumps(tokenizer_json())


def test_model_config_reads_back(model, tmp_path):
    config = generate(model, tmp_path / "out", overrides={"max_batch_size": 9})
    read = LlamaConfig.from_dict(config["model_config"])
    assert read.as_dict() == config["model_config"]
    assert (read.position_embedding_base, read.max_batch_size) == (500.0, 9)


def test_sampling_defaults_have_an_order(model, tmp_path):
    assert generate(model, tmp_path / "a")["temperature"] == 1.0
    generation = {"temperature": 0.6, "top_p": 0.95, "eos_token_id": [2, 0]}
    (model / "generation_config.json").write_text(json.dumps(generation))

    config = generate(model, tmp_path / "b", top_p=0.5)

    assert (config["temperature"], config["top_p"]) == (0.6, 0.5)
    assert (config["eos_token_id"], config["bos_token_id"], config["pad_token_id"]) == (
        [2, 0],
        1,
        0,
    )
    assert config["repetition_penalty"] == 1.0


def test_template_is_an_object_with_the_chosen_system_message(model, tmp_path):
    template = generate(model, tmp_path / "out", system_message="Be brief.")["conv_template"]
    assert template == {**find_template("chatml"), "system_message": "Be brief."}


def test_stop_ids_fit_the_vocabulary(tmp_path, capsys):
    folder = write_hugging_face(tmp_path / "hf", {})
    tokenizer = tokenizer_json()
    tokenizer["added_tokens"] = [
        {"id": 0, "content": "<|endoftext|>"},
        {"id": 1, "content": "<|im_end|>"},
    ]
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))

    template = generate(folder, tmp_path / "out")["conv_template"]

    assert template["stop_token_ids"] == [1]
    messages = capsys.readouterr().err
    assert "stop id 2 is not a special token of this model, dropped" in messages
    assert "stop id 1 (<|im_end|>) added" in messages


def test_every_template_has_all_fields_of_the_first():
    first = find_template("chatml").keys()
    for name in template_names():
        template = find_template(name)
        assert first <= template.keys(), name
        assert template["name"] == name
        assert all(template["stop_str"]), name


def test_gguf_records_the_formats_of_matrices(tmp_path, rng):
    tensors = {tensor.name: tensor for tensor in gguf_tensors(tiny_weights(rng))}
    formats = {
        "token_embd.weight": ("Q8_0", 260, 64),
        "blk.0.ffn_up.weight": ("Q4_0", 96, 64),
        "blk.0.ffn_gate.weight": ("Q4_0", 96, 64),
        "blk.1.ffn_up.weight": ("Q4_0", 96, 64),
        "blk.1.ffn_down.weight": ("BF16", 64, 96),
    }
    for name, (tensor_format, rows, columns) in formats.items():
        tensors[name] = random_tensor(rng, tensor_format, rows, columns, name)
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf_bytes(gguf_metadata(), list(tensors.values())))

    config = generate(path, tmp_path / "out", "gguf")

    stored = config["model_config"]["tensor_formats"]
    assert len(stored) == 1 + 4 * TINY["num_hidden_layers"]
    assert stored["model.embed_tokens"] == "Q8_0"
    assert stored["model.layers.0.mlp.gate_up_proj"] == "Q4_0"
    assert stored["model.layers.1.mlp.gate_up_proj"] == "F32"
    assert stored["model.layers.1.mlp.down_proj"] == "F32"
    assert config["eos_token_id"] == 2
    assert generate(path, tmp_path / "q4")["model_config"]["tensor_formats"] == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"conv_template": "chatml2"}, "unknown conversation template 'chatml2'.*chatml, "),
        ({"overrides": {"tensor_parallel_shards": 2}}, "tensor_parallel_shards"),
        ({"overrides": {"sliding_window_size": 64}}, "no sliding_window_size"),
        ({"overrides": {"attention_sink_size": 4}}, "no attention_sink_size"),
        ({"overrides": {"prefill_chunk_size": 4096}}, "must not exceed context_window_size"),
        ({"overrides": {"context_window_size": 0}}, "positive integer, found 0"),
        ({"overrides": {"window": 1}}, "unknown override 'window'"),
        ({"temperature": -0.1}, "--temperature"),
        ({"top_p": 0.0}, "--top-p"),
    ],
)
def test_options_that_cannot_be_honoured_are_refused(options, message, model, tmp_path):
    with pytest.raises(OptionError, match=message):
        generate(model, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_smaller_context_takes_the_prefill_chunk_along(model, tmp_path):
    config = generate(model, tmp_path / "out", overrides={"context_window_size": 32})
    assert (config["context_window_size"], config["prefill_chunk_size"]) == (32, 32)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_act": "gelu"}, "hidden_act = 'gelu'; only 'silu'"),
        ({"attention_bias": True}, "attention_bias"),
        ({"rope_scaling": {"type": "yarn", "factor": 2}}, "rope_scaling of type 'yarn'"),
        ({"rope_scaling": {"type": "linear"}}, "type 'linear' without factor"),
        ({"rope_scaling": {"rope_type": "llama3", "factor": 8}}, "without low_freq_factor"),
        ({"num_key_value_heads": 3}, "multiple of num_key_value_heads"),
        ({"hidden_size": None}, "lacks hidden_size"),
        ({"num_hidden_layers": "two"}, "num_hidden_layers must be a positive integer"),
        ({"model_type": "mamba"}, "model type 'mamba' is not supported; expected one of llama"),
        ({"max_position_embeddings": None}, "--context-window-size"),
    ],
)
def test_models_that_cannot_be_described_say_why(changes, message, tmp_path):
    folder = write_hugging_face(tmp_path / "hf", {}, **changes)
    with pytest.raises(CompilerError, match=message):
        generate(folder, tmp_path / "out")


def test_context_can_come_from_the_option(tmp_path):
    folder = write_hugging_face(tmp_path / "hf", {}, max_position_embeddings=None)
    config = generate(folder, tmp_path / "out", overrides={"context_window_size": 64})
    assert config["context_window_size"] == 64


def test_model_without_tokenizer_is_refused(model, tmp_path):
    (model / "tokenizer.json").unlink()
    with pytest.raises(ModelFileError, match="no tokenizer files"):
        generate(model, tmp_path / "out")


def test_sentencepiece_conversions_are_recognised():
    tokenizer = {
        "added_tokens": [],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [{"type": "Prepend", "prepend": "\u2581"}, {"type": "Replace"}],
        },
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "ByteFallback"},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0},
            ],
        },
        "model": {"vocab": {"a": 0, "b": 6}},
    }
    vocabulary = read_vocabulary(tokenizer)
    assert vocabulary.size == 7
    assert vocabulary.tokenizer_info == {
        "token_postproc_method": "byte_fallback",
        "prepend_space_in_encode": True,
        "strip_space_in_decode": True,
    }


@pytest.mark.parametrize(
    "damage",
    [{"model": None}, {"model": {}}, {"added_tokens": [{}]}, {"decoder": {"type": "Sequence"}}],
)
def test_malformed_tokenizer_is_refused(damage, model, tmp_path):
    (model / "tokenizer.json").write_text(json.dumps({**tokenizer_json(), **damage}))
    with pytest.raises(ModelFileError, match="tokenizer.json"):
        generate(model, tmp_path / "out")
