"""Following a run by what it writes down."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actui.console.feed import FeedCursor, follow
from actui.model.errors import ConfigError
from actui.model.run import RunSnapshot, RunState, UniqueCounts


def picture(state: RunState, updated: str = "1") -> RunSnapshot:
    return RunSnapshot(run="r1", connection_id="c-1", state=state, updated=updated)


class Reader:
    """Plays one step at each sleep: what is written down, and whether the lock is held."""

    def __init__(self, *steps: tuple[RunSnapshot | None, bool]) -> None:
        self._steps = list(steps)
        self._at = 0

    async def sleep(self, _: float) -> None:
        self._at = min(self._at + 1, len(self._steps) - 1)

    def snapshot(self) -> RunSnapshot | None:
        return self._steps[self._at][0]

    def version(self) -> int:
        return self._at

    def is_running(self) -> bool:
        return self._steps[self._at][1]

    def unique(self) -> UniqueCounts:
        return UniqueCounts()

    def request_stop(self) -> int:
        return 0

    def last_message(self) -> str:
        return "The disk is full."


async def states(reader: Reader, since: FeedCursor | None = None) -> list[RunState]:
    pictures = follow(reader, since=since, sleep=reader.sleep)
    return [snapshot.state async for snapshot in pictures]


R, F = RunState.RUNNING, RunState.FINISHED


async def test_it_ends_with_the_final_picture() -> None:
    assert await states(Reader((picture(R), True), (picture(F), True))) == [R, F]


async def test_a_free_lock_before_the_end_is_a_cut_off_run() -> None:
    assert await states(Reader((picture(R), True), (picture(R), False))) == [R, RunState.FAILED]


async def test_nothing_is_known_of_a_connection_that_never_ran() -> None:
    assert await states(Reader((None, False))) == []


async def test_the_run_before_is_not_shown_as_the_one_just_started() -> None:
    old, new = picture(F, "1"), picture(R, "2")
    reader = Reader((old, False), (old, True), (new, True), (picture(F, "3"), False))
    assert await states(reader, FeedCursor.of(reader)) == [R, F]


@pytest.mark.parametrize(
    "steps",
    [
        lambda old: [(old, False)],
        lambda old: [(old, False), (old, True), (old, False)],
    ],
    ids=["never", "died"],
)
async def test_a_run_that_writes_nothing_is_told(
    steps: Callable[[RunSnapshot], list[tuple[RunSnapshot, bool]]],
) -> None:
    reader = Reader(*steps(picture(F)))
    if len(steps(picture(F))) == 1:
        reader.version = lambda: 0  # type: ignore[method-assign]
    with pytest.raises(ConfigError):
        await states(reader, FeedCursor.of(reader))
