"""What the quantizations store stands for the weights that went in."""

import numpy as np
import pytest
from sources import random_tensor

from mlc_compiler.errors import OptionError
from mlc_compiler.quantization import QUANTIZATIONS, find_quantization, group
from mlc_compiler.tensor import FORMATS, SourceTensor

GROUPED = ["q4f16_1", "q4f32_1", "q8f16_1"]


@pytest.mark.parametrize("name", QUANTIZATIONS)
@pytest.mark.parametrize("tensor_format", FORMATS)
def test_packed_arrays_match_their_description(name, tensor_format, rng):
    quantization = QUANTIZATIONS[name]
    tensor = random_tensor(rng, tensor_format, rows=6, columns=64)
    stored = quantization.stored_format(tensor_format)

    packed = quantization.pack(tensor)

    described = quantization.parameters("w", 6, 64, stored)
    assert [(p.suffix, p.dtype, p.shape) for p in described] == [
        (suffix, array.dtype.name, array.shape) for suffix, array in packed.items()
    ]


@pytest.mark.parametrize("name", GROUPED)
@pytest.mark.parametrize("columns", [32, 40, 96])
def test_group_codes_are_the_nearest(name, columns, rng):
    quantization = QUANTIZATIONS[name]
    weights = rng.standard_normal((5, columns)).astype(np.float32)

    packed = quantization.pack(SourceTensor.of("w", weights))
    back = group.unpack(
        packed["q_weight"], packed["q_scale"], quantization.bits, quantization.group_size, columns
    )

    scale = np.repeat(packed["q_scale"].astype(np.float32), 32, axis=1)[:, :columns]
    assert np.all(np.abs(back - weights) <= scale * 0.51)


def test_group_layout_of_one_group():
    weights = np.zeros((1, 32), np.float32)
    weights[0, 0], weights[0, 1], weights[0, 9] = 7.0, -7.0, 3.0

    packed = QUANTIZATIONS["q4f16_1"].pack(SourceTensor.of("w", weights))

    assert packed["q_scale"].tolist() == [[1.0]]
    assert [hex(word) for word in packed["q_weight"][0]] == [
        "0x7777770e",
        "0x777777a7",
        "0x77777777",
        "0x77777777",
    ]


def test_group_of_zeros_has_zero_weights():
    packed = QUANTIZATIONS["q4f32_1"].pack(SourceTensor.of("w", np.zeros((2, 32), np.float32)))
    assert not group.unpack(packed["q_weight"], packed["q_scale"], 4, 32, 32).any()


@pytest.mark.parametrize("name", ["q0f16", "q4f16_1"])
@pytest.mark.parametrize("bad", [np.inf, np.nan, 1e6])
def test_weights_beyond_the_dtype_are_refused(name, bad):
    weights = np.full((1, 32), bad, np.float32)
    with pytest.raises(OptionError, match="layer.weight"):
        QUANTIZATIONS[name].pack(SourceTensor.of("layer.weight", weights))


@pytest.mark.parametrize("tensor_format", ["Q4_0", "Q4_1"])
def test_nibble_planes_stand_for_the_source_exactly(tensor_format, rng):
    tensor = random_tensor(rng, tensor_format, rows=7, columns=96)

    packed = QUANTIZATIONS["gguf"].pack(tensor)

    codes = packed["q_weight"].view(np.uint8).reshape(7, 3, 16)
    nibbles = np.concatenate([codes & 15, codes >> 4], axis=2).astype(np.float32)
    scale = packed["q_scale"].astype(np.float32)[:, :, None]
    if tensor_format == "Q4_0":
        values = (nibbles - 8) * scale
    else:
        values = nibbles * scale + packed["q_min"].astype(np.float32)[:, :, None]
    assert np.array_equal(values.reshape(7, 96), tensor.to_float32())


def test_byte_planes_stand_for_the_source_exactly(rng):
    tensor = random_tensor(rng, "Q8_0", rows=3, columns=64)
    packed = QUANTIZATIONS["gguf"].pack(tensor)
    scale = np.repeat(packed["q_scale"].astype(np.float32), 32, axis=1)
    assert np.array_equal(packed["q_weight"] * scale, tensor.to_float32())


def test_bf16_is_widened_without_loss(rng):
    tensor = random_tensor(rng, "BF16", rows=2, columns=32)
    packed = QUANTIZATIONS["gguf"].pack(tensor)
    assert np.array_equal(packed["weight"].view(np.uint32) >> 16, tensor.data)


def test_gguf_needs_the_format():
    with pytest.raises(OptionError, match=r"format of lm_head.*gen_config"):
        QUANTIZATIONS["gguf"].parameters("lm_head", 8, 32, None)


def test_unknown_name_lists_the_known():
    with pytest.raises(OptionError, match="q9f1.*q4f16_1"):
        find_quantization("q9f1")
