"""Following a run that another process carries out, by reading what it writes down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from actui.console.ports import RunReader
from actui.model.errors import ConfigError
from actui.model.run import RunSnapshot, RunState

POLL_SECONDS = 0.5
START_SECONDS = 20.0
CUT_OFF = "The run was cut off: its process is gone. Run it again to continue where it was."

Sleep = Callable[[float], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class FeedCursor:
    """What there was to read before a run was started."""

    version: int
    updated: str

    @classmethod
    def of(cls, reader: RunReader) -> FeedCursor:
        """Take it before starting the run."""
        version = reader.version()
        snapshot = reader.snapshot()
        return cls(version, snapshot.updated if snapshot else "")


async def follow(
    reader: RunReader,
    *,
    since: FeedCursor | None = None,
    sleep: Sleep = asyncio.sleep,
    every: float = POLL_SECONDS,
) -> AsyncIterator[RunSnapshot]:
    """Each picture of the run that differs from the one before; ends with a final one.

    With `since`, the picture of an earlier run is never shown; raises ConfigError when no run has
    shown itself within 20 s or it ended before it wrote anything. A run whose lock is free before
    its state is final was cut off: its last picture then says FAILED.
    """
    if since is not None:
        await _started(reader, since, sleep, every)
    seen: int | None = None
    live = False
    while True:
        # the lock is looked at before the picture: a run writes its last picture, then frees it
        alive = reader.is_running()
        version = reader.version()
        if version != seen or not alive:
            seen = version
            snapshot = reader.snapshot()
            old = snapshot is None or (since is not None and snapshot.updated == since.updated)
            if not alive:
                if snapshot is None or old:
                    if since is not None:
                        raise _silent(reader)
                    if snapshot is None:
                        return
                yield _closed(snapshot)
                return
            # a final picture under a held lock is the last run's, until this one has been seen
            if snapshot is not None and not old and (live or not snapshot.state.is_final):
                live = True
                yield snapshot
                if snapshot.state.is_final:
                    return
        await sleep(every)


def _closed(snapshot: RunSnapshot) -> RunSnapshot:
    if snapshot.state.is_final:
        return snapshot
    return snapshot.model_copy(update={"state": RunState.FAILED, "message": CUT_OFF})


async def _started(reader: RunReader, since: FeedCursor, sleep: Sleep, every: float) -> None:
    waited = 0.0
    while not reader.is_running() and reader.version() == since.version:
        if waited >= START_SECONDS:
            raise _silent(reader)
        await sleep(every)
        waited += every


def _silent(reader: RunReader) -> ConfigError:
    why = reader.last_message() or "Start it with `actui run` in a terminal to see why."
    return ConfigError(f"The run ended before it wrote anything. {why}", code="not-started")
