"""Counting: in memory while records pass, in the ledger at most four times a second."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from actui.model.journal import PersonOutcome
from actui.model.run import (
    ACCEPTED,
    FAILED,
    GoalProgress,
    GoalSummary,
    ListCounts,
    Problem,
    Record,
    RequestCounts,
    RunSnapshot,
    RunState,
)
from actui.sync.ledger_ports import RunJournal
from actui.sync.ports import Clock
from actui.sync.run.warnings import add_to, count_omission

FLUSH_SECONDS = 0.25
MOST_PROBLEMS = 5
_LONGEST_DETAIL = 120


def count(summary: GoalSummary, records: Iterable[Record], lists: ListCounts) -> None:
    """Add the outcomes of acknowledged records, and what was done to lists with them.

    `read` and the outcomes grow together.
    """
    for name, more in lists:
        setattr(summary.lists, name, getattr(summary.lists, name) + more)
    for record in records:
        _add(summary, record, 1)


def count_rechecked(
    summary: GoalSummary, outcomes: Iterable[PersonOutcome], people: Mapping[str, Record | None]
) -> None:
    """Count those of `outcomes` whose key is among the `people` being rechecked.

    Whoever has an outcome in this run already, as `people` tells, no longer counts with that one.
    """
    for one in outcomes:
        if one.key not in people:
            continue
        summary.rechecked += 1
        summary.matched += one.record.outcome in ACCEPTED
        before = people[one.key]
        if before is not None:
            _add(summary, before, -1)


def _add(summary: GoalSummary, record: Record, times: int) -> None:
    summary.read += times
    outcome = record.outcome.value
    setattr(summary, outcome, getattr(summary, outcome) + times)
    if record.reason is not None:
        add_to(summary.reasons, record.reason.value, times)
    count_omission(summary, record.omitted, times)


class Meter:
    """The live snapshot of one run, written for whoever follows it.

    `traffic` tells how many requests this process has sent.
    """

    def __init__(
        self,
        runs: RunJournal,
        clock: Clock,
        snapshot: RunSnapshot,
        traffic: Callable[[], RequestCounts],
    ) -> None:
        self._runs = runs
        self._clock = clock
        self._traffic = traffic
        self._began = clock.monotonic()
        self._flushed = float("-inf")
        self.snapshot = snapshot

    def goal(self, summary: GoalSummary) -> GoalProgress:
        """Show one more goal, from the counts it starts with."""
        progress = GoalProgress(summary=summary)
        # the very object that is counted in, not a copy
        progress.summary = summary
        self.snapshot.goals.append(progress)
        return progress

    def troubles(self, goal: str, records: Iterable[Record]) -> None:
        """Show the latest people whose data could not be delivered."""
        for record in records:
            if record.outcome in FAILED:
                self.snapshot.problems.append(
                    Problem(
                        goal=goal,
                        who=record.email or record.profile_id or f"contact {record.contact_id}",
                        outcome=record.outcome,
                        reason=record.reason.value if record.reason else "",
                        detail=record.detail[:_LONGEST_DETAIL],
                    )
                )
        del self.snapshot.problems[:-MOST_PROBLEMS]

    def tick(self) -> None:
        """Write the snapshot, at most once in FLUSH_SECONDS."""
        if self._clock.monotonic() - self._flushed >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write the snapshot now."""
        self._flushed = self._clock.monotonic()
        self.snapshot.updated = stamp(self._clock.now())
        self.snapshot.elapsed = round(self._clock.monotonic() - self._began, 2)
        self.snapshot.requests = self._traffic()
        self._runs.write_progress(self.snapshot)

    def state(self, state: RunState, message: str = "") -> None:
        """Enter another state, and write it at once."""
        self.snapshot.state = state
        self.snapshot.message = message
        if state.is_final:
            self.snapshot.problems.clear()
        self.flush()


def stamp(moment: datetime) -> str:
    """UTC as ISO 8601 with whole seconds and a Z, the form every summary and ledger uses."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
