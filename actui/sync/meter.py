"""Counting: in memory while records pass, in the ledger at most four times a second."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from actui.model.run import GoalProgress, GoalSummary, Record, RunSnapshot, RunState
from actui.sync.ports import Clock, Ledger

FLUSH_SECONDS = 0.25


def count(summary: GoalSummary, records: Iterable[Record]) -> None:
    """Add the outcomes of acknowledged records; read and the parts grow together."""
    for record in records:
        summary.read += 1
        outcome = record.outcome.value
        setattr(summary, outcome, getattr(summary, outcome) + 1)
        if record.reason is not None:
            reasons = summary.reasons
            reasons[record.reason.value] = reasons.get(record.reason.value, 0) + 1


class Meter:
    """The live picture of one run, written for whoever follows it."""

    def __init__(self, ledger: Ledger, clock: Clock, snapshot: RunSnapshot) -> None:
        self._ledger = ledger
        self._clock = clock
        self._flushed = float("-inf")
        self.snapshot = snapshot

    def goal(self, summary: GoalSummary) -> GoalProgress:
        """Show one more goal, from the counts it starts with."""
        progress = GoalProgress(summary=summary)
        # the very object that is counted in, not a copy
        progress.summary = summary
        self.snapshot.goals.append(progress)
        return progress

    def tick(self) -> None:
        """Something moved; write it down unless that was done just now."""
        if self._clock.monotonic() - self._flushed >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write the picture now."""
        self._flushed = self._clock.monotonic()
        self.snapshot.updated = stamp(self._clock.now())
        self._ledger.write_progress(self.snapshot)

    def state(self, state: RunState, message: str = "") -> None:
        """The run enters another state; always written at once."""
        self.snapshot.state = state
        self.snapshot.message = message
        self.flush()


def stamp(moment: datetime) -> str:
    """UTC as ISO 8601 with whole seconds and a Z, the form every summary and ledger uses."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
