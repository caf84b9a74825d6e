"""The waits between requests, which end when the run is asked to stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

from actui.model.errors import StoppedError

T = TypeVar("T")

SHORT = 1.0
"""Seconds that a run which is asked to stop still waits, to finish what it has begun."""


class Waits:
    """Every wait of one run's clients. Nothing is on its way while they wait."""

    def __init__(self) -> None:
        self._ended = asyncio.Event()

    def end(self) -> None:
        """The run is asked to stop: from now on nobody waits for longer than SHORT."""
        self._ended.set()

    async def sleep(self, seconds: float) -> None:
        """Wait. Raises StoppedError where that takes too long for a run that is to stop."""
        if seconds <= SHORT:
            await asyncio.sleep(seconds)
            return
        try:
            await asyncio.wait_for(self._ended.wait(), seconds)
        except TimeoutError:
            return
        raise _stopped()

    async def following(self, attempts: AsyncIterator[T]) -> T:
        """The next of `attempts`, which waits before it comes. Raises what `sleep` raises."""
        coming = asyncio.ensure_future(anext(attempts))
        ended = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait({coming, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                raise _stopped()
            return coming.result()
        finally:
            coming.cancel()
            ended.cancel()


def _stopped() -> StoppedError:
    return StoppedError("The run was stopped while it waited for a service; run it again.")
