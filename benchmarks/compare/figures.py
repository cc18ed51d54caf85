"""What a comparison found: samples, their medians, and the figures' names and units."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Metric:
    """A figure of an engine; `digits` are decimals in print."""

    title: str
    unit: str
    digits: int = 0
    higher_is_better: bool = True


METRICS = {
    "decode": Metric("decode", "tok/s"),
    "prefill_512": Metric("prefill 512", "tok/s"),
    "prefill_41": Metric("prefill 41", "tok/s"),
    "four": Metric("four at once", "tok/s"),
    "decode_1900": Metric("decode at 1,900", "tok/s"),
    "prefill_200": Metric("prefill 200", "tok/s"),
    "prefill_1900": Metric("prefill 1,900", "tok/s"),
    "first_token_ms": Metric("first token", "ms", higher_is_better=False),
    "load_ms": Metric("load", "ms", higher_is_better=False),
    "rss_mb": Metric("memory", "MB", higher_is_better=False),
    "gb_s": Metric("read", "GB/s", 1),
}


@dataclass(frozen=True)
class Figure:
    """One metric over all rounds; each sample is the median of a round."""

    samples: Sequence[float]

    @property
    def median(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.samples)

    @property
    def low(self) -> float:
        """The lowest round."""
        return min(self.samples)

    @property
    def high(self) -> float:
        """The highest round."""
        return max(self.samples)


@dataclass
class EngineResult:
    """What was measured of one engine.

    `condition` says that it is another engine of the list under other conditions, such as one
    thread. `facts` are numbers that do not vary, such as weight_bytes; `failures` are the messages
    of runs that gave no figures; `others` holds, for each round, the share of the machine that
    processes outside of the comparison used meanwhile.
    """

    key: str
    title: str
    weights: str
    jvm: bool
    condition: bool = False
    figures: dict[str, list[float]] = field(default_factory=dict)
    facts: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    others: list[float] = field(default_factory=list)

    def add(self, output: dict[str, Any], others: float) -> None:
        """Adds one process's output, see llamacpp_engine.py: a round."""
        for name in METRICS:
            if name in output:
                self.figures.setdefault(name, []).append(output[name])
        for name, samples in output.get("samples", {}).items():
            self.figures.setdefault(name, []).append(statistics.median(samples))
        self.facts |= output.get("facts", {})
        self.others.append(others)

    def figure(self, metric: str) -> Figure | None:
        """A metric's rounds, or None if there are none."""
        samples = self.figures.get(metric)
        return Figure(samples) if samples else None


@dataclass
class Results:
    """One run of the comparison. `engines` are in the order of the table."""

    time: str
    commit: str
    rounds: int
    seconds: float
    machine: dict[str, Any]
    versions: dict[str, str]
    engines: list[EngineResult]

    def median(self, key: str, metric: str) -> float | None:
        """An engine's median of a metric, or None if it was not measured."""
        figure = next((engine.figure(metric) for engine in self.engines if engine.key == key), None)
        return figure.median if figure else None

    def fact(self, key: str, name: str) -> int | None:
        """A fact of an engine, or None."""
        return next((e.facts.get(name) for e in self.engines if e.key == key), None)

    def history_line(self) -> dict[str, Any]:
        """The run in short: what history.jsonl keeps of it."""
        return {
            "time": self.time,
            "commit": self.commit,
            "rounds": self.rounds,
            "machine": self.machine,
            "versions": self.versions,
            "medians": {
                engine.key: {
                    metric: round(Figure(samples).median, 2)
                    for metric, samples in engine.figures.items()
                }
                for engine in self.engines
                if engine.figures
            },
        }


def from_json(value: dict[str, Any]) -> Results:
    """The inverse of `dataclasses.asdict`."""
    engines = [EngineResult(**engine) for engine in value["engines"]]
    return Results(**{**value, "engines": engines})
