"""Checks that speed is not bought with quality; writes docs/performance/quality.json.

    quality.py [--output FILE] [--threads N] [--model FOLDER]

Predicts each token of a fixed text of 4,000 tokens from those before it, in two windows that fit
the context: with llama.cpp in float32 on a float32 copy of the default model, which is the
reference; with llama.cpp on the GGUF file itself; and with this engine on the same blocks, token by
token and in chunks, since these are different kernels. For each: how often the most likely token is
the reference's, and the perplexity of the text.

Exit status: 0 when this engine, both ways, agrees with the reference at least as often as llama.cpp
does and its perplexity is within 0.3 percent of llama.cpp's; 1 otherwise, or when a step failed.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "compare"))

import workplace  # noqa: E402
from workplace import ROOT, StepFailed, Workplace, mlc_home, progress  # noqa: E402

OUTPUT = ROOT / "docs" / "performance" / "quality.json"
OUR_PROGRAM = "org.mlcengine.benchmarks.quality.TeacherForced"
TOKENS = 4000
WINDOWS = 2
CHUNK = 32
MOST_EXCESS = 0.003


@dataclass(frozen=True)
class Quality:
    """One engine's predictions: the share that is the reference's, and the text's perplexity."""

    agreement: float
    perplexity: float


def judge(lines: Sequence[dict[str, Any]], reference: Sequence[dict[str, Any]]) -> Quality:
    """Compares predictions with the reference's; a line is one window."""
    pairs = [
        own == right
        for line, other in zip(lines, reference, strict=True)
        for own, right in zip(line["best"], other["best"], strict=True)
    ]
    logprobs = [value for line in lines for value in line["logprobs"]]
    return Quality(sum(pairs) / len(pairs), math.exp(-sum(logprobs) / len(logprobs)))


def holds(ours: Quality, llamacpp: Quality) -> bool:
    """The promise, by the rule in the module's text."""
    excess = abs(ours.perplexity / llamacpp.perplexity - 1)
    return ours.agreement >= llamacpp.agreement and excess <= MOST_EXCESS


def measure(place: Workplace, model: Path, threads: int) -> dict[str, Any]:
    """All predictions, judged."""
    peers = llamacpp_predictions(place, threads)
    given = (peers / "windows.jsonl").read_text(encoding="utf-8")
    reference = _lines((peers / "f32.jsonl").read_text(encoding="utf-8"))
    llamacpp = _lines((peers / "gguf.jsonl").read_text(encoding="utf-8"))
    ours = {}
    for name, chunk in (("decode", 1), ("prefill", CHUNK)):
        progress(f"this engine, {name} ...")
        options = [workplace.NATIVE_ACCESS, f"-Dmlc.threads={threads}", "-cp", place.class_path]
        ours[name] = _lines(_run([place.java, *options, OUR_PROGRAM, model, chunk], given))
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "positions": sum(len(line["best"]) for line in reference),
        "reference": asdict(judge(reference, reference)),
        "llamacpp": asdict(judge(llamacpp, reference)),
        "ours": {name: asdict(judge(lines, reference)) for name, lines in ours.items()},
    }


def llamacpp_predictions(place: Workplace, threads: int) -> Path:
    """The folder of the windows and of llama.cpp's predictions, which are made once."""
    script = HERE / "llamacpp_predictions.py"
    command = [place.python, script]
    limit = ["--threads", threads]

    def make(folder: Path) -> None:
        text = ["--tokenize", workplace.TEXT, "--tokens", TOKENS]
        [tokens] = _lines(_run([*command, place.gguf, *limit, *text], ""))
        if len(tokens) != TOKENS:
            raise StepFailed(f"expected a text of {TOKENS} tokens, found {len(tokens)}")
        size = TOKENS // WINDOWS
        windows = [tokens[start : start + size] for start in range(0, TOKENS, size)]
        given = "".join(f"{json.dumps(window)}\n" for window in windows)
        (folder / "windows.jsonl").write_text(given, encoding="utf-8")
        for name, options in (("f32", [place.f32, "--f32"]), ("gguf", [place.gguf])):
            progress(f"llama.cpp, {name} ...")
            output = _run([*command, *options, *limit], given)
            (folder / f"{name}.jsonl").write_text(output, encoding="utf-8")

    inputs = [script, workplace.TEXT, workplace.parity.REQUIREMENTS, place.gguf]
    return workplace.made("predictions", inputs, make)


def _lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _run(command: Sequence[Any], given: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        input=given,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise StepFailed(f"{Path(command[1]).name} ended with status {done.returncode}")
    return done.stdout


def table(found: dict[str, Any]) -> str:
    """A line per engine."""
    rows = {"float32": found["reference"], "llama.cpp": found["llamacpp"]}
    rows |= {f"this engine, {name}": quality for name, quality in found["ours"].items()}
    lines = [f"{'':24} {'agreement':>10} {'perplexity':>11}"]
    for name, each in rows.items():
        lines.append(f"{name:24} {each['agreement']:10.4%} {each['perplexity']:11.4f}")
    return "\n".join(lines)


def check(place: Workplace, model: Path, threads: int, output: Path) -> list[str]:
    """Measures, writes `output`, and names the ways of this engine that break the promise."""
    found = measure(place, model, threads)
    print(table(found))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    llamacpp = Quality(**found["llamacpp"])
    return [name for name, each in found["ours"].items() if not holds(Quality(**each), llamacpp)]


def run(chosen: argparse.Namespace) -> None:
    """The whole check; StepFailed when the promise does not hold."""
    place = workplace.set_up()
    model = chosen.model or place.models["gguf"]
    worse = check(place, model, chosen.threads, chosen.output)
    if worse:
        raise StepFailed(f"worse than llama.cpp: {', '.join(worse)}")


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="FILE")
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="default: the default model")
    chosen = parser.parse_args(arguments)
    return mlc_home.run_step(lambda: run(chosen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
