"""Tests of compiled code; left out where TVM is not installed."""

import importlib.util

if importlib.util.find_spec("tvm") is None:
    collect_ignore_glob = ["*.py"]
