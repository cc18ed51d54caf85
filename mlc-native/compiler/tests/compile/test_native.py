"""Model libraries that call the native kernels, checked without those kernels."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import tvm
from tvm import te, tirx
from tvm.relax.frontend.nn.llm.position_embedding import switch_rope_freq_func

from mlc_compiler.ops.rope import frequencies
from mlc_compiler.quantization import QUANTIZATIONS
from mlc_compiler.testing.tiny import LIBRARY, make_tiny_model

LLAMA3 = {
    "rope_type": "llama3",
    "factor": 32.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}


@pytest.fixture(scope="module", params=list(QUANTIZATIONS))
def library(request, tmp_path_factory) -> Path:
    """The library of a tiny model of two layers."""
    folder = tmp_path_factory.mktemp(request.param)
    make_tiny_model(folder, request.param, kernels="native")
    return folder / LIBRARY


def _calls(library: Path, function: str) -> list[str]:
    """The names of what a function of the virtual machine calls, in order."""
    text = tvm.runtime.load_module(str(library))["as_text"]()
    body = text.split(f"@{function}:\n")[1].split("\n@")[0]
    return [line.split()[1] for line in body.splitlines() if line.strip().startswith("call")]


@pytest.mark.parametrize("function", ["decode", "batch_decode"])
def test_decode_calls_two_functions_a_layer(library, function):
    shapes = {"check", "match", "tuple", "alloc", "null", "make", "reshape", "shape"}
    calls = [
        name
        for name in _calls(library, function)
        if name.removeprefix("vm.builtin.").split("_")[0] not in shapes
    ]
    attention = "vm.builtin.attention_kv_cache_attention_with_fused_qkv"
    assert calls == [
        "mlc.cpu.norm_linear",
        *(attention, "mlc.cpu.layer"),
        *(attention, "mlc.cpu.last_layer"),
        "mlc.cpu.norm_linear",
    ]


@pytest.mark.parametrize("function", ["decode", "batch_decode", "batch_verify"])
def test_decode_unpacks_no_parameters_and_makes_each_tensor_once(library, function):
    calls = Counter(_calls(library, function))
    assert calls["vm.builtin.tuple_getitem"] == 0
    # Those of two layers and of thirty: qkv, what was attended, the residual twice, the logits.
    assert calls["vm.builtin.alloc_tensor"] <= 6


@pytest.mark.parametrize("function", ["prefill", "batch_prefill"])
def test_rows_without_logits_leave_before_the_last_layer_ends(library, function):
    calls = [name for name in _calls(library, function) if not name.startswith("vm.")]
    picked = "last" if function == "prefill" else "select"
    assert calls[-2:] == ["mlc.cpu.last_layer", "mlc.cpu.norm_linear"]
    assert [name.rstrip("0123456789") for name in calls[-4:-2]] == [picked, picked]


def test_library_does_not_load_without_the_kernels(library):
    program = (
        "import sys, tvm\n"
        "from tvm import relax\n"
        "relax.VirtualMachine(tvm.runtime.load_module(sys.argv[1]), tvm.cpu())\n"
    )
    command = [sys.executable, "-c", program, str(library)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Cannot find ffi::Function mlc.cpu." in done.stderr


@pytest.mark.parametrize("scaling", [{}, LLAMA3], ids=["none", "llama3"])
@pytest.mark.parametrize(("dim", "theta"), [(64, 10_000.0), (128, 500_000.0)])
def test_frequencies_equal_those_of_generated_code(dim, theta, scaling):
    found = frequencies(dim, theta, scaling)
    expected = _generated_frequencies(dim, theta, scaling)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_linear_scaling_divides_all_frequencies():
    scaled = frequencies(32, 10_000.0, {"rope_type": "linear", "factor": 4.0})
    np.testing.assert_allclose(scaled * 4, frequencies(32, 10_000.0, {}), rtol=1e-6)


def _generated_frequencies(dim: int, theta: float, scaling: dict) -> np.ndarray:
    """The angles at position 1 that TVM's formulas give."""

    def angle(place: tirx.Var) -> tirx.Expr:
        one = tirx.const(1, "float32")
        _, _, steps = switch_rope_freq_func(scaling)(one, place, dim, theta, "float32")
        (_, expression), *inner = steps.items()
        for variable, value in inner:
            expression = tirx.Let(variable, value, expression)
        return expression

    function = te.create_prim_func([te.compute((dim // 2,), angle, name="angles")])
    out = tvm.runtime.tensor(np.zeros(dim // 2, np.float32))
    tvm.tirx.build(function.with_attr("global_symbol", "angles"), target="llvm")["angles"](out)
    return out.numpy()
