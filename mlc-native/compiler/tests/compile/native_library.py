"""The kernels library of this machine, where the build of the natives has put it."""

import ctypes
import os
import platform
from functools import cache
from pathlib import Path

import pytest
import tvm  # noqa: F401 - the library needs TVM's symbols

_MODULE = Path(__file__).resolve().parents[3]


def load_native_library() -> None:
    """Registers the native kernels; skips the test where their library was not built.

    `MLC_KERNELS` names another file than the one that the build makes.
    """
    path = os.environ.get("MLC_KERNELS", _built())
    if not Path(path).is_file():
        pytest.skip(f"no kernels library at {path}; build module mlc-native, or set MLC_KERNELS")
    _load(path)


@cache
def _load(path: str) -> ctypes.CDLL:
    return ctypes.CDLL(path, ctypes.RTLD_GLOBAL)


def _built() -> str:
    machine = {"AMD64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    name = f"{platform.system().lower()}-{machine}"
    return str(_MODULE / "target" / "natives" / name / "libmlc_kernels.so")
