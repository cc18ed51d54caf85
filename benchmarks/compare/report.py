"""docs/performance.md, from a run's results and the quality's. Every figure comes from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import targets
from figures import METRICS, EngineResult, Figure, Results
from targets import Target

TABLE_METRICS = ("decode", "prefill_512", "prefill_41", "four", "first_token_ms", "load_ms")
COMPARED = ("decode", "prefill_512", "prefill_41", "four")
NOISY = 0.05

METHOD = """\
- One process measures one engine, and the engines take turns: a round runs each of them once, and \
every second round goes through them backwards. What changes on the machine meanwhile hits all.
- A process loads the model, answers once, goes on answering for three seconds, since a JVM \
compiles meanwhile what it runs often, and then repeats each measurement; the first repetition is \
not counted. A round's figure is the median of its repetitions. The tables show the median of \
the rounds, and below or beside it the lowest and the highest round.
- Two threads, greedy. Each engine gets the same token ids; java-llama.cpp gets the text that they \
stand for.
- **decode**: 64 tokens after a prompt of 41, one sequence. **prefill**: from the request to the \
first token. **four at once**: four sequences that decode together, tokens per second of all. \
**first token**: from the start of the process, with the files in the page cache. **load**: \
until the engine is ready. **memory**: the resident set after the measurements of one sequence.
- This engine runs through its public API, so its figures hold scheduling, text and statistics; \
llama.cpp runs through its C functions, one call per step, without text. The other JVM engines \
run through their public Java API.
- llama.cpp is built on this machine, for this machine, by its Python package. java-llama.cpp, \
ONNX Runtime and Jlama come as their projects ship them. Jlama uses its Panama operations; its \
native ones give wrong text for this model. ONNX Runtime runs the blocks of the Q4_0 file in its \
4-bit operators with 8-bit activations.
- `q4f16_1` and `Q4_0` have the same size, 4.5 bits per weight in all matrices; GGUF's Q4_1 file \
has 5 bits per weight and an 8-bit output layer. Q4_0 was made by llama.cpp's own quantizer.
- MLC-LLM's own CPU code is measured when `--upstream` names a library of its compiler, which \
this project cannot make; this engine runs it. `--kernels tir` is TVM's generated code as this \
project's compiler has it made.
- The machine's read bandwidth is that of two threads summing up a gigabyte, again and again, \
measured in every round."""


def report(results: Results, quality: dict[str, Any] | None, plot: str) -> str:
    """The whole page; `plot` is the plot's path as the page sees it."""
    parts = [
        "# Performance",
        _opening(results),
        f"![Decode and prefill of all engines]({plot})",
        "## Engines",
        engine_table(results),
        _failures(results.engines),
        "## Targets",
        target_table([*targets.all_targets(results), *quality_targets(quality)]),
        "## Wins and gaps",
        *wins_and_gaps(results),
        "## Conditions",
        condition_table(results),
        _bandwidth(results),
        "## Quality",
        quality_text(quality),
        "## Method",
        METHOD,
        "## Regenerate",
        "```\npython3 benchmarks/compare/compare.py\n```",
        f"measures everything and writes this page; this run took {results.seconds / 60:.0f} "
        "minutes. The first run sets up the engines before that, which takes longer: llama.cpp is "
        "compiled. [history.jsonl](performance/history.jsonl) has a line for every run, and "
        "[latest.json](performance/latest.json) all samples of this one.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _opening(results: Results) -> str:
    machine = results.machine
    sets = ", ".join(machine["instruction_sets"])
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    return (
        f"SmolLM2-135M-Instruct on a CPU: medians of {results.rounds} interleaved rounds on "
        f"{results.time[:10]}, commit `{results.commit}`.\n\n"
        f"{machine['processor']}, {machine['cores']} cores ({sets}), {machine['memory_gib']:.0f} "
        f"GiB, {machine['system']}. {versions}. Absolute figures move from machine to machine and "
        "with what else runs there; ratios of one run move less."
    )


def engine_table(results: Results) -> str:
    """All engines with the spread of each figure."""
    rows = [["engine", "weights", *(_head(metric) for metric in (*TABLE_METRICS, "rss_mb"))]]
    for engine in results.engines:
        if not engine.condition and "decode" in engine.figures:
            cells = [_cell(engine, metric) for metric in (*TABLE_METRICS, "rss_mb")]
            rows.append([engine.title, engine.weights, *cells])
    return _markdown(rows)


def condition_table(results: Results) -> str:
    """The same engines under other conditions: threads, disturbance, long contexts."""
    metrics = ("decode", "prefill_512", "prefill_41")
    rows = [["engine", "weights", *(_head(metric) for metric in metrics)]]
    for engine in results.engines:
        shown = engine.condition or engine.key in (targets.OURS, targets.LLAMACPP_Q4_0)
        if shown and engine.figures:
            cells = [_cell(engine, metric) for metric in metrics]
            rows.append([engine.title, engine.weights, *cells])
    metrics = ("decode", "decode_1900", "prefill_200", "prefill_1900")
    long = [["engine", "weights", *(_head(metric) for metric in metrics)]]
    for engine in results.engines:
        if "decode_1900" in engine.figures:
            cells = [_cell(engine, metric) for metric in metrics]
            long.append([engine.title, engine.weights, *cells])
    return "\n\n".join(_markdown(table) for table in (rows, long) if len(table) > 1)


def _head(metric: str) -> str:
    return f"{METRICS[metric].title}, {METRICS[metric].unit}"


def _cell(engine: EngineResult, metric: str) -> str:
    figure = engine.figure(metric)
    return "-" if figure is None else _spread(figure, METRICS[metric].digits)


def _spread(figure: Figure, digits: int) -> str:
    median = f"**{figure.median:,.{digits}f}**"
    if len(figure.samples) == 1:
        return median
    return f"{median} ({figure.low:,.{digits}f} to {figure.high:,.{digits}f})"


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *body = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, f"|{' --- |' * len(rows[0])}", *body])


def target_table(all_of: Iterable[Target]) -> str:
    """The promises, what was found, and whether they hold."""
    rows = [["target", "promised", "measured", ""]]
    for target in all_of:
        sign = "at least" if target.at_least else "at most"
        verdict = {True: "holds", False: "**missed**", None: "not measured"}[target.holds]
        rows.append(
            [
                target.text,
                f"{sign} {_amount(target, target.bound)}",
                "-" if target.value is None else _amount(target, target.value),
                verdict,
            ]
        )
    return _markdown(rows)


def _amount(target: Target, value: float) -> str:
    if target.unit:
        return f"{value:,.0f} {target.unit}"
    return f"{value:.4g}" if value >= 100 else f"{value:.2f}"


def quality_targets(quality: dict[str, Any] | None) -> list[Target]:
    """What the numbers of the text model shall not lose, see benchmarks/quality."""
    names = ("decode", "prefill")
    found = {name: quality["ours"][name] for name in names} if quality else {}
    theirs = quality["llamacpp"] if quality else None
    result = []
    for name in names:
        ours = found.get(name)
        agreement = ours["agreement"] - theirs["agreement"] if ours and theirs else None
        excess = ours["perplexity"] / theirs["perplexity"] - 1 if ours and theirs else None
        result.append(
            Target(
                f"Quality, by {name}: top-1 agreement with float32, minus llama.cpp's, in "
                "percentage points",
                0.0,
                None if agreement is None else agreement * 100,
            )
        )
        result.append(
            Target(
                f"Quality, by {name}: perplexity's distance from llama.cpp's, in percent",
                0.3,
                None if excess is None else abs(excess) * 100,
                at_least=False,
            )
        )
    return result


def quality_text(quality: dict[str, Any] | None) -> str:
    """The quality's table and how it came about."""
    if not quality:
        return "Not measured yet: `python3 benchmarks/quality/quality.py`."
    rows = [["", "agrees with float32", "perplexity"]]
    lines = {
        "llama.cpp in float32, the reference": quality["reference"],
        "llama.cpp, Q4_1 file, f16 cache": quality["llamacpp"],
        "this engine, same blocks, token by token": quality["ours"]["decode"],
        "this engine, same blocks, in chunks": quality["ours"]["prefill"],
    }
    for name, found in lines.items():
        rows.append([name, f"{found['agreement']:.2%}", f"{found['perplexity']:.4f}"])
    return (
        f"{quality['positions']:,} tokens of prose, teacher-forced: how often the token with the "
        "highest logit is that of a float32 computation on the same weights, and the perplexity of "
        f"the text.\n\n{_markdown(rows)}\n\n`python3 benchmarks/quality/quality.py` measures it."
    )


def wins_and_gaps(results: Results) -> list[str]:
    """How many times as fast this engine is as each peer; where it is slower stands out."""
    rows = [["against", *(METRICS[metric].title for metric in COMPARED)]]
    gaps = []
    for key in targets.peer_keys(results, jvm=False):
        engine = next(each for each in results.engines if each.key == key)
        ours = targets.OURS_GGUF if "Q4_1" in engine.weights else targets.OURS
        row = [f"{engine.title}, {engine.weights}"]
        for metric in COMPARED:
            ratio = targets.ratio(results.median(ours, metric), results.median(key, metric))
            if ratio is None:
                row.append("-")
            elif ratio < 1:
                row.append(f"**{ratio:.2f}**")
                gaps.append(f"{METRICS[metric].title} against {row[0]} ({ratio:.2f})")
            else:
                row.append(f"{ratio:.2f}")
        if set(row[1:]) != {"-"}:
            rows.append(row)
    return [
        "How many times as fast this engine is: with q4f16_1, or with GGUF's own blocks against "
        "engines that read the same file.",
        _markdown(rows),
        f"It is slower in {'; '.join(gaps)}." if gaps else "It is slower in none of these.",
        _first_token(results),
    ]


def _first_token(results: Results) -> str:
    chat = results.median(targets.CHAT, "first_token_ms")
    if chat is None:
        return ""
    faster = [
        f"{engine.title} ({engine.weights}, {median:,.0f} ms)"
        for engine in results.engines
        if engine.key in targets.peer_keys(results, jvm=False)
        and (median := results.median(engine.key, "first_token_ms")) is not None
        and median < chat
    ]
    text = f"`mlc chat --prompt` shows its first token {chat:,.0f} ms after the process's start"
    if not faster:
        return f"{text}, before every other engine here."
    return f"{text}. Sooner with their first token are: {', '.join(faster)}."


def _bandwidth(results: Results) -> str:
    read = results.median(targets.BANDWIDTH, "gb_s")
    if read is None:
        return ""
    lines = [f"Two threads read {read:.1f} GB/s. A decode step reads all weights once:"]
    for key in (targets.OURS, targets.OURS_GGUF):
        share, size = targets.bandwidth_share(results, key), results.fact(key, "weight_bytes")
        decode = results.median(key, "decode")
        if share is not None and size is not None and decode is not None:
            engine = next(each for each in results.engines if each.key == key)
            lines.append(
                f"- {engine.weights}: {size / 1e6:.1f} MB x {decode:.0f} tok/s = "
                f"{size * decode / 1e9:.1f} GB/s, {share:.0%} of that"
            )
    noise = max((max(engine.others, default=0) for engine in results.engines), default=0)
    quiet = "The machine was otherwise idle" if noise < NOISY else "The machine was not idle"
    lines.append(f"\n{quiet}: other processes used at most {noise:.0%} of it during a process.")
    return "\n".join(lines)


def _failures(engines: Iterable[EngineResult]) -> str:
    failed = [f"{each.title} ({each.weights})" for each in engines if each.failures]
    return f"Some rounds failed and are not counted: {', '.join(failed)}." if failed else ""
