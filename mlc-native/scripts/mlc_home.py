"""What the build's scripts share: the cache folder, its locks, progress lines and pip."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

PLATFORMS = ("linux-x86_64", "linux-aarch64", "osx-aarch64", "windows-x86_64")
PARTIAL = ".partial-"
"""The start of the names of folders that hold work in progress."""

_SYSTEMS = {"Linux": "linux", "Darwin": "osx", "Windows": "windows"}
_MACHINES = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}
_LOCK_POLL_SECONDS = 0.2


class StepFailed(Exception):
    """A step cannot go on; the message says what was found and what to do about it."""


def run_step(step: Callable[[], None]) -> int:
    """Runs a script's work; returns its exit status, with a failure explained on stderr."""
    try:
        step()
    except StepFailed as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    except OSError as failure:
        print(f"error: {failure} (cache folder: {mlc_home()}, moved by MLC_HOME)", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; what is complete is kept", file=sys.stderr)
        return 130
    return 0


def progress(message: str) -> None:
    """Tells the user, on stderr, what happens now."""
    print(message, file=sys.stderr, flush=True)


def mlc_home() -> Path:
    """The cache folder: MLC_HOME, else the platform's place for caches.

    The Java class org.mlcengine.natives.MlcHome follows the same rules.
    """
    explicit = os.environ.get("MLC_HOME", "")
    if explicit:
        return Path(explicit).absolute()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", "")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "mlc-engine"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "mlc-engine"
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(xdg) if os.path.isabs(xdg) else Path.home() / ".cache") / "mlc-engine"


def host_platform() -> str:
    """This machine's platform, one of PLATFORMS; StepFailed names any other."""
    system = _SYSTEMS.get(platform.system(), platform.system())
    machine = _MACHINES.get(platform.machine(), platform.machine())
    name = f"{system}-{machine}"
    if name not in PLATFORMS:
        raise StepFailed(
            f"no natives exist for {name}; there are natives for {', '.join(PLATFORMS)}"
        )
    return name


def host_or_none() -> str | None:
    """This machine's platform; None if it is not one of PLATFORMS."""
    try:
        return host_platform()
    except StepFailed:
        return None


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds an exclusive lock between processes on `path`, a file that is made and kept.

    Waits for another holder, and says so. The system frees the lock of a process that dies.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+b") as file:
        if not _try_lock(file.fileno()):
            progress(f"waiting for another process that holds {path}")
            while not _try_lock(file.fileno()):
                time.sleep(_LOCK_POLL_SECONDS)
        try:
            yield
        finally:
            _unlock(file.fileno())


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def remove_partial(folder: Path) -> None:
    """Removes what interrupted runs left in `folder`. The caller holds the folder's lock."""
    for left in folder.glob(f"{PARTIAL}*"):
        shutil.rmtree(left, ignore_errors=True)


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in lower-case hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def pip(arguments: Sequence[str], python: str | Path = sys.executable) -> None:
    """Runs `python -m pip`, quietly; StepFailed explains what went wrong.

    The user's own settings of pip (index, proxy, certificates) stay in force.
    """
    environment = {k: v for k, v in os.environ.items() if k not in _HARMFUL_SETTINGS}
    command = [str(python), "-m", "pip", "--no-input", "--disable-pip-version-check", "-q"]
    done = subprocess.run(
        [*command, *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise StepFailed(_explain(done.stdout, str(python)))


# Each of these makes pip install elsewhere, refuse to work outside an environment, or resolve more.
_HARMFUL_SETTINGS = {"PIP_REQUIRE_VIRTUALENV", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"}

_REMEDIES = (
    ("No module named pip", "pip is missing for {python}: install it (Debian: python3-pip)"),
    (
        "DO NOT MATCH THE HASHES",
        (
            "a downloaded file is not the pinned one: retry, and if it happens again, do not trust "
            "the package index or proxy that pip is set up to use"
        ),
    ),
    ("No space left on device", "the disk is full: free some space, or move MLC_HOME"),
    (
        "No matching distribution found",
        (
            "pip found no such file: check the network, and the package index that pip is set up "
            "to use (pip config list)"
        ),
    ),
)
_NETWORK = "pip failed: check the network and the proxy settings, then run the build again"


def _explain(output: str, python: str) -> str:
    remedy = next((text for sign, text in _REMEDIES if sign in output), _NETWORK)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return "\n  ".join([remedy.format(python=python), *lines[-6:]])
