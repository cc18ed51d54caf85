"""The engines that are compared, and the processes that measure them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import targets
from workplace import NATIVE_ACCESS, ROOT, VECTOR, Workplace

THREADS = 2
PEER_PACKAGE = "org.mlcengine.benchmarks.peers"
OUR_PROGRAM = "org.mlcengine.benchmarks.compare.MlcEngineRun"
QUESTION = "Name the capital of France."


@dataclass(frozen=True)
class Engine:
    """One line of the comparison.

    `command` lacks what `arguments` adds: threads, repeats, tasks and the prompts' folder.
    `rounds` is how many rounds it takes part in at most; `disturbed` says whether another process
    keeps one core busy meanwhile, `condition` whether it is another line under other conditions.
    """

    key: str
    title: str
    weights: str
    command: Sequence[str | Path]
    jvm: bool = True
    tasks: str = "short,prompt,four"
    repeats: int = 2
    threads: int = THREADS
    rounds: int = 1000
    disturbed: bool = False
    condition: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)

    def arguments(self, prompts: Path) -> list[str]:
        """The whole command."""
        given = [self.threads, self.repeats, self.tasks, prompts]
        return [str(part) for part in (*self.command, *given)]


def all_engines(place: Workplace, upstream: tuple[Path, Path] | None) -> list[Engine]:
    """All engines; `upstream` is a model folder and a library that MLC-LLM's compiler made."""
    return [*_ours(place), *_variants(place), *_peers(place), *_generated(place, upstream)]


def _program(place: Workplace, model: Path, library: Path | None = None) -> list[str | Path]:
    chosen = [f"-Dmlc.model.lib={library}"] if library else []
    return [place.java, NATIVE_ACCESS, *chosen, "-cp", place.class_path, OUR_PROGRAM, model]


def _ours(place: Workplace) -> list[Engine]:
    whole = "short,prompt,long,four"
    return [
        Engine(
            targets.OURS_GGUF,
            "this engine",
            "GGUF's Q4_1, head Q8_0",
            _program(place, place.models["gguf"]),
        ),
        Engine(
            targets.OURS,
            "this engine",
            "q4f16_1",
            _program(place, place.models["q4f16_1"]),
            tasks=whole,
        ),
    ]


def _variants(place: Workplace) -> list[Engine]:
    """The second of our lines under other conditions."""
    command = _program(place, place.models["q4f16_1"])

    def variant(name: str, title: str, **changes) -> Engine:
        key = f"{targets.OURS}-{name}"
        return Engine(
            key, title, "q4f16_1", command, tasks="short,prompt", condition=True, **changes
        )

    return [
        variant("1", "this engine, one thread", threads=1),
        variant("disturbed", "this engine, one core busy elsewhere", disturbed=True),
        variant("avx2", "this engine, AVX2 alone", variables={"MLC_CPU": "avx2"}),
    ]


def _peers(place: Workplace) -> list[Engine]:
    jvm = [place.java, NATIVE_ACCESS]
    class_path = ["-cp", place.peers_class_path]

    def peer(name: str, *options: str) -> list[str | Path]:
        return [*jvm, *options, *class_path, f"{PEER_PACKAGE}.{name}"]

    llamacpp = [place.python, Path(__file__).with_name("llamacpp_engine.py")]
    q4_1, q4_0 = "GGUF's Q4_1, head Q8_0", "Q4_0"
    return [
        Engine(targets.LLAMACPP_Q4_1, "llama.cpp", q4_1, [*llamacpp, place.gguf], jvm=False),
        Engine(
            targets.LLAMACPP_Q4_0,
            "llama.cpp",
            q4_0,
            [*llamacpp, place.q4_0],
            jvm=False,
            tasks="short,prompt,long,four",
        ),
        Engine(
            f"{targets.LLAMACPP_Q4_0}-disturbed",
            "llama.cpp, one core busy elsewhere",
            q4_0,
            [*llamacpp, place.q4_0],
            jvm=False,
            tasks="short,prompt",
            disturbed=True,
            condition=True,
        ),
        Engine(
            "java-llamacpp-q4_1",
            "java-llama.cpp",
            q4_1,
            [*peer("JavaLlamaCppEngine"), place.gguf],
        ),
        Engine(
            "java-llamacpp-q4_0",
            "java-llama.cpp",
            q4_0,
            [*peer("JavaLlamaCppEngine"), place.q4_0],
        ),
        Engine(
            "onnxruntime",
            "ONNX Runtime",
            q4_0,
            [*peer("OnnxRuntimeEngine"), place.onnx],
        ),
        Engine(
            "jlama",
            "Jlama",
            "Jlama's Q4",
            [
                *peer("JlamaEngine", *VECTOR, "-Djlama.force_panama_tensor_operations=true"),
                place.jlama,
            ],
            tasks="short,prompt",
            repeats=1,
        ),
    ]


def _generated(place: Workplace, upstream: tuple[Path, Path] | None) -> list[Engine]:
    """TVM's generated code, by this project's compiler and by MLC-LLM's own."""
    engines = [
        Engine(
            "mlc-tir",
            "this engine, generated code (`--kernels tir`)",
            "q4f16_1",
            _program(place, place.models["q4f16_1"], place.tir_library),
            tasks="short,prompt",
            repeats=1,
            rounds=2,
        )
    ]
    if upstream:
        engines.append(
            Engine(
                targets.UPSTREAM,
                "MLC-LLM's own CPU code",
                "q4f16_1",
                _program(place, *upstream),
                tasks="short",
                repeats=1,
                rounds=2,
            )
        )
    return engines


def chat_command() -> list[str]:
    """The command whose first token the user waits for."""
    return [str(ROOT / "mlc"), "chat", "--prompt", QUESTION, "--temperature", "0"]


def load_command() -> list[str]:
    """A command that reports, as JSON, how long the model took to load."""
    sizes = ["--prompt-tokens", "8", "--decode-tokens", "2", "--repeats", "1"]
    return [str(ROOT / "mlc"), "bench", *sizes, "--json"]


def chat_facts(place: Workplace) -> Engine:
    """The model as the chat command opens it; its run measures nothing but has the facts."""
    program, *rest = _program(place, place.models["gguf"])
    command = [program, "-Dmlc.mode=INTERACTIVE", *rest]
    return Engine(targets.CHAT, "`mlc chat`", "", command, tasks="none", repeats=0)
