"""The natives of every platform, by their contents: most of them cannot be run on this machine."""

from __future__ import annotations

import re
from pathlib import Path

import binaries
import mlc_home
import natives
import pytest
from mlc_home import PLATFORMS

BUILT = Path(__file__).resolve().parents[2] / "target" / "natives"

# The oldest systems that the natives promise to run on.
FLOORS = {
    "GLIBC": (2, 27),
    "GLIBCXX": (3, 4, 22),
    "CXXABI": (1, 3, 11),
    "GCC": (4, 2, 0),
    "macOS": (11, 0),
    "Windows": (6, 0),
}

# What every such system has. A JDK for Windows brings Microsoft's C++ runtime.
SYSTEM = {
    "linux": r"lib(c|m|dl|pthread|stdc\+\+|gcc_s)\.so\.\d+|ld-linux-.+\.so\.\d",
    "osx": r"/usr/lib/(libc\+\+\.1|libSystem\.B)\.dylib",
    "windows": r"KERNEL32|dbghelp|WS2_32|MSVCP140|VCRUNTIME140(_1)?|api-ms-win-crt-[a-z]+-l1-1-0",
}

EXPORTS = {
    "tvm_ffi": (
        "TVMFFIGetVersion",
        "TVMFFIFunctionCall",
        "TVMFFIFunctionGetGlobal",
        "TVMFFIFunctionCreate",
        "TVMFFIErrorMoveFromRaised",
        "TVMFFIErrorSetRaisedFromCStr",
        "TVMFFIObjectDecRef",
        "TVMFFITensorFromDLPack",
    ),
    "tvm_runtime": ("TVMBackendParallelLaunch", "TVMBackendAllocWorkspace"),
    "mlc_kernels": (),
    "xgrammar_bindings": (),
}


@pytest.fixture(params=PLATFORMS)
def platform(request) -> str:
    if not (BUILT / request.param).is_dir():
        pytest.skip("-Dnatives.platforms leaves it out")
    return request.param


@pytest.fixture(params=EXPORTS)
def stem(request) -> str:
    return request.param


@pytest.fixture
def binary(platform, stem) -> binaries.Binary:
    file = BUILT / platform / natives.library_file(stem, platform)
    kernels_needed = platform == mlc_home.host_or_none() and platform.startswith("linux")
    if stem == "mlc_kernels" and not file.is_file() and not kernels_needed:
        pytest.skip("the kernels cannot be built for it here")
    return binaries.read(file)


def test_machine(platform, binary):
    assert platform.endswith(binary.machine)


def test_exports(stem, binary):
    assert set(EXPORTS[stem]) <= binary.exports


def test_oldest_system(stem, binary):
    if stem == "mlc_kernels":
        pytest.skip("built with the C library of this machine")
    assert binary.versions
    for name, version in binary.versions.items():
        assert version <= FLOORS[name], name


def test_dependencies(platform, stem, binary):
    needs_ffi = stem in ("tvm_runtime", "xgrammar_bindings")
    own = r"(@rpath/)?(lib)?tvm_ffi(\.so|\.dylib|\.dll)|" if needs_ffi else ""
    name = rf"(?i:{own}({SYSTEM[platform.split('-')[0]]})(\.dll)?)"
    assert binary.dependencies
    for dependency in binary.dependencies:
        assert re.fullmatch(name, dependency), dependency


def test_other_files_are_refused(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"#!/bin/sh\n")
    with pytest.raises(ValueError, match="is no ELF"):
        binaries.read(file)
