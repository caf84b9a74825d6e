"""Bytes on the line at 80x24 while a run goes and after it: `python -m tests.bench.live_bytes`.

A real run against a sandbox at the real limits, followed for 30 seconds by a real console.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.process.e2e.processes import Home, sandbox_process
from tests.process.e2e.test_main_job import demo_connection
from tests.ui.screens.terminals import ENTER, ESCAPE, F5, F6, Terminal

SECONDS = 30.0


def spent(terminal: Terminal, key: str, shows: str) -> int:
    """Bytes that opening a page costs, half a second of settling included."""
    before = terminal.received
    terminal.press(key)
    terminal.shows(shows)
    terminal.within(0.5)
    return terminal.received - before


def main() -> None:
    """Print the figures."""
    people = ["--contacts", "40000", "--profiles", "2000"]
    with tempfile.TemporaryDirectory() as place, sandbox_process(*people) as ready:
        home = Home(Path(place), ready, demo_connection())
        asyncio.run(home.apply())
        with Terminal(home.environ) as terminal:
            terminal.shows("Demo")
            print(f"open a connection: {spent(terminal, ENTER, 'Set up and run'):,} B")
            print(f"open a preview: {spent(terminal, F6, 'would be'):,} B")
            print(f"a key on it: {spent(terminal, 'j', ':'):,} B")
            idle = terminal.within(5)
            terminal.press(ESCAPE)
            terminal.within(1)
            print(f"open a run: {spent(terminal, F5, 'running'):,} B")
            terminal.within(5)
            print(f"live run: {terminal.within(SECONDS) / SECONDS:,.0f} B/s over {SECONDS:.0f} s")
            terminal.press("S")
            terminal.shows("stopped")
            terminal.within(8)
            print(f"idle: {idle + terminal.within(5)} B in 10 s")


if __name__ == "__main__":
    main()
