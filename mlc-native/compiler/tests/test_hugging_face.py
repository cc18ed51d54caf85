"""The readers of safetensors files and Hugging Face folders."""

import json
import struct

import numpy as np
import pytest
from model_files import safetensors_bytes, tiny_weights, write_hugging_face
from sources import random_tensor

from mlc_compiler.errors import ModelFileError, OptionError
from mlc_compiler.loader import open_source
from mlc_compiler.loader.safetensors import SafetensorsFile
from mlc_compiler.tensor import SourceTensor


def write(tmp_path, data: bytes):
    path = tmp_path / "w.safetensors"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("tensor_format", ["F32", "F16", "BF16"])
def test_reads_every_floating_point_dtype(tensor_format, tmp_path, rng):
    tensors = [random_tensor(rng, tensor_format, 3, 5, name) for name in ("first", "second")]
    file = SafetensorsFile(write(tmp_path, safetensors_bytes(tensors)))
    assert file.formats() == {"first": tensor_format, "second": tensor_format}
    for tensor in tensors:
        assert np.array_equal(file.tensor(tensor.name).to_float32(), tensor.to_float32())


def test_other_dtypes_are_refused_when_read(tmp_path):
    ids = SourceTensor("ids", "I64", (2,), np.zeros(2, np.int64))
    file = SafetensorsFile(write(tmp_path, safetensors_bytes([ids])))
    with pytest.raises(ModelFileError, match="ids has dtype I64"):
        file.tensor("ids")


def with_header(header: object, data: bytes = bytes(16)) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(**changes) -> dict:
    return {"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16], **changes}}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"\x01\x02", "2 bytes are too few"),
        (struct.pack("<Q", 2**63) + b"{}", "claims 9223372036854775808 bytes"),
        (with_header(b"{"), "not valid JSON"),
        (with_header(b"[" * 100_000), "not valid JSON"),
        (with_header([]), "must hold a JSON object, found list"),
        (with_header({"w": 3}), "entry w lacks a usable dtype"),
        (with_header(entry(shape=[-2, 2])), "of the wrong type"),
        (with_header(entry(shape=[True])), "of the wrong type"),
        (with_header(entry(data_offsets=[0, 17])), "spans 0 to 17 of 16 data bytes"),
        (with_header(entry(data_offsets=[8, 4])), "spans 8 to 4"),
        (with_header(entry(shape=[10**12, 10**12])), "needs 4000000000000000000000000 bytes"),
        (with_header(entry(dtype="F16")), "needs 8 bytes, its offsets span 16"),
    ],
)
def test_malformed_files_are_refused(data, message, tmp_path):
    path = write(tmp_path, data)
    with pytest.raises(ModelFileError, match=message):
        SafetensorsFile(path).tensor("w")


def test_damaged_files_give_typed_errors_only(tmp_path, rng):
    tensors = [random_tensor(rng, "F32", 2, 3, name) for name in ("a", "b", "c")]
    whole = safetensors_bytes(tensors)
    for _ in range(300):
        data = bytearray(whole[: rng.integers(len(whole))] if rng.random() < 0.3 else whole)
        for _ in range(rng.integers(1, 4)):
            position = int(rng.integers(len(whole) - 72))
            data[position : position + 1] = rng.bytes(1)
        try:
            file = SafetensorsFile(write(tmp_path, bytes(data)))
            for name in file.formats():
                file.tensor(name).to_float32()
        except ModelFileError:
            continue


def test_index_names_the_files_of_the_tensors(tmp_path, rng):
    folder = write_hugging_face(tmp_path / "m", {})
    names = {}
    for index, (name, values) in enumerate(tiny_weights(rng).items()):
        file = f"part-{index % 3}.safetensors"
        names.setdefault(file, []).append(SourceTensor.of(name, values))
    for file, tensors in names.items():
        (folder / file).write_bytes(safetensors_bytes(tensors))
    weight_map = {tensor.name: file for file, tensors in names.items() for tensor in tensors}
    index_file = folder / "model.safetensors.index.json"
    index_file.write_text(json.dumps({"weight_map": weight_map}))

    source = open_source(folder)

    assert source.formats().keys() == weight_map.keys()
    for tensors in names.values():
        for tensor in tensors:
            assert np.array_equal(source.tensor(tensor.name).data, tensor.data)


@pytest.mark.parametrize(
    ("weight_map", "message"),
    [
        ({"w": "../secret"}, "outside the folder"),
        ({"w": "missing.safetensors"}, "cannot read .*missing.safetensors"),
        ({"w": "model.safetensors"}, "says that model.safetensors has w; it does not"),
        ({"w": 3}, "lacks a weight_map"),
        (None, "lacks a weight_map"),
    ],
)
def test_wrong_index_is_refused(weight_map, message, tmp_path):
    folder = write_hugging_face(tmp_path / "m", {})
    index_file = folder / "model.safetensors.index.json"
    index_file.write_text(json.dumps({"weight_map": weight_map}))
    with pytest.raises(ModelFileError, match=message):
        open_source(folder).formats()


def test_folder_without_weights_is_refused(tmp_path):
    folder = write_hugging_face(tmp_path / "m", {})
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelFileError, match="--source"):
        open_source(folder).formats()


def test_tensor_in_two_files_is_refused(tmp_path, rng):
    folder = write_hugging_face(tmp_path / "m", tiny_weights(rng))
    (folder / "copy.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    with pytest.raises(ModelFileError, match="in another file"):
        open_source(folder).formats()


def test_missing_paths_and_wrong_formats_are_refused(tmp_path):
    with pytest.raises(ModelFileError, match="does not exist"):
        open_source(tmp_path / "none")
    with pytest.raises(ModelFileError, match="has no config.json"):
        open_source(tmp_path)
    folder = write_hugging_face(tmp_path / "m", {})
    with pytest.raises(OptionError, match="--source-format gguf"):
        open_source(folder, source_format="gguf")
