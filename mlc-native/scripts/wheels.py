"""Wheels pinned by hash: the lock file's lines, and fetching the file that a line names."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import mlc_home
from mlc_home import StepFailed, progress


@dataclass(frozen=True)
class Wheel:
    """One line of a lock file."""

    component: str
    version: str
    platform: str
    file: str
    sha256: str

    @property
    def distribution(self) -> str:
        """The start of the names of files and folders: distribution and version."""
        return "-".join(self.file.split("-")[:2])

    def pip_tags(self) -> list[str]:
        """The options by which pip picks this very file, whatever Python runs it."""
        python, abi, platforms = self.file.removesuffix(".whl").split("-")[-3:]
        tags = ["--implementation", "py" if python.startswith("py") else "cp", "--abi", abi]
        if python.startswith("cp"):
            tags += ["--python-version", f"{python[2]}.{python[3:]}"]
        for platform in platforms.split("."):
            tags += ["--platform", platform]
        return tags


def read_lock(path: Path) -> list[Wheel]:
    """The wheels of a lock file; StepFailed names a line that cannot be read."""
    wheels = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fields = line.split("#")[0].split()
        if not fields:
            continue
        if len(fields) != 5 or not re.fullmatch("[0-9a-f]{64}", fields[4]):
            raise StepFailed(
                f"{path}, line {number}: expected component, version, platform, wheel and sha256"
            )
        wheels.append(Wheel(*fields))
    return wheels


def fetch(wheel: Wheel, folder: Path) -> Path:
    """The wheel's file in `folder`, downloaded unless the right one is there already.

    The caller holds the lock of `folder`. The file appears when it is whole and checked.
    """
    place = folder / wheel.file
    if place.exists():
        if mlc_home.sha256(place) == wheel.sha256:
            return place
        progress(f"{place} is damaged: fetching it again")
    progress(f"fetching {wheel.component} {wheel.version} for {wheel.platform} ...")
    with tempfile.TemporaryDirectory(dir=folder, prefix=mlc_home.PARTIAL) as work:
        requirements = Path(work, "requirements.txt")
        requirements.write_text(
            f"{wheel.component}=={wheel.version} --hash=sha256:{wheel.sha256}\n", encoding="utf-8"
        )
        fixed = ["--require-hashes", "--no-deps", "--only-binary=:all:", "--no-cache-dir"]
        mlc_home.pip(["download", *fixed, *wheel.pip_tags(), "-d", work, "-r", str(requirements)])
        fetched = Path(work, wheel.file)
        if not fetched.exists() or mlc_home.sha256(fetched) != wheel.sha256:
            raise StepFailed(f"pip did not deliver {wheel.file} with SHA-256 {wheel.sha256}")
        fetched.replace(place)
    return place
