"""The command line: exit statuses, messages, and what an interrupted run leaves."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from model_files import tiny_weights, write_hugging_face

import mlc_compiler
from mlc_compiler.cli import main
from mlc_compiler.cli.compile import parse_overrides
from mlc_compiler.errors import OptionError
from mlc_compiler.progress import Progress, format_bytes


@pytest.fixture
def model(tmp_path, rng) -> Path:
    return write_hugging_face(tmp_path / "hf", tiny_weights(rng))


def test_commands_fill_one_folder(model, tmp_path, capsys):
    output = str(tmp_path / "out")
    shared = [str(model), "--quantization", "q4f16_1", "-o", output]
    assert main(["convert_weight", *shared]) == 0
    assert main(["gen_config", *shared, "--conv-template", "chatml"]) == 0

    names = {path.name for path in Path(output).iterdir()}
    assert names == {
        "mlc-chat-config.json",
        "params_shard_0.bin",
        "tensor-cache.json",
        "tokenizer.json",
    }
    config = json.loads(Path(output, "mlc-chat-config.json").read_text())
    assert config["model_config"]["max_batch_size"] == 128
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "wrote 23 arrays" in captured.err


def test_source_folder_can_be_elsewhere(model, tmp_path):
    elsewhere = tmp_path / "weights"
    elsewhere.mkdir()
    (model / "model.safetensors").rename(elsewhere / "model.safetensors")
    arguments = [str(model / "config.json"), "--quantization", "q0f16", "-o", str(tmp_path / "out")]
    assert main(["convert_weight", *arguments]) == 1
    assert main(["convert_weight", *arguments, "--source", str(elsewhere)]) == 0


def test_errors_are_one_line_and_have_a_status(model, tmp_path, capsys):
    output = ["-o", str(tmp_path / "out")]
    assert main(["convert_weight", str(tmp_path / "no"), "--quantization", "gguf", *output]) == 1
    missing = capsys.readouterr().err
    assert missing.startswith("error: ")
    assert missing.count("\n") == 1

    gen_config = ["gen_config", str(model), "--quantization", "q4f16_1", *output]
    assert main([*gen_config, "--conv-template", "nope"]) == 2
    assert "expected one of chatml" in capsys.readouterr().err

    shards = ["--conv-template", "chatml", "--tensor-parallel-shards", "2"]
    assert main([*gen_config, *shards, "--verbose"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_output_that_is_a_file_is_an_error(model, tmp_path, capsys):
    (tmp_path / "out").write_text("mine")
    arguments = [str(model), "--quantization", "q0f16", "-o", str(tmp_path / "out")]
    assert main(["convert_weight", *arguments]) == 1
    assert "out" in capsys.readouterr().err
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("command", ["convert_weight", "gen_config", "compile"])
def test_help_names_the_options(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert "--quantization" in capsys.readouterr().out


def test_compile_needs_a_config(tmp_path, capsys):
    assert main(["compile", str(tmp_path), "-o", str(tmp_path / "lib.so")]) == 1
    assert "make one with gen_config" in capsys.readouterr().err


def test_overrides_are_pairs():
    assert parse_overrides("") == {}
    assert parse_overrides("context_window_size=8; max_batch_size=2;") == {
        "context_window_size": 8,
        "max_batch_size": 2,
    }
    for text in ("a", "a=", "a=b", "=;x"):
        with pytest.raises(OptionError, match="NAME=NUMBER"):
            parse_overrides(text)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM handlers")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_leaves_nothing(number, model, tmp_path):
    # Waits when everything is staged and nothing is in its place yet.
    program = (
        "import signal, sys, time\n"
        # A shell's job in the background ignores it.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from mlc_compiler.cli import main\n"
        "from mlc_compiler.weights.tensor_cache import TensorCacheWriter\n"
        "TensorCacheWriter.finish = lambda self, metadata: (print('staged', flush=True), "
        "time.sleep(60))\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    arguments = [str(model), "--quantization", "q0f32", "-o", str(tmp_path / "out")]
    process = subprocess.Popen(
        [sys.executable, "-c", program, "convert_weight", *arguments],
        env={**os.environ, "PYTHONPATH": str(Path(mlc_compiler.__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "staged\n"
    assert len(list(tmp_path.iterdir())) == 2
    process.send_signal(number)
    _, messages = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted; nothing was written" in messages
    assert [path.name for path in tmp_path.iterdir()] == ["hf"]


class FakeTerminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_sparse_in_a_log():
    now = [0.0]
    stream = io.StringIO()
    progress = Progress(stream, lambda: now[0])
    for number in range(1, 101):
        now[0] += 0.25
        progress.step(number, 100, f"tensor {number}", number * 1024)
    lines = stream.getvalue().splitlines()
    counts = [int(line.split("/")[0]) for line in lines]
    assert counts == [1, 21, 41, 61, 81, 100]
    assert lines[-1] == "100/100  100.0 KiB  25.0 s  tensor 100"


def test_progress_redraws_a_bar_on_a_terminal():
    stream = FakeTerminal()
    progress = Progress(stream, time.monotonic)
    progress.step(1, 2, "a")
    progress.message("note")
    progress.step(2, 2, "b")
    assert stream.getvalue().startswith("[############............] 1/2")
    assert "\r\x1b[Knote\n" in stream.getvalue()
    assert stream.getvalue().endswith("b\n")


def test_byte_counts_have_units():
    assert [format_bytes(n) for n in (0, 1023, 1536, 3 << 20, 5 << 30)] == [
        "0 B",
        "1023 B",
        "1.5 KiB",
        "3.0 MiB",
        "5.0 GiB",
    ]
