"""Everything that the comparison needs, made once under MLC_HOME/compare and kept there."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path += [str(ROOT / "mlc-native" / "scripts"), str(HERE.parent / "parity")]

import default_model  # noqa: E402
import environment  # noqa: E402
import mlc_home  # noqa: E402
import parity  # noqa: E402
from mlc_home import StepFailed, progress  # noqa: E402

PEERS = HERE / "peers"
HARNESS = HERE.parent / "src/main/java/org/mlcengine/benchmarks/compare"
TEXT = HERE.parent / "quality" / "text.txt"
NEEDED_JAVA = 22
VECTOR = ("--enable-preview", "--add-modules", "jdk.incubator.vector")
NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED"


@dataclass(frozen=True)
class Workplace:
    """Where everything lies. The class paths are in the form that `java -cp` takes."""

    java: Path
    python: Path
    prompts: Path
    gguf: Path
    f32: Path
    q4_0: Path
    onnx: Path
    jlama: Path
    peers_class_path: str
    class_path: str
    bandwidth: Path
    models: Mapping[str, Path]
    tir_library: Path


def set_up() -> Workplace:
    """Builds, downloads and converts what is missing; StepFailed says what cannot be done."""
    java = find_java()
    class_path = build(java)
    python = parity.make_environment()
    files = _gguf_files(python)
    classes, jars = _peers(java)
    harness = next((ROOT / "benchmarks/target/lib").glob("mlc-benchmarks-*.jar"))
    peers_class_path = os.pathsep.join([str(classes), f"{jars}/*", str(harness)])
    models = {name: default_model.make_model(name) for name in ("gguf", "q4f16_1")}
    return Workplace(
        java=java,
        python=python,
        prompts=files / "prompts",
        gguf=files / "model.gguf",
        f32=f32_copy(),
        q4_0=files / "q4_0.gguf",
        onnx=_onnx(files / "q4_0.gguf"),
        jlama=_jlama(java, peers_class_path, files / "model.gguf"),
        peers_class_path=peers_class_path,
        class_path=class_path,
        bandwidth=_bandwidth(),
        models=models,
        tir_library=_tir_library(models["q4f16_1"]),
    )


def find_java() -> Path:
    """The `java` of the first JDK that is new enough: JAVA_HOME's, the PATH's, an installed one."""
    on_path = shutil.which("java")
    homes = [Path(os.environ.get("JAVA_HOME") or "/nonexistent")]
    homes += [Path(on_path).resolve().parents[1]] if on_path else []
    homes += sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)
    for home in homes:
        release = home / "release"
        text = release.read_text(encoding="utf-8") if release.is_file() else ""
        version = re.search(r'JAVA_VERSION="?(\d+)', text)
        if version and int(version[1]) >= NEEDED_JAVA and (home / "bin" / "javac").is_file():
            return home / "bin" / "java"
    raise StepFailed(
        f"no JDK of {NEEDED_JAVA} or later was found: install one and set JAVA_HOME to it"
    )


def build(java: Path) -> str:
    """Builds the benchmarks module and the `mlc` command; returns the module's class path."""
    progress("building the project ...")
    skip = ["-DskipTests", "-Dmaven.test.skip=true", "-Dnatives.platforms=host"]
    maven(java, ["-f", str(ROOT / "pom.xml"), *skip, "-pl", "benchmarks", "-am", "package"])
    run([ROOT / "mlc", "--version"])
    return f"{ROOT}/benchmarks/target/lib/*"


def maven(java: Path, arguments: Sequence[str]) -> None:
    """Runs Maven on the JDK that was found."""
    environment_ = {**os.environ, "JAVA_HOME": str(java.parents[1])}
    run(["mvn", "-q", "--batch-mode", *arguments], environment_)


def run(command: Sequence[str | Path], variables: Mapping[str, str] | None = None) -> None:
    """Runs a command of the set-up; StepFailed shows the end of what it printed."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as failure:
        raise StepFailed(f"cannot run {command[0]}: {failure}") from failure
    if done.returncode != 0:
        end = "\n  ".join(done.stdout.splitlines()[-12:])
        raise StepFailed(f"{command[0]} ended with status {done.returncode}:\n  {end}")


def home() -> Path:
    """The folder of everything that the comparison makes."""
    return mlc_home.mlc_home() / "compare"


def f32_copy() -> Path:
    """The default model in float32; benchmarks/parity uses the same file."""
    return mlc_home.mlc_home() / "parity" / f"f32-{default_model.DEFAULT.wheel.sha256[:12]}.gguf"


def made(name: str, inputs: Iterable[Path], make: Callable[[Path], None]) -> Path:
    """The folder `name`, keyed by its inputs' contents; `make` fills it beside its place."""
    digest = hashlib.sha256("".join(map(mlc_home.sha256, inputs)).encode())
    folder = home() / f"{name}-{digest.hexdigest()[:12]}"
    with mlc_home.locked(home() / f".lock-{name}"):
        if not folder.is_dir():
            progress(f"making {folder} ...")
            mlc_home.remove_partial(home())
            with tempfile.TemporaryDirectory(prefix=mlc_home.PARTIAL, dir=home()) as work:
                made = Path(work, name)
                made.mkdir()
                make(made)
                made.rename(folder)
    return folder


def _gguf_files(python: Path) -> Path:
    script = HERE / "llamacpp_files.py"

    def make(folder: Path) -> None:
        default_model.extract_source(folder).rename(folder / "model.gguf")
        outputs = [f32_copy(), folder / "q4_0.gguf", TEXT, folder / "prompts"]
        run([python, script, folder / "model.gguf", *outputs])

    return made("gguf", [script, TEXT, Path(default_model.__file__)], make)


def _onnx(source: Path) -> Path:
    lock, script = HERE / "requirements.lock", HERE / "onnx_model.py"

    def make_environment(folder: Path) -> None:
        mlc_home.pip(["install", "--no-deps", "-t", str(folder), "-r", str(lock)])

    packages = made(f"python{sys.version_info[0]}{sys.version_info[1]}", [lock], make_environment)

    def make(folder: Path) -> None:
        path = os.pathsep.join([str(packages), str(environment.COMPILER)])
        variables = {**os.environ, "PYTHONPATH": path}
        run([sys.executable, script, source, folder / "model.onnx"], variables)

    return made("onnx", [script, source], make) / "model.onnx"


def _peers(java: Path) -> tuple[Path, Path]:
    """The folders of our drivers' classes and of the engines' jars."""
    pom, sources = PEERS / "pom.xml", sorted(PEERS.rglob("*.java"))
    harness = sorted((ROOT / "benchmarks/target/lib").glob("mlc-benchmarks-*.jar"))

    def fetch(folder: Path) -> None:
        copy = ["dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
        maven(java, ["-f", str(pom), *copy])

    jars = made("jars", [pom], fetch)

    def compile_drivers(folder: Path) -> None:
        path = os.pathsep.join([f"{jars}/*", *map(str, harness)])
        modules = ["--add-modules", "jdk.incubator.vector"]
        run([java.with_name("javac"), *modules, "-cp", path, "-d", folder, *sources])

    shared = sorted(HARNESS.glob("*.java"))
    return made("classes", [pom, *sources, *shared], compile_drivers), jars


def _jlama(java: Path, class_path: str, source: Path) -> Path:
    script = HERE / "hugging_face_model.py"

    def make(folder: Path) -> None:
        python = environment.make_environment(testing=False)
        variables = {**os.environ, "PYTHONPATH": str(environment.COMPILER)}
        with tempfile.TemporaryDirectory(prefix=mlc_home.PARTIAL, dir=home()) as work:
            run([python, script, source, work], variables)
            quantizer = "org.mlcengine.benchmarks.peers.JlamaQuantizer"
            target = folder / "model"
            run([java, NATIVE_ACCESS, *VECTOR, "-cp", class_path, quantizer, work, target])

    return made("jlama", [script, source, PEERS / "pom.xml"], make) / "model"


def _bandwidth() -> Path:
    source = HERE / "bandwidth.c"

    def make(folder: Path) -> None:
        options = ["-O3", "-march=native", "-pthread"]
        run(["cc", *options, source, "-o", folder / "bandwidth"])

    return made("bandwidth", [source], make) / "bandwidth"


def _tir_library(model: Path) -> Path:
    """The library of TVM's generated code for a model folder."""

    def make(folder: Path) -> None:
        python = environment.make_environment(testing=False)
        level = default_model.run_python(python, "-c", default_model.PRINT_LEVEL).strip()
        options = ["--kernels", "tir", "--target", level, "-o", str(folder / "lib.so")]
        default_model.run_compiler(python, "compile", str(model), *options)

    # The folder's name holds the key of the compiler and of all else that it was made from.
    return made(f"tir-{model.name}", [], make) / "lib.so"
