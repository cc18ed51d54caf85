"""When the CPU kernels are built, reused, left out or refused; a small library stands for them."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import kernel_build
import mlc_home
import pytest
from mlc_home import StepFailed

HOST = mlc_home.host_or_none() or ""
SOURCE = '#include "answer.h"\nint answer(void) { return ANSWER; }\n'

pytestmark = pytest.mark.skipif(not HOST.startswith("linux"), reason="built on Linux only")


@pytest.fixture(autouse=True)
def sources(tmp_path, monkeypatch):
    monkeypatch.setenv("MLC_HOME", str(tmp_path / "home"))
    folder = tmp_path / "kernels"
    folder.mkdir()
    (folder / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.20)\nproject(kernels C)\n"
        "add_library(mlc_kernels SHARED answer.c)\n"
        "target_include_directories(mlc_kernels PRIVATE ${TVM_FFI_INCLUDE})\n"
    )
    (folder / "answer.c").write_text(SOURCE)
    monkeypatch.setattr(kernel_build, "SOURCES", folder)
    return folder


@pytest.fixture
def headers(tmp_path):
    folder = tmp_path / "include"
    folder.mkdir()
    (folder / "answer.h").write_text("#define ANSWER 42\n")
    return folder


@pytest.fixture
def builds(monkeypatch):
    """Counts the builds, and makes something quicker than a compiler's work."""
    made: list[Path] = []

    def run_cmake(compiler, headers, work):
        library = work / "libmlc_kernels.so"
        library.write_text((kernel_build.SOURCES / "answer.c").read_text())
        made.append(library)
        return library

    monkeypatch.setattr(kernel_build, "run_cmake", run_cmake)
    return made


def built(headers: Path) -> Path:
    library = kernel_build.build(HOST, headers)
    assert library is not None
    return library


def leave_on_path(monkeypatch, tmp_path: Path, *tools: str) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in tools:
        (folder / tool).symlink_to(shutil.which(tool) or f"/missing/{tool}")
    monkeypatch.setenv("PATH", str(folder))


def test_library_is_compiled_with_the_headers(headers):
    library = built(headers)
    assert library.name == "libmlc_kernels.so"
    assert b"answer" in library.read_bytes()
    assert not list(library.parents[1].glob(f"{mlc_home.PARTIAL}*"))


def test_second_build_is_spared_until_something_changes(headers, builds, sources):
    first = built(headers)
    assert built(headers) == first
    assert len(builds) == 1
    (sources / "answer.c").write_text(SOURCE.replace("ANSWER", "ANSWER + 1"))
    second = built(headers)
    (headers / "answer.h").write_text("#define ANSWER 43\n")
    third = built(headers)
    assert len({first, second, third}) == len(builds) == 3
    assert "ANSWER + 1" in third.read_text()


def test_source_that_does_not_compile_is_shown(headers, sources):
    (sources / "answer.c").write_text("int answer(void) { return nonsense; }\n")
    with pytest.raises(StepFailed, match="(?s)building the CPU kernels failed.*nonsense"):
        kernel_build.build(HOST, headers)
    assert not list((mlc_home.mlc_home() / "kernels").glob("*/*.so"))


def test_missing_compiler_is_named_with_the_remedy(headers, monkeypatch, tmp_path):
    monkeypatch.delenv("CC", raising=False)
    leave_on_path(monkeypatch, tmp_path)
    with pytest.raises(StepFailed, match="cc, gcc, clang.*apt install gcc"):
        kernel_build.build(HOST, headers)
    monkeypatch.setenv("CC", "/missing/cc")
    with pytest.raises(StepFailed, match="looked for /missing/cc"):
        kernel_build.build(HOST, headers)


def test_platforms_that_cannot_be_built_for_are_left_out(headers, monkeypatch, tmp_path, capsys):
    leave_on_path(monkeypatch, tmp_path)
    for platform in set(mlc_home.PLATFORMS) - {HOST}:
        assert kernel_build.build(platform, headers) is None
        assert f"no CPU kernels for {platform}: " in capsys.readouterr().err


def test_cross_compiler_is_told_the_system(monkeypatch):
    monkeypatch.setattr(mlc_home, "host_or_none", lambda: "linux-x86_64")
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(kernel_build, "run", lambda command: "version 1")
    compiler = kernel_build.find_compiler("linux-aarch64")
    assert compiler == kernel_build.Compiler(
        "/usr/bin/aarch64-linux-gnu-gcc",
        "version 1",
        ("-DCMAKE_SYSTEM_NAME=Linux", "-DCMAKE_SYSTEM_PROCESSOR=aarch64"),
    )


def test_pinned_tools_stand_in_for_missing_ones(headers, monkeypatch, tmp_path):
    asked: list[list[str]] = []
    monkeypatch.setattr(mlc_home, "pip", lambda arguments: asked.append(arguments) or place())

    def place() -> None:
        target = Path(asked[-1][asked[-1].index("--target") + 1])
        target.mkdir()

    (mlc_home.mlc_home() / "kernels").mkdir(parents=True)
    leave_on_path(monkeypatch, tmp_path, "cmake")
    cmake, ninja = kernel_build.find_tools()
    assert cmake == str(tmp_path / "bin/cmake")
    assert re.search(r"/kernels/tools-[0-9a-f]{12}/bin/ninja$", str(ninja))
    (tmp_path / "bin/cmake").unlink()
    cmake, _ = kernel_build.find_tools()
    assert cmake.endswith("/cmake/data/bin/cmake")
    assert len(asked) == 1
    assert "--require-hashes" in asked[0]


def test_make_on_the_path_is_enough(monkeypatch, tmp_path):
    monkeypatch.setattr(
        shutil, "which", lambda name: None if name == "ninja" else os.path.join("/bin", name)
    )
    assert kernel_build.find_tools() == ("/bin/cmake", None)
