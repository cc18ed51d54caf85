"""Makes the compiler's Python environment and prints its interpreter's path on stdout.

    environment.py [--testing]

The environment lies in MLC_HOME/python/<key>, where the key is made of
mlc-native/compiler/requirements.lock and the running Python; --testing adds requirements-test.lock.
It is made once. An interrupted run leaves nothing that a later one takes for complete.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import mlc_home
import wheels
from mlc_home import StepFailed, progress

COMPILER = Path(__file__).resolve().parents[1] / "compiler"
REQUIREMENTS = COMPILER / "requirements.lock"
TEST_REQUIREMENTS = COMPILER / "requirements-test.lock"
NATIVES = Path(__file__).with_name("natives.lock")
OLDEST, NEWEST = (3, 10), (3, 14)

# A virtual environment cannot be moved into its place, so this file, written last, says that it is
# complete.
MARKER = ".complete"


def make_environment(testing: bool) -> Path:
    """The interpreter of the complete environment, which is made when it is missing."""
    check_python()
    runtime = digest(REQUIREMENTS)
    key = hashlib.sha256(f"{runtime} {sys.version} {sysconfig.get_platform()}".encode())
    parent = mlc_home.mlc_home() / "python"
    folder = parent / key.hexdigest()[:16]
    with mlc_home.locked(parent / f".lock-{folder.name}"):
        if not is_complete(folder):
            create(folder)
        if testing:
            add_test_tools(folder)
    return interpreter(folder)


def digest(lock: Path) -> str:
    """The start of a lock file's SHA-256."""
    if not lock.is_file():
        raise StepFailed(f"{lock} is missing: run this script from a complete checkout")
    return mlc_home.sha256(lock)[:16]


def check_python() -> None:
    """Refuses a Python that no pinned wheel fits, or that cannot make environments."""
    version = sys.version_info[:2]
    if not OLDEST <= version <= NEWEST or sys.implementation.name != "cpython":
        raise StepFailed(
            f"the compiler needs CPython {_dotted(OLDEST)} to {_dotted(NEWEST)}, this is "
            f"{sys.implementation.name} {_dotted(version)} ({sys.executable}): name another one, "
            "for example with -Dpython=/usr/bin/python3.12"
        )
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            raise StepFailed(
                f"{sys.executable} lacks the module {module}: install it "
                f"(Debian and Ubuntu: apt install python{_dotted(version)}-venv)"
            )
    mlc_home.host_platform()


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def interpreter(folder: Path) -> Path:
    """The path of an environment's interpreter."""
    if sys.platform == "win32":
        return folder / "Scripts" / "python.exe"
    return folder / "bin" / "python"


def is_complete(folder: Path) -> bool:
    """Whether the environment was finished, and the Python that it was made from still runs."""
    if not (folder / MARKER).is_file():
        return False
    try:
        run = subprocess.run(
            [str(interpreter(folder)), "-I", "-c", ""], capture_output=True, check=False
        )
    except OSError:
        return False
    return run.returncode == 0


def create(folder: Path) -> None:
    """Makes the environment, in the place of what an interrupted run left there."""
    progress(f"making the compiler's Python environment in {folder} (about 450 MB) ...")
    shutil.rmtree(folder, ignore_errors=True)
    make_venv(folder)
    install(folder, REQUIREMENTS)
    (folder / MARKER).touch()


def make_venv(folder: Path) -> None:
    """Makes an environment with nothing but pip in it."""
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(folder)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if made.returncode != 0:
        raise StepFailed(f"{sys.executable} -m venv {folder} failed:\n{made.stdout}{made.stderr}")


def add_test_tools(folder: Path) -> None:
    """Adds the test tools to a complete environment, unless they are there."""
    marker = folder / f"{MARKER}-test-{digest(TEST_REQUIREMENTS)}"
    if not marker.is_file():
        progress(f"adding the test tools to {folder} ...")
        install(folder, TEST_REQUIREMENTS)
        marker.touch()


def install(folder: Path, lock: Path) -> None:
    """Installs exactly what a lock file pins."""
    python = interpreter(folder)
    fixed = ["install", "--no-deps", "--only-binary=:all:", "--no-cache-dir"]
    if lock == REQUIREMENTS:
        # The one big wheel is the same that the natives come from, and is kept. pip would prefer
        # the index to it.
        mlc_home.pip([*fixed, "--no-index", str(kept_wheel())], python)
    mlc_home.pip([*fixed, "--require-hashes", "-r", str(lock)], python)


def kept_wheel() -> Path:
    """The wheel of apache-tvm in MLC_HOME/wheels, for this machine; fetched when missing."""
    host = mlc_home.host_platform()
    cache = mlc_home.mlc_home() / "wheels"
    wheel = next(
        wheel
        for wheel in wheels.read_lock(NATIVES)
        if (wheel.component, wheel.platform) == ("apache-tvm", host)
    )
    with mlc_home.locked(cache / ".lock"):
        mlc_home.remove_partial(cache)
        return wheels.fetch(wheel, cache)


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--testing", action="store_true", help="add pytest, ruff and clang-format")
    chosen = parser.parse_args(arguments)
    return mlc_home.run_step(lambda: print(make_environment(chosen.testing)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
