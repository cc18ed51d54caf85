"""The cache folder's rules, the lock between processes, and pip's failures."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import mlc_home
import pytest
from mlc_home import StepFailed


def test_mlc_home_variable_wins(monkeypatch, tmp_path):
    monkeypatch.setenv("MLC_HOME", str(tmp_path))
    assert mlc_home.mlc_home() == tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="XDG is a rule of Linux")
def test_xdg_cache_home_then_home(monkeypatch):
    monkeypatch.delenv("MLC_HOME", raising=False)
    monkeypatch.setenv("HOME", "/h")
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert mlc_home.mlc_home() == Path("/x/mlc-engine")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert mlc_home.mlc_home() == Path("/h/.cache/mlc-engine")


def test_macos_and_windows_folders(monkeypatch):
    monkeypatch.delenv("MLC_HOME", raising=False)
    monkeypatch.setenv("HOME", "/h")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert mlc_home.mlc_home() == Path.home() / "Library" / "Caches" / "mlc-engine"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/local")
    assert mlc_home.mlc_home() == Path("/local/mlc-engine")


def test_unsupported_host_is_named(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(StepFailed, match="riscv64"):
        mlc_home.host_platform()


COUNT = """
import sys, time
from pathlib import Path
import mlc_home
counter = Path(sys.argv[1])
for _ in range(20):
    with mlc_home.locked(counter.with_name("lock")):
        value = int(counter.read_text())
        time.sleep(0.001)
        counter.write_text(str(value + 1))
"""


def test_lock_holds_between_processes(tmp_path):
    counter = tmp_path / "counter"
    counter.write_text("0")
    environment = {**os.environ, "PYTHONPATH": str(Path(mlc_home.__file__).parent)}
    running = [
        subprocess.Popen([sys.executable, "-c", COUNT, str(counter)], env=environment)
        for _ in range(3)
    ]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert counter.read_text() == "60"


def test_lock_is_free_after_a_failure(tmp_path):
    with pytest.raises(ValueError, match="inside"), mlc_home.locked(tmp_path / "lock"):
        raise ValueError("inside")
    with mlc_home.locked(tmp_path / "lock"):
        pass


def test_python_without_pip_is_told_how_to_get_it(tmp_path):
    empty = tmp_path / "empty"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(empty)], check=True)
    python = empty / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    with pytest.raises(StepFailed, match="pip is missing"):
        mlc_home.pip(["--version"], python)


def test_failed_step_is_an_exit_status_and_a_message(capsys):
    def step() -> None:
        raise StepFailed("what happened")

    assert mlc_home.run_step(step) == 1
    assert capsys.readouterr().err == "error: what happened\n"


def test_read_only_cache_folder_is_named(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("MLC_HOME", str(tmp_path / "file"))
    (tmp_path / "file").write_text("not a folder")

    def step() -> None:
        with mlc_home.locked(mlc_home.mlc_home() / "wheels" / ".lock"):
            pass

    assert mlc_home.run_step(step) == 1
    assert "moved by MLC_HOME" in capsys.readouterr().err
