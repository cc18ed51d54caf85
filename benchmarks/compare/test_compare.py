"""Tests of the comparison's figures, targets, page and plot; no engine runs."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import compare
import figures
import measure
import plot
import report
import targets
from figures import EngineResult, Results

DECODE = {"mlc-q4f16_1": [300.0, 280.0, 320.0], "llamacpp-q4_0": [200.0, 190.0, 230.0]}


def results(decode: dict[str, list[float]] = DECODE, **more: EngineResult) -> Results:
    """A run in which only decoding was measured."""
    engines = [
        EngineResult(
            key, key, "4 bit", key.startswith("j"), key.endswith("avx2"), {"decode": samples}
        )
        for key, samples in decode.items()
    ]
    machine = {
        "processor": "P",
        "cores": 2,
        "instruction_sets": ["avx2"],
        "memory_gib": 8.0,
        "system": "S",
    }
    return Results(
        "2030-01-02T03:04:05Z", "abc", 3, 90, machine, {"JDK": "25"}, [*engines, *more.values()]
    )


def target(found: Results, start: str) -> targets.Target:
    """The one target whose text starts so."""
    [one] = [each for each in targets.all_targets(found) if each.text.startswith(start)]
    return one


def test_a_rounds_figure_is_the_median_of_its_samples() -> None:
    result = EngineResult("k", "t", "w", False)

    result.add({"load_ms": 5.0, "samples": {"decode": [1.0, 9.0, 2.0]}, "facts": {"a": 1}}, 0.1)
    result.add({"load_ms": 7.0, "samples": {"decode": [4.0]}}, 0.2)

    decode = result.figure("decode")
    assert decode is not None
    assert (decode.median, decode.low, decode.high) == (3.0, 2.0, 4.0)
    assert result.figures["load_ms"] == [5.0, 7.0]
    assert result.figure("four") is None
    assert (result.facts, result.others) == ({"a": 1}, [0.1, 0.2])


def test_results_survive_json() -> None:
    found = results()

    copy = figures.from_json(json.loads(json.dumps(dataclasses.asdict(found))))

    assert copy == found
    assert copy.history_line()["medians"]["mlc-q4f16_1"] == {"decode": 300.0}


def test_a_target_compares_medians_with_the_fastest_peer() -> None:
    found = target(
        results(DECODE | {"java-peer": [210.0]}), "Decode, q4f16_1, against the fastest peer"
    )

    assert found.value == pytest.approx(300 / 210)
    assert found.holds is True


@pytest.mark.parametrize(("speed", "holds"), [(279.0, False), (280.0, True)])
def test_a_bound_counts_as_reached(speed: float, holds: bool) -> None:
    found = results({"mlc-q4f16_1": [speed], "llamacpp-q4_0": [200.0]})

    assert target(found, "Decode, q4f16_1, against the fastest peer").holds is holds


def test_what_was_not_measured_neither_holds_nor_fails() -> None:
    assert {each.holds for each in targets.all_targets(results({}))} == {None, True}
    assert "not measured" in report.target_table(targets.all_targets(results({})))


def test_the_bandwidths_share_is_weights_times_rate() -> None:
    found = results()
    found.engines[0].facts["weight_bytes"] = 80_000_000
    found.engines.append(EngineResult("bandwidth", "m", "", False, False, {"gb_s": [30.0]}))

    assert targets.bandwidth_share(found, targets.OURS) == pytest.approx(0.8)


def test_memory_beyond_needs_the_weights() -> None:
    chat = EngineResult("mlc-chat", "c", "", True, False, {"rss_mb": [400.0]})
    found = results(DECODE, chat=chat)
    assert targets.memory_beyond(found) is None

    chat.facts["weight_bytes"] = 90_000_000
    assert targets.memory_beyond(found) == pytest.approx(310)


def test_the_page_names_the_gaps() -> None:
    speeds = {"mlc-q4f16_1": [100.0], "llamacpp-q4_0": [200.0], "jlama": [20.0]}
    page = report.report(results(speeds), None, "p.svg")

    assert "| llamacpp-q4_0, 4 bit | **0.50** | - | - | - |" in page
    assert "| jlama, 4 bit | 5.00 | - | - | - |" in page
    assert "It is slower in decode against llamacpp-q4_0, 4 bit (0.50)." in page
    assert "| llamacpp-q4_0 | 4 bit | **200** |" in page
    assert "**missed**" in page


@pytest.mark.parametrize(
    ("agreement", "perplexity", "holds"),
    [
        (0.95, 10.02, [True, True]),
        (0.94, 10.04, [False, False]),
        (0.96, 9.96, [True, False]),
    ],
)
def test_quality_must_not_be_worse_than_llamacpps(
    agreement: float, perplexity: float, holds: list[bool]
) -> None:
    ours = {"agreement": agreement, "perplexity": perplexity}
    quality: dict[str, Any] = {
        "positions": 10,
        "reference": {"agreement": 1.0, "perplexity": 10.0},
        "llamacpp": {"agreement": 0.95, "perplexity": 10.0},
        "ours": {"decode": ours, "prefill": ours},
    }

    assert [each.holds for each in report.quality_targets(quality)] == holds * 2
    assert f"{agreement:.2%}" in report.quality_text(quality)


def test_the_plot_is_xml_with_a_bar_for_each_engine_sorted() -> None:
    found = results(DECODE | {"a<b": [50.0], "mlc-q4f16_1-avx2": [1.0]})

    tree = ElementTree.fromstring(plot.plot(found))

    bars = [each for each in tree.iter() if each.get("class") in ("ours", "theirs")]
    widths = [float(each.get("width", 0)) for each in bars]
    assert [each.get("class") for each in bars] == ["ours", "theirs", "theirs"]
    assert widths == sorted(widths, reverse=True)


def test_a_process_is_timed_and_its_failure_explained() -> None:
    code = "import os; print(os.environ['GIVEN'], float(os.environ['MLC_COMPARE_START']) > 0)"
    done = measure.run_process([sys.executable, "-c", code], {"GIVEN": "x"})
    assert done.output == "x True\n"
    assert done.first_output_ms > 0
    assert done.peak_mb > 1

    code = "import sys; print('the reason', file=sys.stderr); sys.exit(3)"
    with pytest.raises(measure.StepFailed, match="status 3: the reason"):
        measure.run_process([sys.executable, "-c", code], {})


def test_every_run_adds_a_line_of_history(tmp_path: Path) -> None:
    for _ in range(2):
        compare.write(results(), tmp_path)
        compare.append_history(results(), tmp_path)

    lines = (tmp_path / "performance" / "history.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["commit"] for line in lines] == ["abc", "abc"]
    before = (tmp_path / "performance.md").read_text(encoding="utf-8")
    again = argparse.Namespace(output=tmp_path, only=".", report_only=True)
    compare.run(again)
    assert (tmp_path / "performance.md").read_text(encoding="utf-8") == before
