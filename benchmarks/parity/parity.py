"""Compares the engine's greedy replies with llama.cpp's in float32.

    parity.py [--ours FILE | --engine COMMAND] [--reference FILE] [--json FILE] [--gguf FILE]
              [--python PYTHON] [--threads N]

The reference is llama.cpp on a float32 copy of the GGUF file, made by its own quantizer. Both sides
get the same prompt token ids (prompts.json, rendered as chats) and continue them for 48 tokens;
no token ends a reply. Parity holds when nine of ten replies are equal, and each of the others first
differs at a near tie: there the reference's two highest logits lie closer than 0.1, and ours is the
second of the two.

Exit status: 0 parity, 1 no parity or a failed step. With neither --ours nor --engine, only the
reference is made.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parents[1] / "mlc-native" / "scripts"))

import default_model  # noqa: E402
import environment  # noqa: E402
import mlc_home  # noqa: E402
from mlc_home import StepFailed, progress  # noqa: E402

REQUIREMENTS = HERE / "requirements.lock"
PROMPTS = HERE / "prompts.json"
REPLY_TOKENS = 48
NEAR_TIE = 0.1
EQUAL_SHARE = 0.9
SHOWN_CHARACTERS = 48


@dataclass(frozen=True)
class Comparison:
    """One prompt's two replies up to where they part.

    The last three fields describe that place, and are None when there is none: the reference's
    highest logit minus its second highest, and each side's token. `ours` is also None when our
    reply ends there.
    """

    prompt: str
    equal_tokens: int
    equal: bool
    near_tie: bool
    margin: float | None = None
    theirs: int | None = None
    ours: int | None = None


def compare(reference: dict[str, Any], ours: Sequence[int]) -> Comparison:
    """Compares our reply with a line of the reference, see reference.py."""
    theirs: list[int] = reference["tokens"]
    for place, token in enumerate(theirs):
        own = ours[place] if place < len(ours) else None
        if own != token:
            margin = reference["margins"][place]
            tie = margin < NEAR_TIE and own == reference["runners_up"][place]
            return Comparison(reference["prompt"], place, False, tie, margin, token, own)
    return Comparison(reference["prompt"], len(theirs), True, False)


def is_parity(comparisons: Sequence[Comparison]) -> bool:
    """The verdict, by the rule in the module's text."""
    equal = sum(each.equal for each in comparisons)
    return equal >= math.ceil(EQUAL_SHARE * len(comparisons)) and all(
        each.equal or each.near_tie for each in comparisons
    )


def table(comparisons: Sequence[Comparison]) -> str:
    """A line per prompt, and the verdict."""
    lines = [f"{'prompt':{SHOWN_CHARACTERS}}  equal tokens  margin at the first difference"]
    for each in comparisons:
        difference = "" if each.margin is None else f"{each.margin:.4f}"
        if not (each.equal or each.near_tie):
            difference += f"  no near tie: {each.theirs} expected, {each.ours} found"
        lines.append(f"{_shortened(each.prompt)}  {each.equal_tokens:12}  {difference}".rstrip())
    equal = sum(each.equal for each in comparisons)
    verdict = "parity" if is_parity(comparisons) else "NO PARITY"
    lines.append(f"{verdict}: {equal} of {len(comparisons)} replies are equal")
    return "\n".join(lines)


def _shortened(prompt: str) -> str:
    if len(prompt) > SHOWN_CHARACTERS:
        prompt = prompt[: SHOWN_CHARACTERS - 3] + "..."
    return f"{prompt:{SHOWN_CHARACTERS}}"


def make_environment() -> Path:
    """The interpreter of the environment with llama.cpp, which is made when it is missing."""
    environment.check_python()
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    folder = _home() / f"python-{version}-{mlc_home.sha256(REQUIREMENTS)[:12]}"
    with mlc_home.locked(_home() / f".lock-{folder.name}"):
        if not environment.is_complete(folder):
            progress(f"building llama.cpp in {folder} (minutes; needs a C++ compiler) ...")
            shutil.rmtree(folder, ignore_errors=True)
            environment.make_venv(folder)
            python = environment.interpreter(folder)
            mlc_home.pip(["install", "--no-deps", "-r", str(REQUIREMENTS)], python)
            (folder / environment.MARKER).touch()
    return environment.interpreter(folder)


def _home() -> Path:
    return mlc_home.mlc_home() / "parity"


def make_reference(python: Path, gguf: Path | None, threads: int) -> list[dict[str, Any]]:
    """llama.cpp's replies to all prompts; see reference.py for their fields."""
    key = mlc_home.sha256(gguf) if gguf else default_model.DEFAULT.wheel.sha256
    copy = _home() / f"f32-{key[:12]}.gguf"
    with mlc_home.locked(_home() / f".lock-{copy.name}"), _source(gguf) as source:
        if not copy.is_file():
            progress(f"making {copy}, a copy of {source.name} in float32 ...")
        progress("running llama.cpp in float32 ...")
        arguments = [python, HERE / "reference.py", source, copy, PROMPTS]
        limits = ["--tokens", str(REPLY_TOKENS), "--threads", str(threads)]
        return _replies([*map(str, arguments), *limits], given="")


@contextlib.contextmanager
def _source(gguf: Path | None) -> Iterator[Path]:
    """The GGUF file; without one, the default model's, for as long as the context lasts."""
    if gguf:
        yield gguf
        return
    with tempfile.TemporaryDirectory() as work:
        yield default_model.extract_source(Path(work))


def run_engine(command: str, reference: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Our replies: the command gets a line per prompt and answers each with {"tokens": [...]}."""
    progress("running the engine ...")
    requests = [
        json.dumps({"prompt_tokens": line["prompt_tokens"], "max_tokens": REPLY_TOKENS})
        for line in reference
    ]
    return _replies(shlex.split(command), given="\n".join(requests) + "\n")


def _replies(command: Sequence[str], given: str) -> list[dict[str, Any]]:
    try:
        done = subprocess.run(
            command, input=given, stdout=subprocess.PIPE, encoding="utf-8", check=False
        )
    except OSError as failure:
        raise StepFailed(f"cannot run {command[0]}: {failure}") from failure
    if done.returncode != 0:
        raise StepFailed(f"{shlex.join(command[:3])} ... ended with status {done.returncode}")
    return _parse(done.stdout, command[0])


def _parse(lines: str, origin: str) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in lines.splitlines() if line.strip()]
    except json.JSONDecodeError as failure:
        raise StepFailed(f"{origin}: expected JSON lines, found {failure.doc[:80]!r}") from failure


def read_lines(path: Path) -> list[dict[str, Any]]:
    """A file of JSON lines; StepFailed when it is none."""
    return _parse(path.read_text(encoding="utf-8"), str(path))


def reference_lines(chosen: argparse.Namespace) -> list[dict[str, Any]]:
    """The reference: read from the file that was named, else made, and kept there."""
    if chosen.reference and chosen.reference.is_file():
        return read_lines(chosen.reference)
    reference = make_reference(chosen.python or make_environment(), chosen.gguf, chosen.threads)
    if chosen.reference:
        text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in reference)
        chosen.reference.write_text(text, encoding="utf-8")
    return reference


def run(chosen: argparse.Namespace) -> None:
    """The whole comparison; StepFailed when there is no parity."""
    reference = reference_lines(chosen)
    if not (chosen.ours or chosen.engine):
        progress(f"the reference has {len(reference)} replies; nothing to compare them with")
        return
    ours = read_lines(chosen.ours) if chosen.ours else run_engine(chosen.engine, reference)
    if len(ours) != len(reference):
        raise StepFailed(f"expected {len(reference)} replies of the engine, found {len(ours)}")
    comparisons = [
        compare(theirs, own["tokens"]) for theirs, own in zip(reference, ours, strict=True)
    ]
    print(table(comparisons))
    parity = is_parity(comparisons)
    if chosen.json:
        result = {"parity": parity, "prompts": [asdict(each) for each in comparisons]}
        chosen.json.write_text(
            json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    if not parity:
        raise StepFailed("the engine's replies are not llama.cpp's")


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    engine = parser.add_mutually_exclusive_group()
    engine.add_argument("--ours", type=Path, metavar="FILE", help="our replies, as JSON lines")
    engine.add_argument("--engine", metavar="COMMAND", help="what makes our replies")
    parser.add_argument(
        "--reference", type=Path, metavar="FILE", help="read when it exists, else written"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result there")
    parser.add_argument("--gguf", type=Path, metavar="FILE", help="default: the default model's")
    parser.add_argument("--python", type=Path, help="one that has llama-cpp-python and numpy")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="of llama.cpp")
    chosen = parser.parse_args(arguments)
    return mlc_home.run_step(lambda: run(chosen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
