"""Compares this engine with others on this machine and writes docs/performance.md.

    compare.py [--rounds N] [--only REGEX] [--output FOLDER] [--set-up-only | --report-only]
               [--upstream FOLDER LIBRARY]

The first run sets everything up under MLC_HOME: it builds the project, compiles llama.cpp, fetches
the other engines' jars and converts the model for each of them. The measurement comes after that;
a measurement of all engines includes the quality, see benchmarks/quality.

FOLDER, docs by default, gets performance.md and, in performance/, latest.json with all samples,
quality.json, comparison.svg, and a further line of history.jsonl. --only measures the engines whose
keys match, and writes into MLC_HOME/compare/partial unless --output says otherwise. --upstream adds
a library that MLC-LLM's own compiler made for the CPU, with its model folder.

Exit status: 0 done, whatever the figures say; 1 a step failed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import engines
import figures
import measure
import plot
import report
import workplace
from figures import Results
from workplace import ROOT, StepFailed, mlc_home, progress

sys.path.append(str(ROOT / "benchmarks" / "quality"))

import quality

PLOT = "comparison.svg"
JAR_VERSION = re.compile(r"<artifactId>([^<]+)</artifactId>\s*<version>([^<]+)</version>")
PEER_JARS = {"llama": "java-llama.cpp", "jlama-core": "Jlama", "onnxruntime": "ONNX Runtime"}


def versions(java: Path) -> dict[str, str]:
    """The versions of what is compared, from the files that pin them."""
    lock = workplace.parity.REQUIREMENTS.read_text(encoding="utf-8")
    found = {"llama-cpp-python": lock.split("llama-cpp-python==")[1].split()[0]}
    pom = (workplace.PEERS / "pom.xml").read_text(encoding="utf-8")
    for artifact, version in JAR_VERSION.findall(pom):
        if artifact in PEER_JARS:
            found[PEER_JARS[artifact]] = version
    release = (java.parents[1] / "release").read_text(encoding="utf-8")
    found["JDK"] = release.split('JAVA_VERSION="')[1].split('"')[0]
    return found


def commit() -> str:
    """The commit that is measured; a `+` says that files differ from it."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs", ":!*.md")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + ("+" if changed else "")


def run_comparison(chosen: argparse.Namespace, folder: Path) -> Results:
    """Sets up and measures; the quality's result goes straight into `folder`."""
    place = workplace.set_up()
    upstream = tuple(map(Path, chosen.upstream)) if chosen.upstream else None
    everyone = engines.all_engines(place, upstream)
    selected = [engine for engine in everyone if re.search(chosen.only, engine.key)]
    if not selected:
        keys = ", ".join(engine.key for engine in everyone)
        raise StepFailed(f"--only {chosen.only} matches none of {keys}")
    measured = commit()
    start = time.time()
    if chosen.only == "." and not chosen.set_up_only:
        output = folder / "performance" / "quality.json"
        quality.check(place, place.models["gguf"], engines.THREADS, output)
    rounds = 0 if chosen.set_up_only else chosen.rounds
    progress(f"measuring {len(selected)} engines in {rounds} rounds ...")
    found = measure.Rounds(place, selected).run(rounds) if rounds else []
    return Results(
        time=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start)),
        commit=measured,
        rounds=rounds,
        seconds=time.time() - start,
        machine=measure.machine(),
        versions=versions(place.java),
        engines=found,
    )


def write(results: Results, folder: Path) -> None:
    """Writes everything but the history."""
    (folder / "performance").mkdir(parents=True, exist_ok=True)
    data = json.dumps(dataclasses.asdict(results), indent=1) + "\n"
    (folder / "performance" / "latest.json").write_text(data, encoding="utf-8")
    (folder / "performance" / PLOT).write_text(plot.plot(results), encoding="utf-8")
    file = folder / "performance" / "quality.json"
    predictions = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
    page = report.report(results, predictions, f"performance/{PLOT}")
    (folder / "performance.md").write_text(page, encoding="utf-8")
    progress(f"wrote {folder / 'performance.md'}")


def append_history(results: Results, folder: Path) -> None:
    """Appends the run's line."""
    with open(folder / "performance" / "history.jsonl", "a", encoding="utf-8") as history:
        history.write(json.dumps(results.history_line()) + "\n")


def run(chosen: argparse.Namespace) -> None:
    """What the command line asks for."""
    partial = workplace.home() / "partial"
    folder = chosen.output or (ROOT / "docs" if chosen.only == "." else partial)
    if chosen.report_only:
        text = (folder / "performance" / "latest.json").read_text(encoding="utf-8")
        write(figures.from_json(json.loads(text)), folder)
        return
    results = run_comparison(chosen, folder)
    if not chosen.set_up_only:
        write(results, folder)
        append_history(results, folder)
        print(report.engine_table(results))


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="default: %(default)s")
    parser.add_argument("--only", default=".", metavar="REGEX", help="engines to measure")
    parser.add_argument("--output", type=Path, metavar="FOLDER", help="default: docs")
    parser.add_argument("--upstream", nargs=2, metavar=("FOLDER", "LIBRARY"))
    alternatives = parser.add_mutually_exclusive_group()
    alternatives.add_argument("--set-up-only", action="store_true", help="do not measure")
    alternatives.add_argument(
        "--report-only", action="store_true", help="write the page again from latest.json"
    )
    chosen = parser.parse_args(arguments)
    return mlc_home.run_step(lambda: run(chosen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
