"""Builds the CPU kernels in mlc-native/kernels, for natives.py.

A built library lies in MLC_HOME/kernels/<platform>-<key>, where the key is made of the sources,
TVM's headers, the compiler's version and this script: it is built once for each. CMake, and make
or Ninja, are taken from the PATH, else from pinned wheels.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import mlc_home
from mlc_home import PARTIAL, StepFailed, progress

SOURCES = Path(__file__).resolve().parents[1] / "kernels"
TOOLS_LOCK = Path(__file__).with_name("build-tools.lock")
STEM = "mlc_kernels"
COMPILERS = ("cc", "gcc", "clang")
CROSS_COMPILERS = {"linux-aarch64": "aarch64-linux-gnu-gcc"}
LOG_LINES = 30


@dataclass(frozen=True)
class Compiler:
    """A C compiler, and what CMake must be told when it does not compile for this machine."""

    path: str
    version: str
    cmake_options: tuple[str, ...] = ()


def build(platform: str, headers: Path) -> Path | None:
    """The library for `platform`; None, with a line that says why, if it cannot be built here.

    `headers` holds `tvm/ffi/c_api.h` and `dlpack/dlpack.h`. StepFailed if the library should build
    here, but a tool is missing or the build fails.
    """
    compiler = find_compiler(platform)
    if compiler is None:
        return None
    parent = mlc_home.mlc_home() / "kernels"
    place = parent / f"{platform}-{build_key(compiler, headers)}"
    library = place / f"lib{STEM}.so"
    if library.is_file():
        return library
    with mlc_home.locked(parent / ".lock"):
        mlc_home.remove_partial(parent)
        if not library.is_file():
            progress(f"building the CPU kernels for {platform} with {compiler.path} ...")
            with tempfile.TemporaryDirectory(dir=parent, prefix=PARTIAL) as work:
                made = run_cmake(compiler, headers, Path(work))
                place.mkdir(exist_ok=True)
                made.replace(library)
    return library


def find_compiler(platform: str) -> Compiler | None:
    """The compiler for a platform; None, with a line that says why, if none can be expected."""
    if platform == mlc_home.host_or_none() and platform.startswith("linux"):
        return host_compiler()
    name = CROSS_COMPILERS.get(platform)
    path = shutil.which(name) if name else None
    if path is None:
        reason = f"{name} is not installed" if name else "they are not built on this machine"
        progress(f"no CPU kernels for {platform}: {reason}")
        return None
    system, processor = platform.split("-")
    options = (
        f"-DCMAKE_SYSTEM_NAME={system.capitalize()}",
        f"-DCMAKE_SYSTEM_PROCESSOR={processor}",
    )
    return Compiler(path, run([path, "--version"]), options)


def host_compiler() -> Compiler:
    """This machine's C compiler: CC if that is set."""
    wanted = [os.environ["CC"]] if os.environ.get("CC") else COMPILERS
    path = next(filter(None, map(shutil.which, wanted)), None)
    if path is None:
        raise StepFailed(
            f"the CPU kernels need a C compiler; looked for {', '.join(wanted)}. Install one "
            "(Debian and Ubuntu: apt install gcc libc6-dev), or set CC to its path"
        )
    return Compiler(path, run([path, "--version"]))


def build_key(compiler: Compiler, headers: Path) -> str:
    """A hash of everything that determines the library."""
    digest = hashlib.sha256(repr(compiler).encode())
    for root in (SOURCES, headers):
        for file in sorted(f for f in root.rglob("*") if f.is_file()):
            name = file.relative_to(root).as_posix()
            digest.update(f"{name} {mlc_home.sha256(file)}\n".encode())
    digest.update(mlc_home.sha256(Path(__file__)).encode())
    return digest.hexdigest()[:12]


def run_cmake(compiler: Compiler, headers: Path, work: Path) -> Path:
    """Builds in `work`; returns the library there. Call under the lock."""
    cmake, ninja = find_tools()
    generator = ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}"] if ninja else []
    settings = [
        "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMAKE_C_COMPILER={compiler.path}",
        f"-DTVM_FFI_INCLUDE={headers}",
        *compiler.cmake_options,
    ]
    run([cmake, "-S", str(SOURCES), "-B", str(work), *generator, *settings])
    run([cmake, "--build", str(work), "--parallel", "--target", STEM])
    made = work / f"lib{STEM}.so"
    if not made.is_file():
        raise StepFailed(f"{SOURCES / 'CMakeLists.txt'} did not make {made.name}")
    return made


def find_tools() -> tuple[str, str | None]:
    """CMake, and Ninja unless make is to be used. Call under the lock."""
    cmake, ninja = shutil.which("cmake"), shutil.which("ninja")
    if cmake and (ninja or shutil.which("make")):
        return cmake, ninja
    folder = pinned_tools()
    return cmake or str(folder / "cmake/data/bin/cmake"), ninja or str(folder / "bin/ninja")


def pinned_tools() -> Path:
    """The folder with the pinned tools; installed when missing."""
    parent = mlc_home.mlc_home() / "kernels"
    folder = parent / f"tools-{mlc_home.sha256(TOOLS_LOCK)[:12]}"
    if not folder.is_dir():
        progress("fetching CMake and Ninja to build the CPU kernels with (about 30 MB) ...")
        with tempfile.TemporaryDirectory(dir=parent, prefix=PARTIAL) as work:
            made = Path(work, "tools")
            fixed = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--require-hashes"]
            mlc_home.pip(["install", *fixed, "--target", str(made), "-r", str(TOOLS_LOCK)])
            made.rename(folder)
    return folder


def run(command: Sequence[str]) -> str:
    """What a command prints; StepFailed, with its last lines, if it fails."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        shown = "\n  ".join(done.stdout.splitlines()[-LOG_LINES:])
        raise StepFailed(f"building the CPU kernels failed: {' '.join(command)}\n  {shown}")
    return done.stdout
