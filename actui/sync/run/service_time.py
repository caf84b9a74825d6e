"""ActiveCampaign's time: its own `Date`, carried on by the monotonic clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from actui.sync.ports import Clock


class ServiceTime:
    """The present as ActiveCampaign sees it, whatever the machine's clock shows or does."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shown: tuple[datetime, float] | None = None

    def show(self, served_at: datetime | None) -> None:
        """An answer came just now with this `Date`; None where it came without one."""
        if served_at is not None:
            self._shown = served_at, self._clock.monotonic()

    def now(self) -> datetime:
        """The present in UTC; the machine's own where no answer has carried a `Date`."""
        if self._shown is None:
            return self._clock.now()
        served_at, at = self._shown
        return served_at + timedelta(seconds=self._clock.monotonic() - at)
