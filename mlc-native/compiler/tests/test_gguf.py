"""The GGUF reader: what it reads, and what it refuses."""

import struct
from pathlib import Path

import numpy as np
import pytest
from model_files import (
    gguf_bytes,
    gguf_metadata,
    gguf_tensors,
    supported_formats,
    tiny_weights,
)
from sources import random_tensor

from mlc_compiler.errors import ModelFileError
from mlc_compiler.loader.gguf import GgufFile
from mlc_compiler.loader.gguf_source import GgufSource
from mlc_compiler.tensor import SourceTensor


def write(folder: Path, data: bytes) -> Path:
    path = folder / "model.gguf"
    path.write_bytes(data)
    return path


def test_reads_metadata_of_every_kind(tmp_path):
    metadata = {"a": 7, "b": -0.5, "c": True, "d": "é", "e": ["x", "yz"], "f": [1, 2], "g": []}
    file = GgufFile(write(tmp_path, gguf_bytes(metadata, [])))
    assert file.metadata == metadata


@pytest.mark.parametrize("tensor_format", supported_formats())
def test_reads_tensors_of_every_format(tensor_format, tmp_path, rng):
    tensors = [random_tensor(rng, tensor_format, 3, 64, name) for name in ("first", "second")]
    file = GgufFile(write(tmp_path, gguf_bytes({}, tensors)))
    for tensor in tensors:
        read = file.tensor(tensor.name)
        assert (read.format, read.shape) == (tensor_format, (3, 64))
        assert np.array_equal(read.data, tensor.data)


def test_alignment_of_the_metadata_counts(tmp_path):
    tensor = SourceTensor.of("w", np.arange(4, dtype=np.float32).reshape(1, 4))
    head = gguf_bytes({"general.alignment": 256}, [tensor])[:-32]
    file = GgufFile(write(tmp_path, head.ljust(256, b"\0") + tensor.data.tobytes()))
    assert file.tensor("w").data.tolist() == [[0, 1, 2, 3]]


def test_unsupported_type_names_tensor_type_and_remedy(tmp_path):
    tensor = SourceTensor("blk.0.w", "Q4_K", (1, 256), np.zeros((1, 144), np.uint8))
    file = GgufFile(write(tmp_path, gguf_bytes({}, [tensor])))
    with pytest.raises(ModelFileError, match=r"blk\.0\.w has type Q4_K.*requantize"):
        file.tensor("blk.0.w")


def patched(offset: int, layout: str, value: int) -> bytes:
    data = bytearray(gguf_bytes({"key": "text"}, [SourceTensor.of("w", np.zeros((2, 4)))]))
    struct.pack_into(layout, data, offset, value)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"GG", "ends at byte 2"),
        (b"GGML" + bytes(64), "does not begin with 'GGUF'"),
        (b"GGUF" + struct.pack(">I", 3) + bytes(64), "GGUF version 50331648"),
        (patched(8, "<Q", 2**63), "claims 9223372036854775808 tensors"),
        (patched(16, "<Q", 2**40), "claims 1099511627776 metadata entries"),
        (patched(24, "<Q", 2**62), "a name claims"),
        (patched(35, "<I", 77), "metadata type 77"),
        (patched(39, "<Q", 2**50), "ends at byte"),
        (gguf_bytes({"general.alignment": 3}, []), "alignment is 3"),
    ],
)
def test_malformed_heads_are_refused(data, message, tmp_path):
    with pytest.raises(ModelFileError, match=message):
        GgufFile(write(tmp_path, data))


def test_nested_arrays_have_a_limit(tmp_path):
    value = struct.pack("<IQ", 9, 1) * 5000
    data = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"k"
    with pytest.raises(ModelFileError, match="nest deeper"):
        GgufFile(write(tmp_path, data + struct.pack("<I", 9) + value))


def test_tensor_beyond_the_end_is_refused(tmp_path):
    data = gguf_bytes({}, [SourceTensor.of("w", np.zeros((8, 8)))])
    file = GgufFile(write(tmp_path, data[:-40]))
    with pytest.raises(ModelFileError, match="truncated: tensor w"):
        file.tensor("w")


def test_damaged_files_give_typed_errors_only(tmp_path, rng):
    whole = gguf_bytes(gguf_metadata(), gguf_tensors(tiny_weights(rng)))
    head_bytes = whole.index(b"blk.1.ffn_down.weight")
    for _ in range(300):
        data = bytearray(whole)
        if rng.random() < 0.3:
            data = data[: rng.integers(len(data))]
        for _ in range(rng.integers(1, 4)):
            position = int(rng.integers(head_bytes))
            data[position : position + 1] = rng.bytes(1)
        try:
            source = GgufSource(write(tmp_path, bytes(data)))
            source.tokenizer_files()
            for name in source.formats():
                source.tensor(name).to_float32()
        except ModelFileError:
            continue


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"general__architecture": "bert"}, "architecture 'bert'"),
        ({"llama__block_count": None}, "lacks the metadata llama.block_count"),
        ({"llama__block_count": 0}, "must be a positive integer, found 0"),
        ({"llama__block_count": 10**6}, "claims 1000000 layers"),
        ({"llama__attention__head_count": [4, 4]}, "found an array of 2"),
        ({"llama__expert_count": 8}, "mixture of experts"),
        ({"llama__rope__dimension_count": 8}, "only the head size 16"),
        ({"llama__rope__scaling__type": "yarn"}, "'yarn'"),
    ],
)
def test_models_that_cannot_be_read_say_why(changes, message, tmp_path, rng):
    data = gguf_bytes(gguf_metadata(**changes), gguf_tensors(tiny_weights(rng)))
    with pytest.raises(ModelFileError, match=message):
        GgufSource(write(tmp_path, data)).formats()


def llama3_factors(factor: float) -> np.ndarray:
    frequencies = 500_000.0 ** (-np.arange(0, 16, 2) / 16)
    turns = 8192 * frequencies / (2 * np.pi)
    smooth = (turns - 1) / 3
    blended = (1 - smooth) * frequencies / factor + smooth * frequencies
    slow, fast = turns < 1, turns > 4
    return frequencies / np.where(slow, frequencies / factor, np.where(fast, frequencies, blended))


def source_with_factors(folder: Path, factors: np.ndarray, weights: dict) -> GgufSource:
    tensors = [*gguf_tensors(weights), SourceTensor.of("rope_freqs.weight", factors)]
    metadata = gguf_metadata(llama__rope__freq_base=500_000.0)
    return GgufSource(write(folder, gguf_bytes(metadata, tensors)))


def test_llama3_frequency_factors_become_its_rope_scaling(tmp_path, rng):
    source = source_with_factors(tmp_path, llama3_factors(32.0), tiny_weights(rng))
    assert source.config()["rope_scaling"] == {
        "rope_type": "llama3",
        "factor": 32.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    }


def test_other_frequency_factors_are_refused(tmp_path, rng):
    with pytest.raises(ModelFileError, match="does not follow Llama 3's formula"):
        source_with_factors(tmp_path, np.arange(1.0, 9.0), tiny_weights(rng))
