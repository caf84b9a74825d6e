"""`actui schedule` with 20 connections for ten minutes of its clock, on a sandbox.

`python -m tests.bench.twenty_scheduled` asserts that no run overlaps another of its connection,
that none is missed and that each has one process, and tells how much memory the scheduler took.
About ninety runs, each a process; loopback only, some minutes.
"""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from tests.process.scheduling.faketime import ten_minutes


def main() -> None:
    """Print the figures."""
    times = {f"C{number:02}": 480 - 12 * number for number in range(20)}
    with tempfile.TemporaryDirectory() as place:
        seen = ten_minutes(Path(place), times, timedelta(seconds=5))
    runs = sum(map(len, seen.starts.values()))
    print(f"{runs} runs of {len(times)} connections, {len(seen.looks)} looks, all as expected")
    first = len(seen.memory) // 4
    print(f"scheduler: {seen.memory[first]:,} KiB after a quarter, {seen.memory[-1]:,} at the end")


if __name__ == "__main__":
    main()
