"""Progress reports on a stream: a redrawn line on a terminal, sparse lines elsewhere."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

_TERMINAL_INTERVAL = 0.1
_LOG_INTERVAL = 5.0
_BAR_CELLS = 24


def format_bytes(count: int) -> str:
    """Renders a byte count with a binary unit, for example `1.5 MiB`."""
    value = float(count)
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"


class Progress:
    """Reports to one stream; not safe for use by several threads.

    `message` prints a line of its own. `step` reports that `done` of `total` units are finished;
    between the first and the last unit it reports at most ten times a second on a terminal, and
    once every five seconds elsewhere.
    """

    def __init__(
        self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._terminal = self._stream.isatty()
        self._clock = clock
        self._started = clock()
        self._last_report = float("-inf")
        self._line_open = False

    def message(self, text: str) -> None:
        """Prints one line."""
        self._clear_line()
        print(text, file=self._stream, flush=True)

    def step(self, done: int, total: int, label: str, byte_count: int = 0) -> None:
        """Reports that unit `done` (from 1) of `total`, named `label`, is finished.

        The time shown is that since this object was made.
        `byte_count` is the number of bytes that all units so far have produced; 0 hides it.
        """
        now = self._clock()
        interval = _TERMINAL_INTERVAL if self._terminal else _LOG_INTERVAL
        if done < total and now - self._last_report < interval:
            return
        self._last_report = now
        parts = [f"{done}/{total}"]
        if byte_count:
            parts.append(format_bytes(byte_count))
        parts.append(f"{now - self._started:.1f} s")
        parts.append(label)
        text = "  ".join(parts)
        if not self._terminal:
            print(text, file=self._stream, flush=True)
            return
        filled = _BAR_CELLS * done // max(total, 1)
        self._clear_line()
        self._stream.write(f"[{'#' * filled}{'.' * (_BAR_CELLS - filled)}] {text}")
        self._line_open = done < total
        if not self._line_open:
            self._stream.write("\n")
        self._stream.flush()

    def _clear_line(self) -> None:
        if self._line_open:
            self._stream.write("\r\x1b[K")
            self._line_open = False
