"""Shared fixtures: a printed seed for randomised tests."""

import os
import random

import numpy as np
import pytest


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator whose seed a failing test prints; `TEST_SEED` repeats it."""
    seed = int(os.environ.get("TEST_SEED", random.SystemRandom().randrange(2**32)))
    print(f"TEST_SEED={seed}")
    return np.random.default_rng(seed)
