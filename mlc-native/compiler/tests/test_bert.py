"""Encoders of the BERT family: their configuration, what pools their vectors, their weights."""

import json
from pathlib import Path

import numpy as np
import pytest
from bert_files import MODULES, tiny_weights, write_bert, write_json, write_modules, write_pooling
from test_convert import convert

from mlc_compiler.cli import main
from mlc_compiler.config.bert import BertConfig
from mlc_compiler.config.chat_config import ChatOptions, generate_config
from mlc_compiler.errors import CompilerError, ModelFileError, OptionError
from mlc_compiler.loader import open_source
from mlc_compiler.progress import Progress
from mlc_compiler.quantization import QUANTIZATIONS


@pytest.fixture
def model(tmp_path) -> Path:
    return write_bert(tmp_path / "hf", {})


def generate(source: Path, **options) -> dict:
    output = source.parent / "out"
    generate_config(
        open_source(source),
        QUANTIZATIONS["q0f32"],
        ChatOptions(**options),
        output,
        progress=Progress(),
    )
    return json.loads((output / "mlc-chat-config.json").read_text())


def test_fields_of_the_schema(model):
    config = generate(model)
    assert (config["model_type"], config["model_task"]) == ("bert", "embedding")
    assert config["embedding_metadata"] == {
        "model_type": "encoder",
        "pooling_strategy": "mean",
        "normalize": True,
    }
    assert config["context_window_size"] == config["prefill_chunk_size"] == 40
    assert config["model_config"]["context_window_size"] == 40
    assert config["model_config"]["max_batch_size"] == 1
    assert config["conv_template"]["name"] == "LM"
    read = BertConfig.from_dict(config["model_config"])
    assert read.as_dict() == config["model_config"]


def test_texts_are_as_long_as_the_publisher_says(model):
    write_json(model / "sentence_bert_config.json", {"max_seq_length": 24})
    config = generate(model)
    assert (config["context_window_size"], config["model_config"]["context_window_size"]) == (
        24,
        40,
    )
    assert generate(model, overrides={"context_window_size": 40})["context_window_size"] == 40
    write_json(model / "sentence_bert_config.json", {"max_seq_length": 64})
    assert generate(model)["context_window_size"] == 40


@pytest.mark.parametrize(
    ("fields", "strategy"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode_lasttoken": True}, "last"),
        ({"pooling_mode": "mean"}, "mean"),
        ({"pooling_mode": "lasttoken"}, "last"),
    ],
)
def test_pooling_is_read(fields, strategy, model):
    write_pooling(model, **fields)
    assert generate(model)["embedding_metadata"]["pooling_strategy"] == strategy


def test_normalization_is_read_and_options_win(model):
    write_modules(model, MODULES[:2])
    assert generate(model)["embedding_metadata"]["normalize"] is False
    facts = generate(model, pooling="cls", normalize=True)["embedding_metadata"]
    assert (facts["pooling_strategy"], facts["normalize"]) == ("cls", True)
    (model / "modules.json").unlink()
    (model / "1_Pooling" / "config.json").unlink()
    assert generate(model, pooling="last")["embedding_metadata"]["pooling_strategy"] == "last"
    with pytest.raises(OptionError, match="give --pooling"):
        generate(model)


@pytest.mark.parametrize(
    ("file", "value", "message"),
    [
        ("1_Pooling/config.json", {"pooling_mode_max_tokens": True}, "pooling_mode_max_tokens"),
        ("1_Pooling/config.json", {"pooling_mode": "weightedmean"}, "weightedmean; only mean"),
        ("1_Pooling/config.json", {}, "must choose one pooling mode"),
        (
            "1_Pooling/config.json",
            {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True},
            "must choose one",
        ),
        ("1_Pooling/config.json", [], "JSON object"),
        ("modules.json", [{"type": "sentence_transformers.models.Dense"}], "only Transformer"),
        ("modules.json", {}, "list of objects"),
        ("modules.json", [{"type": "m.Pooling", "path": "../.."}], "inside the model's folder"),
        ("sentence_bert_config.json", {"max_seq_length": -1}, "max_seq_length"),
    ],
)
def test_what_cannot_be_honoured_says_why(file, value, message, model):
    write_json(model / file, value)
    with pytest.raises(ModelFileError, match=message):
        generate(model)


def test_malformed_files_are_refused(model):
    (model / "modules.json").write_text("[")
    with pytest.raises(ModelFileError, match="modules.json is not valid JSON"):
        generate(model)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_act": "relu"}, "hidden_act = 'relu'; only 'gelu'"),
        ({"position_embedding_type": "relative_key"}, "position_embedding_type"),
        ({"is_decoder": True}, "is_decoder"),
        ({"num_attention_heads": 3}, "must be a multiple of num_attention_heads"),
        ({"num_attention_heads": 8}, "multiple of 16"),
        ({"layer_norm_eps": None}, "lacks layer_norm_eps"),
        ({"max_position_embeddings": None}, "lacks max_position_embeddings"),
        ({"num_hidden_layers": 0}, "num_hidden_layers must be a positive integer"),
    ],
)
def test_models_that_cannot_be_described_say_why(changes, message, tmp_path):
    with pytest.raises(CompilerError, match=message):
        generate(write_bert(tmp_path / "hf", {}, **changes))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"conv_template": "chatml"}, "--conv-template is not for models of type bert"),
        ({"system_message": "x"}, "--system-message"),
        ({"temperature": 1.0}, "--temperature"),
        ({"top_p": 1.0}, "--top-p"),
        ({"overrides": {"context_window_size": 41}}, "from 1 to the model's 40"),
        ({"overrides": {"context_window_size": 0}}, "found 0"),
        ({"overrides": {"prefill_chunk_size": 8}}, "must hold a whole text, of up to 40"),
        ({"overrides": {"sliding_window_size": 8}}, "no sliding_window_size"),
        ({"overrides": {"max_batch_size": 0}}, "positive integer, found 0"),
    ],
)
def test_options_that_cannot_be_honoured_are_refused(options, message, model):
    with pytest.raises(OptionError, match=message):
        generate(model, **options)


def test_parameters_have_mlcs_names(tmp_path, rng):
    weights = tiny_weights(rng)
    folder = write_bert(tmp_path / "hf", weights)
    stored = convert(folder, "q8f16_1", tmp_path / "out")
    layer = "encoder.layer.1"
    parts = [f"{layer}.attention.self.{part}" for part in ("query", "key", "value")]
    assert stored[f"{layer}.attention.self.qkv.q_weight"].shape == (192, 16)
    bias = np.concatenate([weights[f"{part}.bias"] for part in parts]).astype(np.float16)
    assert np.array_equal(stored[f"{layer}.attention.self.qkv.bias"], bias)
    positions = "embeddings.position_embeddings.weight"
    assert np.array_equal(stored[positions], weights[positions].astype(np.float16))
    assert "pooler.dense.weight" not in stored
    assert len(stored) == 29 + 9


def test_commands_need_no_template(tmp_path, rng, capsys):
    folder = write_bert(tmp_path / "hf", tiny_weights(rng))
    shared = [str(folder), "--quantization", "q0f32", "-o", str(tmp_path / "out")]
    assert main(["convert_weight", *shared]) == 0
    assert main(["gen_config", *shared, "--no-normalize", "--pooling", "cls"]) == 0
    config = json.loads((tmp_path / "out" / "mlc-chat-config.json").read_text())
    assert config["embedding_metadata"]["normalize"] is False
    assert "left out: pooler.dense.weight" in capsys.readouterr().err


def test_chat_models_need_a_template_and_pool_nothing(tmp_path):
    from model_files import write_hugging_face

    folder = write_hugging_face(tmp_path / "llama", {})
    with pytest.raises(OptionError, match="--conv-template with one of chatml"):
        generate(folder)
    with pytest.raises(OptionError, match="--pooling is not for models of type llama"):
        generate(folder, conv_template="chatml", pooling="mean")
