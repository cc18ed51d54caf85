"""Tests of compiled code: marked as such, and left out where TVM is not installed."""

import importlib.util
from pathlib import Path

import pytest

if importlib.util.find_spec("tvm") is None:
    collect_ignore_glob = ["*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks every test of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("compiled")
