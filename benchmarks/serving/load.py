"""Puts a server under the load of wrk, and checks what it is like afterwards.

    load.py [--connections N] [--threads N] [--seconds N] [--max-queue N] [MODEL]

Starts `./mlc serve`, sends short chats (16 tokens out) on N connections, and prints what came back.
Then the server must answer a new request within two seconds, hold no KV page but those of kept
prompts, and have no more resident memory, within 5%, than after the same load before, in which code
is compiled and caches fill. That is looked at twice, with no hand laid on the server's heap: right
after the answer, and when the server has rested for a while. Needs wrk.

Exit status: 0 if all that holds, 1 otherwise.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
CHAT = {"messages": [{"role": "user", "content": "Name a colour."}], "max_tokens": 16}
LONGEST_ANSWER = 2.0
MEMORY_GROWTH = 1.05
REST = 12.0


class Afterwards(NamedTuple):
    """What a server is like after a load: seconds of an answer, and resident KiB."""

    answer: float
    at_once: int
    at_rest: int


class Server:
    """A server process, and what can be asked of it."""

    def __init__(self, model: list[str], options: list[str]) -> None:
        """Starts the process and waits until it takes requests."""
        command = [str(ROOT / "mlc"), "serve", *model, "--port", "0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = re.search(r"http://[^/]+", line)
            if found:
                self.url = found.group()
                return
        raise SystemExit(f"'{' '.join(command)}' did not start. Look above for its reason.")

    def get(self, path: str) -> str:
        """Returns the body at a path."""
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return answer.read().decode()

    def chat(self) -> float:
        """Sends a short chat, again where it is told to, and returns how many seconds that took."""
        request = urllib.request.Request(
            self.url + "/v1/chat/completions",
            json.dumps(CHAT).encode(),
            {"Content-Type": "application/json"},
        )
        start = time.monotonic()
        while True:
            try:
                with urllib.request.urlopen(request, timeout=600) as answer:
                    json.load(answer)
                return time.monotonic() - start
            except urllib.error.HTTPError as error:
                if error.code != HTTPStatus.TOO_MANY_REQUESTS:
                    raise
                time.sleep(float(error.headers["Retry-After"]))

    def metric(self, name: str) -> float:
        """Returns a measurement's sum over models."""
        pattern = re.compile(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", re.MULTILINE)
        return sum(float(value) for value in pattern.findall(self.get("/metrics")))

    def java(self) -> int:
        """Returns the id of the process that serves."""
        children = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], stdout=subprocess.PIPE, text=True, check=False
        ).stdout.split()
        return int(children[0]) if children else self.process.pid

    def memory(self) -> int:
        """Returns the resident memory in KiB."""
        status = Path(f"/proc/{self.java()}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        assert found is not None
        return int(found.group(1))

    def answer_and_rest(self) -> Afterwards:
        """Sends a chat after a load, and then nothing for a while."""
        answer = self.chat()
        time.sleep(1)
        at_once = self.memory()
        time.sleep(REST)
        return Afterwards(answer, at_once, self.memory())

    def stop(self) -> None:
        """Ends the process and waits for that."""
        self.process.terminate()
        self.process.wait()


def load(url: str, threads: int, connections: int, seconds: int) -> dict[str, float]:
    """Runs wrk and returns what it counted."""
    run = subprocess.run(
        [
            "wrk",
            f"-t{threads}",
            f"-c{connections}",
            f"-d{seconds}s",
            "-s",
            "chat.lua",
            url + "/v1/chat/completions",
        ],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return counts(run.stdout)


def counts(output: str) -> dict[str, float]:
    """Returns the numbers by name that chat.lua wrote among wrk's own lines."""
    found = re.findall(r"^((?:status )?\w+) ([\d.]+)$", output, re.MULTILINE)
    return {name: float(value) for name, value in found}


def print_growth(name: str, before: int, after: int) -> None:
    """Prints an amount before and after the load."""
    growth = 100 * (after / before - 1)
    print(f"{name:<24} {before:>12,} before {after:>12,} after, {growth:+.1f}%")


def main() -> int:
    """Runs the command line."""
    parser = argparse.ArgumentParser(description="Puts a server under load.")
    parser.add_argument("--threads", type=int, default=12)
    parser.add_argument("--connections", type=int, default=400)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--max-queue", type=int)
    parser.add_argument("model", nargs="*")
    arguments = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is missing. Install it; Debian's package is called wrk.")
    queue = [] if arguments.max_queue is None else ["--max-queue", str(arguments.max_queue)]
    server = Server(arguments.model, queue)
    try:
        load(server.url, arguments.threads, arguments.connections, arguments.seconds)
        before = server.answer_and_rest()
        counted = load(server.url, arguments.threads, arguments.connections, arguments.seconds)
        after = server.answer_and_rest()
        running = server.metric("mlc_batch_size") + server.metric("mlc_queue_length")
        pages = server.metric("mlc_kv_pages_used")
        kept = server.metric("mlc_kept_prompts")
    finally:
        server.stop()
    for name, value in sorted(counted.items()):
        print(f"{name:<24} {value:>12,.0f}")
    print(f"{'next answer, s':<24} {after.answer:>12.2f}")
    print_growth("memory at once, KiB", before.at_once, after.at_once)
    print_growth("memory at rest, KiB", before.at_rest, after.at_rest)
    print(f"{'sequences left':<24} {running:>12,.0f}")
    print(f"{'KV pages, kept prompts':<24} {pages:>12,.0f} {kept:>12,.0f}")
    allowed = {"status 200"} | ({"status 429"} if queue else set())
    statuses = {name for name in counted if name.startswith("status")}
    holds = {
        "no status but those allowed": statuses <= allowed,
        "no socket error": not any(counted.get(e) for e in ("connect", "read", "write")),
        "a new request is answered at once": after.answer < LONGEST_ANSWER,
        "memory is as before at once": after.at_once < before.at_once * MEMORY_GROWTH,
        "memory is as before at rest": after.at_rest < before.at_rest * MEMORY_GROWTH,
        "nothing runs any more": running == 0,
        "no page is lost": pages == 0 or kept > 0,
    }
    for name, right in holds.items():
        print(f"{'ok' if right else 'FAILED':<7} {name}")
    return 0 if all(holds.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
