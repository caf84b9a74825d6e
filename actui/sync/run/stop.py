"""Stopping in two stages: first finish the batch in flight, then at once (sync/README.md §1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from actui.model.errors import StoppedError
from actui.sync.ledger_ports import RunJournal
from actui.sync.ports import Clock

POLL_SECONDS = 0.5


class Stop:
    """Whether somebody wants this run to end: by a signal, or by a request in the ledger.

    `heard` is called, beside the work, whenever a wish to stop has been seen.
    """

    def __init__(self, runs: RunJournal, run: str, clock: Clock, heard: Callable[[], None]) -> None:
        self._runs = runs
        self._run = run
        self._clock = clock
        self._heard = heard
        self._signals = 0
        self._wanted = asyncio.Event()
        self.level = 0

    def signal(self) -> None:
        """A SIGTERM or SIGINT came; the second one means now."""
        self._signals += 1
        self._raise_level()

    def _raise_level(self) -> None:
        self.level = max(self.level, min(2, self._signals))
        self._wanted.set()

    def check(self) -> None:
        """Raise StoppedError where work can be left safely, if somebody asked for it."""
        if self.level:
            raise StoppedError("The run was stopped; run it again to continue.")

    async def pause(self, seconds: float) -> None:
        """Let seconds pass by the monotonic clock; ends at once where somebody asks to stop."""
        if seconds <= 0 or self.level:
            return
        over = asyncio.ensure_future(self._clock.sleep(seconds))
        wanted = asyncio.ensure_future(self._wanted.wait())
        try:
            await asyncio.wait({over, wanted}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
            wanted.cancel()

    async def watch(self, work: asyncio.Task[object]) -> None:
        """Follow the ledger until cancelled; at level two, cancel `work` where it stands."""
        while True:
            self.level = max(self.level, self._runs.stop_level(self._run))
            if self.level:
                self._wanted.set()
                self._heard()
            if self.level >= 2:
                work.cancel("stopped now")
                return
            await self._clock.sleep(POLL_SECONDS)
