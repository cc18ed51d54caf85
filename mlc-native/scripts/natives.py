"""Lays out the native libraries of each platform: those of the pinned wheels, and the CPU kernels.

    natives.py --output DIR [--jars DIR] [--platforms all|host|NAME,NAME] [--testing]

DIR/<platform>/ receives the shared libraries side by side, `natives.properties`, which lists them
in the order to load them in and those to load on demand, with their sizes and hashes, and
`licenses/`. With --jars, the same
files are laid out in DIR/<platform>/ as a classifier jar holds them. A platform that the kernels
cannot be built for here goes without; model libraries compiled with `--kernels tir` run there.

Nothing is fetched twice: MLC_HOME/wheels keeps what was unpacked, and this machine's own wheels,
which the compiler's environment needs as well. Doubled and interrupted runs do no harm.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import kernel_build
import mlc_home
from mlc_home import PARTIAL, PLATFORMS, StepFailed, progress
from wheels import Wheel, fetch, read_lock

LOCK_FILE = Path(__file__).with_name("natives.lock")
ROOT = Path(__file__).resolve().parents[2]
MANIFEST = "natives.properties"
CHECKSUMS = "SHA256SUMS"
INCLUDE = "tvm_ffi/include"
FFI_HEADER = "tvm/ffi/c_api.h"


@dataclass(frozen=True)
class Part:
    """What is taken from one component's wheel. Names of licence files are paths in the wheel.

    `libraries` are loaded at the start, `on_demand` those that only some requests need.
    """

    component: str
    folder: str
    libraries: tuple[str, ...]
    licenses: tuple[str, ...]
    on_demand: tuple[str, ...] = ()
    testing: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()


# In load order. The runtimes of CUDA and Metal stay out: the engine runs on the CPU, and the CUDA
# one does not load without CUDA's own libraries.
PARTS = (
    Part(
        "apache-tvm-ffi",
        "tvm_ffi/lib",
        libraries=("tvm_ffi",),
        licenses=(
            "{dist}.dist-info/licenses/LICENSE",
            "{dist}.dist-info/licenses/NOTICE",
            "tvm_ffi/3rdparty/libbacktrace/LICENSE",
        ),
        testing=("tvm_ffi_testing",),
        headers=("tvm/ffi/c_api.h", "dlpack/dlpack.h"),
    ),
    Part(
        "apache-tvm",
        "tvm/lib",
        libraries=("tvm_runtime",),
        licenses=(
            "{dist}.dist-info/licenses/LICENSE",
            "tvm/NOTICE",
            "tvm/licenses/LICENSE.builtin_fp16.txt",
        ),
    ),
    Part(
        "xgrammar",
        "xgrammar",
        libraries=(),
        licenses=("{dist}.dist-info/licenses/LICENSE", "{dist}.dist-info/licenses/NOTICE"),
        on_demand=("xgrammar_bindings",),
    ),
)


def wheels_of(wheels: Iterable[Wheel], platform: str) -> list[Wheel]:
    """The wheels of a platform's parts, in the order of PARTS."""
    by_name = {wheel.component: wheel for wheel in wheels if wheel.platform == platform}
    missing = [part.component for part in PARTS if part.component not in by_name]
    if missing:
        raise StepFailed(f"{LOCK_FILE.name} has no {', '.join(missing)} for {platform}")
    return [by_name[part.component] for part in PARTS]


def library_file(stem: str, platform: str) -> str:
    """The file name of a shared library on a platform."""
    if platform.startswith("windows"):
        return f"{stem}.dll"
    return f"lib{stem}.dylib" if platform.startswith("osx") else f"lib{stem}.so"


def extract(wheel: Wheel, file: Path, part: Part, into: Path) -> None:
    """Copies a part's libraries and licences out of its wheel, side by side."""
    licenses = into / "licenses" / wheel.component
    licenses.mkdir(parents=True)
    with zipfile.ZipFile(file) as archive:
        for stem in part.libraries + part.on_demand + part.testing:
            name = library_file(stem, wheel.platform)
            (into / name).write_bytes(_member(archive, f"{part.folder}/{name}"))
        for license_path in part.licenses:
            member = license_path.format(dist=wheel.distribution)
            (licenses / license_name(member)).write_bytes(_member(archive, member))
        for header in part.headers:
            file = into / "include" / header
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(_member(archive, f"{INCLUDE}/{header}"))


def license_name(member: str) -> str:
    """A flat name for a licence file: a bundled project's name goes in front."""
    path = Path(member)
    return f"{path.parent.name}-{path.name}" if "3rdparty" in path.parts else path.name


def ffi_version(header: str) -> str:
    """The version that libtvm_ffi reports of itself; it may differ from the wheel's."""
    numbers = [
        re.search(rf"#define\s+TVM_FFI_VERSION_{name}\s+(\d+)", header)
        for name in ("MAJOR", "MINOR", "PATCH")
    ]
    if not all(numbers):
        raise StepFailed(f"{FFI_HEADER} does not define TVM_FFI_VERSION_MAJOR, _MINOR and _PATCH")
    return ".".join(number.group(1) for number in numbers if number)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except KeyError:
        raise StepFailed(f"{archive.filename} holds no {name}") from None


def unpacked(wheels: Sequence[Wheel], cache: Path) -> Path:
    """The cached folder with everything that a platform's wheels give; made when missing."""
    platform = wheels[0].platform
    key = hashlib.sha256(repr((wheels, PARTS)).encode()).hexdigest()[:12]
    place = cache / "unpacked" / f"{platform}-{key}"
    if place.is_dir() and _intact(place):
        return place
    cached = platform == mlc_home.host_or_none()
    with tempfile.TemporaryDirectory(dir=cache, prefix=PARTIAL) as work:
        fresh = Path(work, "unpacked")
        for wheel, part in zip(wheels, PARTS):
            extract(wheel, fetch(wheel, cache if cached else Path(work)), part, fresh)
        files = [f for f in sorted(fresh.rglob("*")) if f.is_file()]
        (fresh / CHECKSUMS).write_text(
            "".join(f"{mlc_home.sha256(f)}  {f.relative_to(fresh).as_posix()}\n" for f in files),
            encoding="utf-8",
        )
        if place.exists():
            progress(f"{place} is damaged: replacing it")
            shutil.rmtree(place)
        place.parent.mkdir(exist_ok=True)
        fresh.rename(place)
    return place


def _intact(folder: Path) -> bool:
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
        pairs = [line.split("  ", 1) for line in lines]
        return all(mlc_home.sha256(folder / name) == digest for digest, name in pairs)
    except (OSError, ValueError):
        return False


def library_files(folder: Path, platform: str, testing: bool) -> list[Path]:
    """The libraries that a platform's wheels gave and that are loaded first, in load order."""
    stems = [s for part in PARTS for s in part.libraries + (part.testing if testing else ())]
    return [folder / library_file(stem, platform) for stem in stems]


def on_demand_files(folder: Path, platform: str) -> dict[str, Path]:
    """The libraries that a platform's wheels gave and that wait for their use, by component."""
    return {
        part.component: folder / library_file(stem, platform)
        for part in PARTS
        for stem in part.on_demand
    }


def manifest(wheels: Sequence[Wheel], source: Path, files: Sequence[Path]) -> str:
    """The text of natives.properties for libraries in load order, and those for later.

    `source` is the folder with what the wheels gave.
    """
    platform = wheels[0].platform
    versions = {wheel.component: wheel.version for wheel in wheels}
    header = (source / "include" / FFI_HEADER).read_text(encoding="utf-8")
    libraries = []
    for number, file in enumerate(files):
        libraries += _facts(f"library.{number}", file)
    for component, file in on_demand_files(source, platform).items():
        libraries += [*_facts(component, file), f"{component}.version={versions[component]}"]
    tvm = versions["apache-tvm"]
    digest = hashlib.sha256("\n".join(libraries).encode()).hexdigest()[:8]
    lines = [
        f"platform={platform}",
        f"version={tvm}-{digest}",
        f"tvm.version={tvm}",
        f"tvm-ffi.version={versions['apache-tvm-ffi']}",
        f"tvm-ffi.abi={ffi_version(header)}",
        *libraries,
    ]
    return "".join(f"{line}\n" for line in lines)


def _facts(key: str, file: Path) -> list[str]:
    return [
        f"{key}={file.name}",
        f"{key}.size={file.stat().st_size}",
        f"{key}.sha256={mlc_home.sha256(file)}",
    ]


def publish(wheels: Sequence[Wheel], source: Path, files: Sequence[Path], output: Path) -> Path:
    """Puts a platform's folder into `output`, unless the same is there already.

    `files` are the libraries that are loaded first; those in `source` for later go with them.
    """
    text = manifest(wheels, source, files)
    place = output / wheels[0].platform
    all_files = [*files, *on_demand_files(source, place.name).values()]
    if _text(place / MANIFEST) == text and all(_same(f, place / f.name) for f in all_files):
        return place
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output, prefix=PARTIAL) as work:
        fresh = Path(work, "platform")
        shutil.copytree(source / "licenses", fresh / "licenses")
        for file in all_files:
            shutil.copyfile(file, fresh / file.name)
        (fresh / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
        shutil.rmtree(place, ignore_errors=True)
        fresh.rename(place)
    return place


def _same(file: Path, copy: Path) -> bool:
    return copy.is_file() and mlc_home.sha256(file) == mlc_home.sha256(copy)


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def lay_out_jar(platform_folder: Path, jars: Path) -> None:
    """Copies a platform's folder to where its classifier jar holds the files."""
    root = jars / platform_folder.name
    shutil.rmtree(root, ignore_errors=True)
    libraries = root / "META-INF" / "mlc-natives" / platform_folder.name
    shutil.copytree(platform_folder, libraries, ignore=shutil.ignore_patterns("licenses"))
    shutil.copytree(platform_folder / "licenses", root / "META-INF" / "licenses")
    for name in ("LICENSE", "NOTICE"):
        shutil.copyfile(ROOT / name, root / "META-INF" / name)


def chosen_platforms(names: str) -> list[str]:
    """The platforms that --platforms asks for; StepFailed names an unknown one."""
    if names == "all":
        return list(PLATFORMS)
    if names == "host":
        return [mlc_home.host_platform()]
    chosen = [name.strip() for name in names.split(",")]
    unknown = [name for name in chosen if name not in PLATFORMS]
    if unknown:
        raise StepFailed(
            f"unknown platform {', '.join(unknown)}: expected all, host, or some of "
            f"{', '.join(PLATFORMS)}"
        )
    return chosen


def make_natives(output: Path, jars: Path | None, platforms: Sequence[str], testing: bool) -> None:
    """Does the script's work. Folders of platforms that are not asked for are removed."""
    wheels = read_lock(LOCK_FILE)
    cache = mlc_home.mlc_home() / "wheels"
    with mlc_home.locked(cache / ".lock"):
        mlc_home.remove_partial(cache)
        sources = {name: unpacked(wheels_of(wheels, name), cache) for name in platforms}
    built = {name: kernel_build.build(name, sources[name] / "include") for name in platforms}
    with mlc_home.locked(cache / ".lock"):
        for name, source in sources.items():
            library = built[name]
            files = library_files(source, name, testing) + ([library] if library else [])
            place = publish(wheels_of(wheels, name), source, files, output)
            if jars:
                lay_out_jar(place, jars)
    for folder in (output, jars):
        for name in set(PLATFORMS) - set(platforms):
            if folder:
                shutil.rmtree(folder / name, ignore_errors=True)


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    parser.add_argument("--jars", type=Path, metavar="DIR")
    parser.add_argument("--platforms", default="all", metavar="NAMES")
    parser.add_argument("--testing", action="store_true", help="add libtvm_ffi_testing")
    chosen = parser.parse_args(arguments)
    return mlc_home.run_step(
        lambda: make_natives(
            chosen.output, chosen.jars, chosen_platforms(chosen.platforms), chosen.testing
        )
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
