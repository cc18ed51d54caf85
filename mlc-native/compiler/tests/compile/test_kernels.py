"""Product and look-up kernels on every stored form, measured against numpy."""

import numpy as np
import pytest
import tvm
import tvm_ffi
from library import tensor
from sources import random_tensor
from stored import decode_matrix

from mlc_compiler.compile.targets import find_target
from mlc_compiler.errors import OptionError
from mlc_compiler.ops import embedding, linear
from mlc_compiler.ops.weights import STEPS, stored_weight
from mlc_compiler.quantization import QUANTIZATIONS

ROWS, COLUMNS = 37, 96
FORMS = [
    *((name, None) for name in QUANTIZATIONS if name != "gguf"),
    *(("gguf", name) for name in ("Q4_0", "Q4_1", "Q8_0", "F16", "F32")),
]


@pytest.fixture(params=FORMS, ids=lambda form: "-".join(filter(None, form)))
def form(request, rng):
    """A stored weight, its tensors and its float32 values."""
    quantization, tensor_format = request.param
    scheme = QUANTIZATIONS[quantization]
    arrays = scheme.pack(random_tensor(rng, tensor_format or "F32", ROWS, COLUMNS))
    weight = stored_weight(scheme, "w", ROWS, COLUMNS, tensor_format)
    return (
        weight,
        list(map(tensor, arrays.values())),
        decode_matrix(quantization, tensor_format, arrays),
    )


def _run(kernel, *arguments) -> None:
    module = tvm.IRModule({"kernel": kernel.with_attr("global_symbol", "kernel")})
    tvm.tirx.build(module, target=find_target().to_tvm())["kernel"](*arguments)


def _in_lane_order(weight, x: np.ndarray) -> np.ndarray:
    columns = [weight.decoder.column(step, lane) for step in range(STEPS) for lane in range(16)]
    return x.reshape(len(x), -1, 32)[:, :, columns].reshape(x.shape)


def _assert_product(found: np.ndarray, x: np.ndarray, values: np.ndarray) -> None:
    expected = x.astype(np.float64) @ values.astype(np.float64).T
    scale = np.abs(x).astype(np.float64) @ np.abs(values).astype(np.float64).T
    assert (np.abs(found - expected) <= 1e-6 * scale).all()


def test_matvec(form, rng):
    weight, stored, values = form
    x = rng.standard_normal((1, COLUMNS)).astype(np.float32)
    out = tensor(np.zeros((1, ROWS)), "float32")
    _run(linear.matvec(weight, "float32"), tensor(_in_lane_order(weight, x)), *stored, out)
    _assert_product(out.numpy(), x, values)


@pytest.mark.parametrize("tokens", [1, 4, 9])
def test_matmul(form, rng, tokens):
    weight, stored, values = form
    x = rng.standard_normal((tokens, COLUMNS)).astype(np.float32)
    out = tensor(np.zeros((tokens, ROWS)), "float32")
    _run(linear.matmul(weight, "float32"), tensor(_in_lane_order(weight, x)), *stored, out)
    _assert_product(out.numpy(), x, values)


def test_products_are_rounded_to_the_output_dtype(form, rng):
    weight, stored, values = form
    x = rng.standard_normal((1, COLUMNS)).astype(np.float32)
    out = tensor(np.zeros((1, ROWS)), "float16")
    _run(linear.matvec(weight, "float16"), tensor(_in_lane_order(weight, x)), *stored, out)
    np.testing.assert_allclose(out.numpy(), x @ values.T, rtol=2e-3, atol=2e-3)


def test_arrange_brings_activations_into_lane_order(form, rng):
    weight, _, _ = form
    x = rng.standard_normal((3, COLUMNS)).astype(np.float16)
    out = tensor(np.zeros((3, COLUMNS)), "float32")
    _run(linear.arrange(weight.decoder, COLUMNS, "float16"), tensor(x), out)
    np.testing.assert_array_equal(out.numpy(), _in_lane_order(weight, x))


def test_take_rows_decodes_the_chosen_rows(form, rng):
    weight, stored, values = form
    ids = np.array([ROWS - 1, 0, 5, 5], np.int32)
    out = tensor(np.zeros((4, COLUMNS)), "float32")
    _run(embedding.take_rows(weight, "float32"), tensor(ids), *stored, out)
    np.testing.assert_allclose(out.numpy(), values[ids], rtol=1e-6, atol=1e-6)


def test_arguments_need_only_the_alignment_of_their_elements(form, rng):
    weight, stored, values = form
    x = rng.standard_normal((1, COLUMNS)).astype(np.float32)
    out = _misaligned(np.zeros((1, ROWS), np.float32))
    shifted = [_misaligned(part.numpy()) for part in (tensor(_in_lane_order(weight, x)), *stored)]
    _run(linear.matvec(weight, "float32"), *shifted, out)
    _assert_product(np.from_dlpack(out), x, values)


def _misaligned(values: np.ndarray):
    """The array at an address that is a multiple of its element size and of nothing more."""
    memory = np.zeros(values.nbytes + 128, np.uint8)
    start = -memory.ctypes.data % 64 + values.itemsize
    view = memory[start : start + values.nbytes].view(values.dtype).reshape(values.shape)
    view[:] = values
    return tvm_ffi.from_dlpack(view, require_alignment=0)


def test_columns_must_be_whole_groups():
    with pytest.raises(OptionError, match="w has 40 columns"):
        stored_weight(QUANTIZATIONS["q4f16_1"], "w", 8, 40, None)
