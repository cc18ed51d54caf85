"""When the compiler's environment is made, kept or refused; no wheel is installed here."""

from __future__ import annotations

import importlib.util
import re
import sys
import venv

import environment
import pytest
import wheels
from mlc_home import StepFailed


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Leaves pip out; holds the names of the lock files that were installed."""
    monkeypatch.setenv("MLC_HOME", str(tmp_path))
    names: list[str] = []
    monkeypatch.setattr(environment, "install", lambda folder, lock: names.append(lock.name))
    monkeypatch.setattr(environment, "make_venv", lambda folder: venv.create(folder, symlinks=True))
    return names


def test_environment_is_made_once_and_test_tools_are_added_once(installed, capsys):
    assert environment.main([]) == 0
    assert environment.main(["--testing"]) == 0
    assert environment.main(["--testing"]) == 0
    assert installed == ["requirements.lock", "requirements-test.lock"]
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert len(set(lines)) == 1


def test_interrupted_environment_is_made_again(installed, monkeypatch):
    def interrupt(folder, lock):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(environment, "install", interrupt)
        assert environment.main([]) == 130
    assert environment.main([]) == 0
    assert installed == ["requirements.lock"]


def test_environment_whose_python_is_gone_is_made_again(installed):
    python = environment.make_environment(testing=False)
    python.unlink()
    assert environment.make_environment(testing=False) == python
    assert python.exists()
    assert installed == ["requirements.lock", "requirements.lock"]


def test_old_python_is_refused_with_the_remedy(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    with pytest.raises(StepFailed, match=r"CPython 3\.10 to 3\.14, this is cpython 3\.9.*-Dpython"):
        environment.check_python()


def test_missing_ensurepip_names_the_package(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "ensurepip" else real(name)
    )
    version = ".".join(map(str, sys.version_info[:2]))
    with pytest.raises(StepFailed, match=f"apt install python{version}-venv"):
        environment.check_python()


@pytest.mark.parametrize("lock", [environment.REQUIREMENTS, environment.TEST_REQUIREMENTS])
def test_every_requirement_is_pinned_and_hashed(lock):
    text = re.sub("^#.*$", "", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for block in filter(None, (part.strip() for part in text.split("\n\n"))):
        lines = block.split(" \\\n")
        assert re.match(r"[a-z-]+==[0-9a-z.]+( ; .+)?$", lines[0])
        assert len(lines) > 1
        assert all(re.fullmatch(r"\s+--hash=sha256:[0-9a-f]{64}", line) for line in lines[1:])


def test_natives_and_compiler_pin_the_same_files():
    pinned = environment.REQUIREMENTS.read_text(encoding="utf-8")
    for wheel in wheels.read_lock(environment.NATIVES):
        if wheel.component.startswith("apache-"):
            assert f"{wheel.component}=={wheel.version} " in pinned
            assert wheel.sha256 in pinned
