"""Conversion of whole models, and what TVM's runtime reads back."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import tvm
from model_files import (
    gguf_bytes,
    gguf_metadata,
    gguf_tensors,
    tiny_weights,
    write_hugging_face,
)
from sources import random_tensor

from mlc_compiler.errors import ModelFileError
from mlc_compiler.loader import open_source
from mlc_compiler.progress import Progress
from mlc_compiler.quantization import QUANTIZATIONS
from mlc_compiler.weights.convert import convert_weights
from mlc_compiler.weights.tensor_cache import TensorCacheWriter


def load_with_tvm(folder: Path) -> dict[str, np.ndarray]:
    """All arrays of a folder, through the loader of TVM's runtime."""
    index = json.loads((folder / "tensor-cache.json").read_text())
    names = [record["name"] for shard in index["records"] for record in shard["records"]]
    tvm.get_global_func("vm.builtin.tensor_cache.load")(str(folder), 1, 0)
    try:
        get = tvm.get_global_func("vm.builtin.param_array_from_cache_by_name")
        return {name: tensor.numpy() for name, tensor in zip(names, get(names), strict=True)}
    finally:
        tvm.get_global_func("vm.builtin.tensor_cache.clear")()


def convert(source: Path, quantization: str, output: Path) -> dict[str, np.ndarray]:
    convert_weights(open_source(source), QUANTIZATIONS[quantization], output, progress=Progress())
    return load_with_tvm(output)


def write_gguf(folder: Path, tensors) -> Path:
    path = folder / "model.gguf"
    path.write_bytes(gguf_bytes(gguf_metadata(), tensors))
    return path


@pytest.mark.parametrize("quantization", QUANTIZATIONS)
def test_gguf_and_hugging_face_give_the_same_parameters(quantization, tmp_path, rng):
    weights = tiny_weights(rng)
    folder = write_hugging_face(tmp_path / "hf", weights)
    file = write_gguf(tmp_path, gguf_tensors(weights))

    ours = convert(folder, quantization, tmp_path / "a")
    theirs = convert(file, quantization, tmp_path / "b")

    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        assert np.array_equal(array, theirs[name]), name


def test_parts_are_fused_in_order(tmp_path, rng):
    weights = tiny_weights(rng)
    stored = convert(write_hugging_face(tmp_path / "hf", weights), "q0f32", tmp_path / "out")
    attention, mlp = "model.layers.1.self_attn.", "model.layers.1.mlp."
    qkv = [weights[f"{attention}{part}_proj.weight"] for part in "qkv"]
    gate_up = [weights[f"{mlp}{part}_proj.weight"] for part in ("gate", "up")]
    assert np.array_equal(stored[f"{attention}qkv_proj.weight"], np.concatenate(qkv))
    assert np.array_equal(stored[f"{mlp}gate_up_proj.weight"], np.concatenate(gate_up))
    assert np.array_equal(stored["model.norm.weight"], weights["model.norm.weight"])
    assert "lm_head.weight" not in stored


def test_untied_head_is_a_parameter(tmp_path, rng):
    weights = tiny_weights(rng)
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"] + 1
    folder = write_hugging_face(tmp_path / "hf", weights, tie_word_embeddings=False)
    stored = convert(folder, "q0f32", tmp_path / "out")
    assert np.array_equal(stored["lm_head.weight"], weights["lm_head.weight"])


def test_blocks_survive_row_order_and_fusing(tmp_path, rng):
    tensors = {tensor.name: tensor for tensor in gguf_tensors(tiny_weights(rng))}
    for part, rows in (("q", 64), ("k", 32), ("v", 32)):
        name = f"blk.0.attn_{part}.weight"
        tensors[name] = random_tensor(rng, "Q4_1", rows, 64, name)
    stored = convert(write_gguf(tmp_path, list(tensors.values())), "gguf", tmp_path / "out")

    prefix = "model.layers.0.self_attn.qkv_proj."
    codes = stored[prefix + "q_weight"].view(np.uint8).reshape(128, 2, 16)
    nibbles = np.concatenate([codes & 15, codes >> 4], axis=2).astype(np.float32)
    scale, minimum = (stored[prefix + s].astype(np.float32) for s in ("q_scale", "q_min"))
    values = (nibbles * scale[:, :, None] + minimum[:, :, None]).reshape(128, 64)
    for start, part, heads in ((0, "q", 4), (64, "k", 2)):
        source = tensors[f"blk.0.attn_{part}.weight"].to_float32()
        halves = source.reshape(heads, 8, 2, 64).swapaxes(1, 2).reshape(source.shape)
        assert np.array_equal(values[start : start + len(source)], halves)
    assert np.array_equal(values[96:], tensors["blk.0.attn_v.weight"].to_float32())


def test_parts_of_different_formats_become_f32_with_a_message(tmp_path, rng, capsys):
    tensors = {tensor.name: tensor for tensor in gguf_tensors(tiny_weights(rng))}
    name = "blk.1.ffn_up.weight"
    tensors[name] = random_tensor(rng, "Q8_0", 96, 64, name)
    stored = convert(write_gguf(tmp_path, list(tensors.values())), "gguf", tmp_path / "out")

    fused = stored["model.layers.1.mlp.gate_up_proj.weight"]
    assert np.array_equal(fused[96:], tensors[name].to_float32())
    assert "gate_up_proj is stored as F32, its parts differ" in capsys.readouterr().err


def test_shards_follow_the_cap_and_carry_digests(tmp_path, rng):
    mebibyte = 1 << 20
    sizes = {"a": 10, "big": 24, "b": 20, "c": 11, "huge": 40, "d": 1}
    arrays = {name: rng.integers(0, 256, size * mebibyte, np.uint8) for name, size in sizes.items()}
    writer = TensorCacheWriter(tmp_path)
    for name, array in arrays.items():
        writer.add(name, array)
    writer.finish({"ParamSize": 6})

    index = json.loads((tmp_path / "tensor-cache.json").read_text())
    shards = [[record["name"] for record in shard["records"]] for shard in index["records"]]
    assert shards == [["big"], ["a", "b"], ["huge"], ["c", "d"]]
    for shard in index["records"]:
        data = (tmp_path / shard["dataPath"]).read_bytes()
        assert (len(data), hashlib.md5(data).hexdigest()) == (shard["nbytes"], shard["md5sum"])
    for name, array in load_with_tvm(tmp_path).items():
        assert np.array_equal(array, arrays[name])


def test_q0f32_keeps_every_bit(tmp_path, rng):
    weights = tiny_weights(rng)
    stored = convert(write_hugging_face(tmp_path / "hf", weights), "q0f32", tmp_path / "out")
    name = "model.layers.0.mlp.down_proj.weight"
    assert np.array_equal(stored[name].view(np.uint32), weights[name].view(np.uint32))


def test_weights_that_do_not_fit_the_config_are_refused(tmp_path, rng):
    weights = tiny_weights(rng)
    folder = write_hugging_face(tmp_path / "hf", weights, intermediate_size=95)
    with pytest.raises(
        ModelFileError, match=r"gate_up_proj of shape \[190, 64\], found \[192, 64\]"
    ):
        convert(folder, "q0f16", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_failure_keeps_the_old_output(tmp_path, rng):
    weights = tiny_weights(rng)
    good = write_hugging_face(tmp_path / "good", weights)
    del weights["model.norm.weight"]
    bad = write_hugging_face(tmp_path / "bad", weights)
    before = convert(good, "q0f32", tmp_path / "out")

    with pytest.raises(ModelFileError, match="no tensor model.norm.weight"):
        convert(bad, "q4f16_1", tmp_path / "out")

    after = load_with_tvm(tmp_path / "out")
    assert all(np.array_equal(after[name], array) for name, array in before.items())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad", "good", "out"]


def test_new_weights_replace_the_old_and_leave_other_files(tmp_path, rng):
    folder = write_hugging_face(tmp_path / "hf", tiny_weights(rng))
    convert(folder, "q0f32", tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    (tmp_path / "out" / "params_shard_7.bin").write_text("stale")
    convert(folder, "q4f16_1", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "notes.txt",
        "params_shard_0.bin",
        "tensor-cache.json",
    ]
