"""The lock file, the choice of platforms, unpacking, publishing and their failures."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import mlc_home
import natives
import pytest
import wheels
from mlc_home import PLATFORMS, StepFailed
from wheels import Wheel

HEADER = (
    "#define TVM_FFI_VERSION_MAJOR 7\n#define TVM_FFI_VERSION_MINOR 8\n"
    "#define TVM_FFI_VERSION_PATCH 9\n"
)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    folder = tmp_path / "home"
    monkeypatch.setenv("MLC_HOME", str(folder))
    (folder / "wheels").mkdir(parents=True)
    return folder


def make_wheels(folder: Path, platform: str) -> list[Wheel]:
    """Small wheels with the members that natives.py takes, lying where it would keep them."""
    made = []
    for part in natives.PARTS:
        name = part.component.replace("-", "_")
        tag = {"linux-x86_64": "manylinux_2_28_x86_64"}.get(platform, "win_amd64")
        distribution = f"{name}-1.2"
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for stem in part.libraries + part.on_demand + part.testing:
                file = natives.library_file(stem, platform)
                archive.writestr(f"{part.folder}/{file}", f"{stem} for {platform}")
            for text in part.licenses:
                archive.writestr(text.format(dist=distribution), f"terms of {text}")
            for header in part.headers:
                archive.writestr(f"{natives.INCLUDE}/{header}", HEADER)
        file = folder / f"{distribution}-py3-none-{tag}.whl"
        file.write_bytes(content.getvalue())
        made.append(Wheel(part.component, "1.2", platform, file.name, mlc_home.sha256(file)))
    return made


def publish(home: Path, output: Path, testing: bool = False, more: Sequence[Path] = ()) -> Path:
    pinned = make_wheels(home / "wheels", mlc_home.host_platform())
    source = natives.unpacked(pinned, home / "wheels")
    files = natives.library_files(source, pinned[0].platform, testing)
    return natives.publish(pinned, source, [*files, *more], output)


def test_lock_pins_every_part_for_every_platform():
    pinned = wheels.read_lock(natives.LOCK_FILE)
    for platform in PLATFORMS:
        chosen = natives.wheels_of(pinned, platform)
        assert [w.component for w in chosen] == ["apache-tvm-ffi", "apache-tvm", "xgrammar"]
    assert len({wheel.sha256 for wheel in pinned}) == len(pinned)


def test_file_name_gives_the_tags_that_pip_is_asked_for():
    wheel = Wheel("a", "1", "linux-x86_64", "a-1-cp311-cp311-manylinux_2_24_x86_64.x.whl", "0")
    assert wheel.pip_tags() == [
        *("--implementation", "cp", "--abi", "cp311", "--python-version", "3.11"),
        *("--platform", "manylinux_2_24_x86_64", "--platform", "x"),
    ]


def test_bad_lock_line_is_named(tmp_path):
    lock = tmp_path / "some.lock"
    lock.write_text("# fine\n\napache-tvm 1 linux-x86_64 a.whl nothash\n")
    with pytest.raises(StepFailed, match="line 3"):
        wheels.read_lock(lock)


def test_libraries_lie_side_by_side_in_load_order(home, tmp_path):
    place = publish(home, tmp_path / "out")
    facts = dict(line.split("=", 1) for line in (place / natives.MANIFEST).read_text().splitlines())
    first = place / facts["library.0"]
    assert [facts["library.0"], facts["library.1"]] == [
        natives.library_file(stem, place.name) for stem in ("tvm_ffi", "tvm_runtime")
    ]
    assert "library.2" not in facts
    assert int(facts["library.0.size"]) == first.stat().st_size
    assert facts["library.0.sha256"] == hashlib.sha256(first.read_bytes()).hexdigest()
    assert facts["tvm.version"] == "1.2"
    assert facts["tvm-ffi.abi"] == "7.8.9"
    assert (place / "licenses/apache-tvm-ffi/libbacktrace-LICENSE").is_file()


def test_library_of_grammars_lies_beside_the_others_but_not_in_the_load_order(home, tmp_path):
    place = publish(home, tmp_path / "out")
    facts = dict(line.split("=", 1) for line in (place / natives.MANIFEST).read_text().splitlines())
    file = place / natives.library_file("xgrammar_bindings", place.name)
    assert facts["xgrammar"] == file.name
    assert int(facts["xgrammar.size"]) == file.stat().st_size
    assert facts["xgrammar.sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert facts["xgrammar.version"] == "1.2"
    assert file.name not in [facts[key] for key in facts if key.startswith("library.")]
    assert (place / "licenses/xgrammar/NOTICE").is_file()


def test_damaged_library_for_later_is_repaired(home, tmp_path):
    place = publish(home, tmp_path / "out")
    name = natives.library_file("xgrammar_bindings", place.name)
    (place / name).write_bytes(b"junk")
    place = publish(home, tmp_path / "out")
    assert (place / name).read_text() == f"xgrammar_bindings for {place.name}"


def test_testing_adds_the_testing_library_and_changes_the_version(home, tmp_path):
    plain = (publish(home, tmp_path / "plain") / natives.MANIFEST).read_text()
    place = publish(home, tmp_path / "testing", testing=True)
    text = (place / natives.MANIFEST).read_text()
    assert (place / natives.library_file("tvm_ffi_testing", place.name)).is_file()
    assert text.splitlines()[1] != plain.splitlines()[1]


def test_kernels_come_last_and_change_the_version(home, tmp_path):
    plain = (publish(home, tmp_path / "plain") / natives.MANIFEST).read_text()
    library = tmp_path / "libmlc_kernels.so"
    library.write_text("kernels")
    place = publish(home, tmp_path / "out", more=[library])
    text = (place / natives.MANIFEST).read_text()
    assert "library.2=libmlc_kernels.so\nlibrary.2.size=7\n" in text
    assert (place / library.name).read_text() == "kernels"
    assert text.splitlines()[1] != plain.splitlines()[1]


def test_damaged_output_and_cache_are_repaired(home, tmp_path):
    place = publish(home, tmp_path / "out")
    name = natives.library_file("tvm_ffi", place.name)
    (place / name).write_bytes(b"junk")
    (cached,) = (home / "wheels" / "unpacked").iterdir()
    (cached / name).write_bytes(b"junk")
    assert (publish(home, tmp_path / "out") / name).read_text() == f"tvm_ffi for {place.name}"


def test_unchanged_output_is_left_alone(home, tmp_path):
    place = publish(home, tmp_path / "out")
    before = place.stat().st_ino
    assert publish(home, tmp_path / "out").stat().st_ino == before


def test_wheel_without_an_expected_library_is_refused(home):
    pinned = make_wheels(home / "wheels", mlc_home.host_platform())
    swapped = [pinned[1], pinned[0], pinned[2]]
    with pytest.raises(StepFailed, match="holds no tvm_ffi/lib"):
        natives.unpacked(swapped, home / "wheels")
    assert not list((home / "wheels").glob(f"{mlc_home.PARTIAL}*"))


def test_damaged_wheel_is_fetched_again(home, monkeypatch):
    wheel = make_wheels(home / "wheels", mlc_home.host_platform())[0]
    place = home / "wheels" / wheel.file
    right = place.read_bytes()
    place.write_bytes(b"cut off")

    def pip(arguments):
        Path(arguments[arguments.index("-d") + 1], wheel.file).write_bytes(right)

    monkeypatch.setattr(mlc_home, "pip", pip)
    assert wheels.fetch(wheel, home / "wheels").read_bytes() == right


def test_wrong_bytes_are_never_kept(home, monkeypatch):
    wheel = make_wheels(home / "wheels", mlc_home.host_platform())[0]
    place = home / "wheels" / wheel.file
    place.unlink()

    def pip(arguments):
        Path(arguments[arguments.index("-d") + 1], wheel.file).write_bytes(b"other bytes")

    monkeypatch.setattr(mlc_home, "pip", pip)
    with pytest.raises(StepFailed, match=wheel.sha256):
        wheels.fetch(wheel, home / "wheels")
    assert not place.exists()


def test_pip_refuses_a_file_with_another_hash(home, tmp_path, monkeypatch):
    source = tmp_path / "index"
    source.mkdir()
    wheel = make_wheels(source, mlc_home.host_platform())[1]
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(source))
    pinned = Wheel(wheel.component, wheel.version, wheel.platform, wheel.file, "0" * 64)
    with pytest.raises(StepFailed, match="not the pinned one"):
        wheels.fetch(pinned, home / "wheels")


def test_missing_distribution_says_what_to_check(home, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    wheel = Wheel("nothing", "1", "any", "nothing-1-py3-none-any.whl", "0" * 64)
    with pytest.raises(StepFailed, match="check the network"):
        wheels.fetch(wheel, home / "wheels")


def test_unknown_platform_is_named(tmp_path, capsys):
    assert natives.main(["--output", str(tmp_path), "--platforms", "linux-x86_64,solaris"]) == 1
    assert "unknown platform solaris" in capsys.readouterr().err


def test_jar_layout_holds_libraries_and_licences(home, tmp_path):
    place = publish(home, tmp_path / "out")
    natives.lay_out_jar(place, tmp_path / "jars")
    root = tmp_path / "jars" / place.name / "META-INF"
    assert (root / "mlc-natives" / place.name / natives.MANIFEST).is_file()
    assert (root / "licenses/apache-tvm/LICENSE").is_file()
    assert (root / "NOTICE").read_bytes() == (natives.ROOT / "NOTICE").read_bytes()


def test_killed_run_leaves_nothing_behind_for_the_next(home):
    cache = home / "wheels"
    script = (
        "import sys, time, tempfile, mlc_home\n"
        "from pathlib import Path\n"
        f"cache = Path({str(cache)!r})\n"
        "with mlc_home.locked(cache / '.lock'):\n"
        "    folder = tempfile.mkdtemp(dir=cache, prefix=mlc_home.PARTIAL)\n"
        "    print(folder, flush=True)\n"
        "    time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(mlc_home.__file__).parent)}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment
    ) as holder:
        left = Path(holder.stdout.readline().strip())
        assert left.is_dir()
        holder.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    with mlc_home.locked(cache / ".lock"):
        mlc_home.remove_partial(cache)
    assert not left.exists()
