"""The plot of a run as an SVG, in the reader's own light or dark scheme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from figures import METRICS, Figure, Results

WIDTH = 860
LABEL_WIDTH = 290
BAR_HEIGHT = 18
ROW = 26
TITLE = 44
PANELS = ("decode", "prefill_512")

STYLE = """\
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 15px; }
  .card { fill: #ffffff; stroke: #d1d9e0; }
  .ours { fill: #1f6feb; }
  .theirs { fill: #9aa4ae; }
  .spread { stroke: #1f2328; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .card { fill: #0d1117; stroke: #3d444d; }
    .ours { fill: #58a6ff; }
    .theirs { fill: #6e7681; }
    .spread { stroke: #e6edf3; }
  }"""


@dataclass(frozen=True)
class Bar:
    """One engine in one panel."""

    label: str
    figure: Figure
    ours: bool


def plot(results: Results) -> str:
    """The whole picture: a panel for each metric, its bars sorted."""
    top, panels = 12, []
    for metric in PANELS:
        bars = panel_bars(results, metric)
        if bars:
            panels.append(_panel(metric, bars, top))
            top += TITLE + ROW * len(bars) + 14
    body = "\n".join(panels)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" '
        f'height="{top}" role="img">\n'
        f"<title>Tokens per second, medians of {results.rounds} rounds</title>\n"
        f"<style>\n{STYLE}\n</style>\n"
        f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{top - 1}" rx="6"/>\n'
        f"{body}\n</svg>\n"
    )


def panel_bars(results: Results, metric: str) -> list[Bar]:
    """The bars of a panel, the fastest first; conditions such as one thread are left out."""
    bars = []
    for engine in results.engines:
        figure = engine.figure(metric)
        if figure and not engine.condition:
            label = f"{engine.title.split(' (')[0]}, {engine.weights}"
            bars.append(Bar(label, figure, engine.key.startswith("mlc")))
    return sorted(bars, key=lambda bar: -bar.figure.median)


def _panel(metric: str, bars: Sequence[Bar], top: int) -> str:
    scale = (WIDTH - LABEL_WIDTH - 90) / max(bar.figure.high for bar in bars)
    title = f"{METRICS[metric].title}, {METRICS[metric].unit}"
    lines = [f'<text class="title" x="16" y="{top + 22}">{escape(title)}</text>']
    for index, bar in enumerate(bars):
        y = top + TITLE - 8 + index * ROW
        middle = y + BAR_HEIGHT / 2
        width = bar.figure.median * scale
        low, high = (LABEL_WIDTH + end * scale for end in (bar.figure.low, bar.figure.high))
        text = LABEL_WIDTH + bar.figure.high * scale + 8
        label = f'<text x="{LABEL_WIDTH - 10}" y="{middle + 4.5}" text-anchor="end">'
        lines += [
            f"{label}{escape(bar.label)}</text>",
            f'<rect class="{"ours" if bar.ours else "theirs"}" x="{LABEL_WIDTH}" y="{y}" '
            f'width="{width:.1f}" height="{BAR_HEIGHT}" rx="2"/>',
            f'<line class="spread" x1="{low:.1f}" x2="{high:.1f}" y1="{middle}" y2="{middle}"/>',
            f'<text x="{text:.1f}" y="{middle + 4.5}">{bar.figure.median:,.0f}</text>',
        ]
    return "\n".join(lines)
