"""Tests of what is read from wrk's output."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import load

OUTPUT = """\
Running 30s test @ http://127.0.0.1:8000/v1/chat/completions
  12 threads and 400 connections
  Requests/sec:     40.00
status 200 1200
status 429 7
connect 0
timeout 3
median_ms 812.5
"""


def test_counts_are_told_from_wrks_own_lines() -> None:
    """Only lines of a name and a number count."""
    assert load.counts(OUTPUT) == {
        "status 200": 1200,
        "status 429": 7,
        "connect": 0,
        "timeout": 3,
        "median_ms": 812.5,
    }
