"""The clock of the machine."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from time import monotonic


class SystemClock:
    """The engine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
