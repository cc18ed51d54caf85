"""Runs the CPU kernels' own tests, kernels/tests, on this machine and under qemu for aarch64.

They check every instruction set that the processor has, in random cases whose seed is printed.
`KERNELS_TEST_ARGUMENTS`, for example "--seed 7 --rounds 1000", goes to the test program.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import kernel_build
import mlc_home
import pytest

HOST = mlc_home.host_or_none() or ""
TARGET = "kernels_tests"
QEMU, SYSROOT = "qemu-aarch64", "/usr/aarch64-linux-gnu"


def build(platform: str, folder: Path) -> Path:
    """The test program for a platform; skips the test where it cannot be built."""
    ffi = importlib.util.find_spec("tvm_ffi")
    compiler = kernel_build.find_compiler(platform)
    if ffi is None or ffi.origin is None or compiler is None:
        pytest.skip(f"no TVM headers or no compiler for {platform}")
    with mlc_home.locked(mlc_home.mlc_home() / "kernels" / ".lock"):
        cmake, ninja = kernel_build.find_tools()
    command = [cmake, "-S", str(kernel_build.SOURCES), "-B", str(folder)]
    if ninja:
        command += ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}"]
    headers = Path(ffi.origin).parent / "include"
    command += [f"-DCMAKE_C_COMPILER={compiler.path}", f"-DTVM_FFI_INCLUDE={headers}"]
    run([*command, *compiler.cmake_options])
    run([cmake, "--build", str(folder), "--parallel", "--target", TARGET])
    return folder / TARGET


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def run_tests(command: list[str], rounds: int) -> list[str]:
    """The instruction sets that passed."""
    given = os.environ.get("KERNELS_TEST_ARGUMENTS", f"--rounds {rounds}").split()
    output = run([*command, *given])
    print(output)
    return [line.split(":")[0] for line in output.splitlines() if line.endswith("passed")]


@pytest.mark.skipif(not HOST.startswith("linux"), reason="the kernels are built on Linux only")
def test_instruction_sets_of_this_machine(tmp_path):
    assert "portable" in run_tests([str(build(HOST, tmp_path))], rounds=10)


@pytest.mark.skipif(HOST == "linux-aarch64", reason="runs on the machine itself")
@pytest.mark.skipif(shutil.which(QEMU) is None, reason=f"{QEMU} is not installed")
@pytest.mark.skipif(not Path(SYSROOT).is_dir(), reason=f"no C library in {SYSROOT}")
def test_aarch64_under_qemu(tmp_path):
    program = str(build("linux-aarch64", tmp_path))
    assert run_tests([QEMU, "-L", SYSROOT, program], rounds=2) == ["neon", "portable"]
