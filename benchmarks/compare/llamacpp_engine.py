"""Measures llama.cpp through the C functions of llama-cpp-python; compare.py runs this.

    llamacpp_engine.py MODEL THREADS REPEATS TASKS PROMPTS

The course of the measurement, its arguments, environment and output are those of the Java class
org.mlcengine.benchmarks.compare.Measurement. Between two tokens there is one call that decodes and
one that samples, and no text is made.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import llama_cpp

REPLY_TOKENS = 65
LONG_REPLY_TOKENS = 33
SEQUENCES = 4
WARM_UP_SECONDS = 3
CONTEXT = 2048
BATCH = 512


class Llama:
    """A loaded model."""

    def __init__(self, path: Path, threads: int) -> None:
        """Loads `path`, a GGUF file, with llama.cpp's default settings."""
        settings = llama_cpp.llama_model_default_params()
        settings.n_gpu_layers = 0
        self._model = llama_cpp.llama_model_load_from_file(os.fsencode(path), settings)
        if not self._model:
            sys.exit(f"error: llama.cpp cannot load {path}")
        self._threads = threads
        self._greedy = llama_cpp.llama_sampler_init_greedy()
        self._open(1)

    def _open(self, sequences: int) -> None:
        settings = llama_cpp.llama_context_default_params()
        settings.n_ctx = CONTEXT * sequences
        settings.n_batch = settings.n_ubatch = BATCH
        settings.n_threads = settings.n_threads_batch = self._threads
        settings.n_seq_max = sequences
        self._context = llama_cpp.llama_init_from_model(self._model, settings)
        self._batch = llama_cpp.llama_batch_init(BATCH, 0, 1)

    def generate(self, prompt: list[int], tokens: int) -> tuple[float, float]:
        """Continues the prompt by `tokens`; seconds to the first token, and from it to the last."""
        self._clear()
        start = time.perf_counter()
        for place in range(0, len(prompt), BATCH):
            self._decode(prompt[place : place + BATCH])
        token = self._sample(-1)
        prefilled = time.perf_counter()
        for _ in range(tokens - 1):
            self._decode([token])
            token = self._sample(-1)
        return prefilled - start, time.perf_counter() - prefilled

    def _clear(self) -> None:
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self._context), True)

    def _decode(self, tokens: list[int]) -> None:
        ids = (llama_cpp.llama_token * len(tokens))(*tokens)
        self._run(llama_cpp.llama_batch_get_one(ids, len(tokens)))

    def _run(self, batch: llama_cpp.llama_batch) -> None:
        if llama_cpp.llama_decode(self._context, batch):
            sys.exit("error: llama.cpp's decoding failed")

    def _sample(self, place: int) -> int:
        return llama_cpp.llama_sampler_sample(self._greedy, self._context, place)

    def generate_together(self, prompt: list[int], sequences: int, tokens: int) -> float:
        """Continues the prompt in equal sequences; decoded tokens per second of all of them."""
        if llama_cpp.llama_n_seq_max(self._context) != sequences:
            llama_cpp.llama_free(self._context)
            self._open(sequences)
        self._clear()
        self._fill([(prompt, 0)] * sequences)
        last = len(prompt) - 1
        chosen = [self._sample(each * len(prompt) + last) for each in range(sequences)]
        start = time.perf_counter()
        for step in range(tokens - 1):
            self._fill([([token], len(prompt) + step) for token in chosen])
            chosen = [self._sample(each) for each in range(sequences)]
        return sequences * (tokens - 1) / (time.perf_counter() - start)

    def _fill(self, appended: list[tuple[list[int], int]]) -> None:
        """Decodes, for each sequence, tokens from a position on; the last one's logits are kept."""
        batch = self._batch
        batch.n_tokens = 0
        for sequence, (tokens, position) in enumerate(appended):
            for offset, token in enumerate(tokens):
                place = batch.n_tokens
                batch.token[place] = token
                batch.pos[place] = position + offset
                batch.n_seq_id[place] = 1
                batch.seq_id[place][0] = sequence
                batch.logits[place] = offset == len(tokens) - 1
                batch.n_tokens += 1
        self._run(batch)


class Measurement:
    """The samples of one process."""

    def __init__(self, llama: Llama, prompts: Path) -> None:
        self._llama = llama
        self._prompts = prompts
        self.samples: dict[str, list[float]] = defaultdict(list)

    def warm_up(self) -> None:
        """Answers for a while, as long as engines in a JVM do."""
        start = time.perf_counter()
        while time.perf_counter() - start < WARM_UP_SECONDS:
            self._generate("41", REPLY_TOKENS)

    def repeat(self, tasks: set[str], counts: bool) -> None:
        """Runs the short tasks of one sequence once; `counts` says whether to keep figures."""
        found: dict[str, float] = {}
        if "short" in tasks:
            prefill, decode = self._generate("41", REPLY_TOKENS)
            found |= {"prefill_41": 41 / prefill, "decode": (REPLY_TOKENS - 1) / decode}
        if "prompt" in tasks:
            found["prefill_512"] = 512 / self._generate("512", 1)[0]
        self._add(found, counts)

    def repeat_long(self, counts: bool) -> None:
        """Runs the long task once."""
        found = {"prefill_200": 200 / self._generate("200", 1)[0]}
        prefill, decode = self._generate("1900", LONG_REPLY_TOKENS)
        found["prefill_1900"] = 1900 / prefill
        found["decode_1900"] = (LONG_REPLY_TOKENS - 1) / decode
        self._add(found, counts)

    def together(self, counts: bool) -> None:
        """Runs four sequences at once."""
        rate = self._llama.generate_together(self.prompt("41"), SEQUENCES, REPLY_TOKENS)
        if counts:
            self.samples["four"].append(rate)

    def prompt(self, name: str) -> list[int]:
        """The token ids of a prompt."""
        return [int(token) for token in (self._prompts / f"{name}.ids").read_text().split()]

    def _add(self, found: dict[str, float], counts: bool) -> None:
        for name, value in found.items():
            if counts:
                self.samples[name].append(value)

    def _generate(self, name: str, tokens: int) -> tuple[float, float]:
        return self._llama.generate(self.prompt(name), tokens)


def resident_megabytes() -> float:
    """The memory that this process holds."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024 / 1e6


def main(arguments: Sequence[str]) -> None:
    """The command line."""
    model, threads, repeats, tasks, prompts = arguments
    # llama.cpp reports every tensor; the callback must outlive all calls.
    silence = llama_cpp.llama_log_callback(lambda *_: None)
    llama_cpp.llama_log_set(silence, ctypes.c_void_p())
    llama_cpp.llama_backend_init()
    start = time.perf_counter()
    llama = Llama(Path(model), int(threads))
    load = (time.perf_counter() - start) * 1e3
    measurement = Measurement(llama, Path(prompts))
    llama.generate(measurement.prompt("41"), 1)
    first_token = (time.time() - float(os.environ["MLC_COMPARE_START"])) * 1e3
    chosen = set(tasks.split(","))
    if "short" in chosen:
        measurement.warm_up()
    for repeat in range(int(repeats) + 1):
        measurement.repeat(chosen, counts=repeat > 0)
    for repeat in range(2 if "long" in chosen else 0):
        measurement.repeat_long(counts=repeat > 0)
    resident = resident_megabytes()
    for repeat in range(int(repeats) + 1 if "four" in chosen else 0):
        measurement.together(counts=repeat > 0)
    result = {"load_ms": load, "first_token_ms": first_token, "rss_mb": resident}
    print(json.dumps({**result, "samples": measurement.samples, "facts": {}}), flush=True)
    # Python's own tear-down would free the model's parts in any order.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
