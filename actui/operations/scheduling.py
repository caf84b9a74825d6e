"""Start runs when they are due: queued once, never two at a time (blueconic.md §2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from actui.context.context import AppContext
from actui.model.connection import Connection
from actui.model.due_times import awaiting, next_start
from actui.model.errors import ActuiError, ConfigError
from actui.model.findings import Finding
from store.connections import Stored

_LOOKED_LATELY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class DueResult:
    """What was done about a connection that is due."""

    connection: Connection
    due: datetime
    done: Literal["started", "waits", "failed"]
    message: str


def utc_now() -> datetime:
    """The current time in UTC."""
    return datetime.now(UTC)


def find_missing_scheduler(context: AppContext, stored: Stored, now: datetime) -> Finding | None:
    """A finding if a connection has a schedule and no scheduler is running, else None."""
    connection = stored.connection
    if connection.schedule.type == "manual" or not connection.enabled:
        return None
    looked = context.schedule_claims.heartbeat()
    # whoever looks puts right what a clock has left that was ahead
    if looked is not None and abs(now - looked) < _LOOKED_LATELY:
        return None
    when = "has ever looked" if looked is None else f"has looked since {looked:%Y-%m-%d %H:%M} UTC"
    return Finding(
        "no-scheduler",
        "schedule",
        f"Nothing {when} what is due here: run actui schedule, or let cron call actui due; "
        "actui schedule --print-systemd and --print-cron print what it takes.",
        "warning",
    )


def next_due_run(context: AppContext, stored: Stored, now: datetime) -> datetime | None:
    """When the schedule starts the next run; a time up to `now` means that it is due.

    None without a schedule, or if the machine does not know the time zone.
    """
    connection = stored.connection
    if not connection.enabled:
        return None
    started = context.schedule_claims.started().get(connection.id)
    try:
        return next_start(connection.schedule, connection.timezone, stored.since, started, now)
    except ConfigError:
        return None  # what is wrong with the zone is a finding


class Scheduler:
    """Finds due connections and starts their runs.

    A connection that is running stays due and then gets one run for all due times that passed
    meanwhile. Several schedulers may share one home; each due time is claimed once.
    """

    def __init__(
        self,
        context: AppContext,
        start: Callable[[Connection], str],
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._context = context
        self._start = start
        self._now = now

    def look(self) -> list[DueResult]:
        """Start what is due. A failure of one connection does not keep the others from starting."""
        context, now = self._context, self._now()
        context.schedule_claims.record_heartbeat(now)
        started = context.schedule_claims.started()
        found = (
            self._start_if_due(stored, started.get(stored.connection.id), now)
            for stored in context.connections.all()
            if stored.connection.enabled
        )
        return [result for result in found if result is not None]

    def _start_if_due(
        self, stored: Stored, last: datetime | None, now: datetime
    ) -> DueResult | None:
        connection = stored.connection
        try:
            due = awaiting(connection.schedule, connection.timezone, stored.since, last, now)
        except ConfigError as failure:
            return DueResult(connection, now, "failed", failure.message)
        if due is None:
            return None
        if self._context.lock(connection).is_held():
            return DueResult(connection, due, "waits", "It waits for the run that is going.")
        try:
            how = self._context.schedule_claims.claim(
                connection.id, last, now, lambda: self._start(connection)
            )
        except ActuiError as failure:
            return DueResult(connection, due, "failed", failure.message)
        except OSError as failure:
            return DueResult(connection, due, "failed", f"No process: {failure.strerror}.")
        return None if how is None else DueResult(connection, due, "started", how)
