"""The kernels between logits and draw, measured against numpy."""

import numpy as np
import pytest
import tvm
from library import tensor
from tvm import relax

from mlc_compiler.compile import pipeline
from mlc_compiler.compile.targets import find_target
from mlc_compiler.ops.sampling import add_softmax, library_kernels

BATCH, VOCABULARY, ACTIVE = 3, 70, 66


@pytest.fixture(scope="module")
def functions():
    """Finds the functions of a library that has only these kernels."""
    module = add_softmax(tvm.IRModule(), VOCABULARY, ACTIVE)
    module.update(library_kernels("float16"))
    target = find_target().to_tvm()
    with target:
        module = pipeline.lower()(module)
        module = pipeline.plan_memory({"batch_size": BATCH})(module)
        built = relax.build(pipeline.finish()(module), target, relax_pipeline=None)
    machine = relax.VirtualMachine(built, tvm.cpu())
    return lambda name: machine.module.get_function(name, query_imports=True)


@pytest.fixture
def logits(rng) -> np.ndarray:
    """Random logits of three sequences."""
    return rng.standard_normal((BATCH, VOCABULARY)).astype(np.float32) * 4


def _int32(*values: int):
    return tensor(np.array(values), "int32")


def test_softmax_with_temperature(functions, logits):
    temperature = np.array([1.0, 0.3, 2.0], np.float32)
    found = functions("softmax_with_temperature")(tensor(logits[:, None]), tensor(temperature))
    scaled = logits[:, :ACTIVE] / temperature[:, None]
    weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    expected = weights / weights.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(found.numpy()[:, 0, :ACTIVE], expected, rtol=1e-4, atol=1e-7)
    assert (found.numpy()[:, 0, ACTIVE:] == 0).all()


def test_softmax_without_temperature_shares_among_the_greatest(functions, logits):
    logits[:] = np.minimum(logits, 1)
    logits[0, [3, 9]] = 5
    logits[1, 4] = 5
    logits[:, ACTIVE:] = 9
    found = functions("softmax_with_temperature")(
        tensor(logits[:, None]), tensor(np.array([0, 1e-5, 1], np.float32))
    ).numpy()[:, 0]
    np.testing.assert_array_equal(np.flatnonzero(found[0]), [3, 9])
    np.testing.assert_array_equal(found[0, [3, 9]], [0.5, 0.5])
    np.testing.assert_array_equal(np.flatnonzero(found[1]), [4])
    assert found[2].sum() == pytest.approx(1, abs=1e-5)


def test_logit_bias(functions, logits):
    changed = tensor(logits)
    functions("apply_logit_bias_inplace")(
        changed, _int32(2, 0, 2), _int32(5, 6, 69), tensor(np.array([1, -2, 3], np.float32))
    )
    logits[[2, 0, 2], [5, 6, 69]] += [1, -2, 3]
    np.testing.assert_array_equal(changed.numpy(), logits)


def test_penalties(functions, logits):
    """Sequences 0 and 1 of the step are rows 2 and 0."""
    logits[2, 7], logits[2, 8], logits[0, 9] = 6, -1, 0.25
    penalties = np.array([[0.5, 0.25, 2], [1, 0, 4]], np.float32)
    changed = tensor(logits)
    functions("apply_penalty_inplace")(
        changed, _int32(2, 0), _int32(0, 0, 1), _int32(7, 8, 9), _int32(2, 1, 5), tensor(penalties)
    )
    logits[2, 7] = (6 - 0.5 - 2 * 0.25) / 2
    logits[2, 8] = (-1 - 0.5 - 0.25) * 2
    logits[0, 9] = (0.25 - 1) * 4
    np.testing.assert_allclose(changed.numpy(), logits, rtol=1e-6)


def test_bitmask(functions, logits, rng):
    allowed = rng.integers(0, 2, (BATCH, 96)).astype(bool)
    words = np.packbits(allowed, axis=1, bitorder="little").view(np.int32)
    changed = tensor(logits)
    functions("apply_bitmask_inplace")(changed, _int32(2, 0), tensor(words))
    for row in (0, 2):
        logits[row, ~allowed[row, :VOCABULARY]] = np.finfo(np.float32).min
    np.testing.assert_array_equal(changed.numpy(), logits)


def test_hidden_states_are_gathered_and_scattered(functions, rng):
    rows = rng.standard_normal((5, 8)).astype(np.float16)
    gathered = tensor(np.zeros((2, 8)), "float16")
    functions("gather_hidden_states")(tensor(rows), _int32(4, 1), gathered)
    np.testing.assert_array_equal(gathered.numpy(), rows[[4, 1]])
    scattered = tensor(rows)
    functions("scatter_hidden_states")(gathered, _int32(0, 2), scattered)
    rows[[0, 2]] = rows[[4, 1]]
    np.testing.assert_array_equal(scattered.numpy(), rows)
