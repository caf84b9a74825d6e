"""The sandbox's own time: the real clock, moved forward on request."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from email.utils import format_datetime


class SandboxClock:
    """Real seconds since 1970 plus everything it was advanced by."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._moved = asyncio.Event()

    def __getstate__(self) -> float:
        return self._ahead

    def __setstate__(self, ahead: float) -> None:
        self._ahead, self._moved = ahead, asyncio.Event()

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the time forward and wake everybody who waits for it."""
        if seconds < 0:
            raise ValueError("The sandbox's time only moves forward.")
        self._ahead += seconds
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def sleep(self, seconds: float) -> None:
        """Wait in sandbox time, so that an advance cuts the wait short."""
        until = self.now() + seconds
        while (left := until - self.now()) > 0:
            try:
                await asyncio.wait_for(self._moved.wait(), left)
            except TimeoutError:
                continue

    def http_date(self) -> str:
        """The `Date` header of an answer given now."""
        return format_datetime(datetime.fromtimestamp(int(self.now()), UTC), usegmt=True)


def utc_millis_text(seconds: float) -> str:
    """RFC 3339 with milliseconds and Z, as BlueConic writes its dates."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
