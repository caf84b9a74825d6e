"""Keeps the world in its file while the sandbox runs."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from pathlib import Path

from actui.sandbox import kept
from actui.sandbox.options import SandboxOptions
from actui.sandbox.world import World, new_world

SAVE_EVERY = 2.0
SAVING_SHARE = 0.05


def opened(options: SandboxOptions) -> World:
    """The world of the state's file, or a new one; ValueError where they do not go together."""
    world = None if options.state is None else kept.read(options.state)
    if world is None:
        return new_world(options)
    world.must_fit(options)
    world.switches.set(options.switches)
    return world


class Saver:
    """Saves at the start, at the end and periodically, so that a killed sandbox loses little."""

    def __init__(self, world: World, path: Path, arrived: Callable[[], int]) -> None:
        self._world = world
        self._path = path
        self._arrived = arrived
        self._saved = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Save once. Raises ValueError if the file cannot be written."""
        try:
            self._save()
        except OSError as wrong:
            raise ValueError(f"{self._path} cannot be written: {wrong.strerror}.") from wrong
        self._task = asyncio.create_task(self._now_and_then())

    async def stop(self) -> None:
        """The last save."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._save()

    def _save(self) -> float:
        started = time.monotonic()
        self._saved = self._arrived()
        self._world.batches.settle()
        kept.write(self._path, self._world)
        return time.monotonic() - started

    async def _now_and_then(self) -> None:
        pause = SAVE_EVERY
        while True:
            await asyncio.sleep(pause)
            if self._arrived() != self._saved:
                # Nothing is answered during a save, so a large world is saved less often.
                pause = max(SAVE_EVERY, self._save() / SAVING_SHARE)
