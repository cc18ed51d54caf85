"""Runs the engines' processes in interleaved rounds."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import engines
import targets
from engines import Engine
from figures import EngineResult
from workplace import StepFailed, Workplace, progress

LIMIT_SECONDS = 300
READ_MEGABYTES = 1000
READ_PASSES = 9
SPIN = "while True: pass"
BYTES_PER_KILOBYTE = 1024


@dataclass(frozen=True)
class Finished:
    """A process that ended well.

    `first_output_ms` counts from its start to its first byte of output, `peak_mb` is the most
    memory that it held, and `others` the share of the machine that other processes used meanwhile.
    """

    output: str
    first_output_ms: float
    peak_mb: float
    others: float


def run_process(command: Sequence[str], variables: Mapping[str, str]) -> Finished:
    """Runs a command to its end; StepFailed shows what it printed when it fails."""
    with tempfile.TemporaryFile() as errors:
        used, busy = resource.getrusage(resource.RUSAGE_CHILDREN), _busy_seconds()
        start = time.time()
        process = subprocess.Popen(
            command,
            env={**os.environ, **variables, "MLC_COMPARE_START": repr(start)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            bufsize=0,
        )
        with _limited(process):
            output = process.stdout.read(1) if process.stdout else b""
            first = time.time() - start
            output += process.stdout.read() if process.stdout else b""
            _, status, own = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.time() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if process.returncode != 0:
            errors.seek(0)
            end = errors.read().decode(errors="replace").strip().splitlines()[-6:]
            raise StepFailed(f"status {process.returncode}: " + " | ".join(end))
    spent = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    others = max(0.0, _busy_seconds() - busy - spent) / seconds / (os.cpu_count() or 1)
    peak = own.ru_maxrss * BYTES_PER_KILOBYTE / targets.MEGABYTE
    return Finished(output.decode(), first * 1e3, peak, others)


@contextlib.contextmanager
def _limited(process: subprocess.Popen) -> Iterator[None]:
    """Ends the process when it takes too long, or when the context is left early."""
    timer = threading.Timer(LIMIT_SECONDS, process.kill)
    timer.start()
    try:
        yield
    except BaseException:
        process.kill()
        process.wait()
        raise
    finally:
        timer.cancel()


def _busy_seconds() -> float:
    """Processor time that the whole machine has spent, where the system tells."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            fields = [int(value) for value in file.readline().split()[1:8]]
    except OSError:
        return 0.0
    user, nice, system, _, _, interrupts, soft_interrupts = fields
    ticks = user + nice + system + interrupts + soft_interrupts
    return ticks / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def _busy_core(wanted: bool) -> Iterator[None]:
    """Keeps one core busy with another process for as long as the context lasts."""
    if not wanted:
        yield
        return
    spinner = subprocess.Popen([sys.executable, "-c", SPIN])
    try:
        yield
    finally:
        spinner.kill()
        spinner.wait()


class Rounds:
    """The measurement of all engines, round by round."""

    def __init__(self, place: Workplace, chosen: Sequence[Engine]) -> None:
        self._place = place
        self._chosen = chosen
        self._read = EngineResult(targets.BANDWIDTH, "memory, read by two threads", "", False)
        self._chat = EngineResult(targets.CHAT, "`mlc chat --prompt`", "GGUF", True)
        self._results = {
            engine.key: EngineResult(
                engine.key, engine.title, engine.weights, engine.jvm, engine.condition
            )
            for engine in chosen
        }

    def run(self, count: int) -> list[EngineResult]:
        """Measures `count` rounds; every second one goes backwards through the engines."""
        self._attempt(self._chat, self._chat_facts)
        for number in range(count):
            self._attempt(self._read, self._bandwidth)
            self._attempt(self._chat, self._chat_times)
            order = self._chosen if number % 2 == 0 else self._chosen[::-1]
            for engine in order:
                if number < engine.rounds:
                    result = self._results[engine.key]
                    self._attempt(result, lambda engine=engine: self._engine(engine))
            progress(f"round {number + 1} of {count} is done")
        return [*self._results.values(), self._chat, self._read]

    @staticmethod
    def _attempt(result: EngineResult, measure: Any) -> None:
        try:
            output, others = measure()
        except StepFailed as failure:
            progress(f"  {result.key} failed: {failure}")
            result.failures.append(str(failure))
            return
        result.add(output, others)
        decode = statistics.median(output.get("samples", {}).get("decode", [0]))
        note = f": decode {decode:.0f} tok/s" if decode else ""
        progress(f"  {result.key}{note} (other processes: {others:.0%})")

    def _engine(self, engine: Engine) -> tuple[dict[str, Any], float]:
        with _busy_core(engine.disturbed):
            done = run_process(engine.arguments(self._place.prompts), engine.variables)
        return json.loads(done.output.splitlines()[-1]), 0.0 if engine.disturbed else done.others

    def _bandwidth(self) -> tuple[dict[str, Any], float]:
        sizes = [str(engines.THREADS), str(READ_MEGABYTES), str(READ_PASSES)]
        done = run_process([str(self._place.bandwidth), *sizes], {})
        return {"gb_s": float(done.output)}, done.others

    def _chat_facts(self) -> tuple[dict[str, Any], float]:
        output, others = self._engine(engines.chat_facts(self._place))
        return {"facts": output["facts"]}, others

    def _chat_times(self) -> tuple[dict[str, Any], float]:
        chat = run_process(engines.chat_command(), {})
        load = json.loads(run_process(engines.load_command(), {}).output)["load_s"] * 1e3
        times = {"first_token_ms": chat.first_output_ms, "load_ms": load}
        return {**times, "rss_mb": chat.peak_mb}, chat.others


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    lines = dict(line.split(":", 1) for line in info.splitlines() if ":" in line)
    fields = {name.strip(): value.strip() for name, value in lines.items()}
    flags = fields.get("flags", fields.get("Features", "")).split()
    known = ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "asimddp", "i8mm")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": fields.get("model name", os.uname().machine),
        "cores": os.cpu_count(),
        "instruction_sets": [flag for flag in known if flag in flags],
        "memory_gib": round(memory / (1 << 30), 1),
        "system": f"{os.uname().sysname} {os.uname().release}",
    }
