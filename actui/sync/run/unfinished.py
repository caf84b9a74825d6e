"""Runs that did not come to their own end: never begun, or cut off with their process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from actui.model.connection import Connection
from actui.model.errors import ActuiError
from actui.model.run import GoalSummary, RunSnapshot, RunState, RunSummary
from actui.sync.run.meter import stamp
from actui.sync.run.warnings import tell

GOALS_FAILED = "goals-failed"
"""The code of a run that came to its end, though not with every goal."""
CUT_OFF = "cut-off"
"""The code of a run whose process was gone before its work was done."""


def new_run_id(at: datetime) -> str:
    """A run's id: the UTC time of its start to the millisecond, so that ids sort by age."""
    return f"{at:%Y%m%d-%H%M%S}-{at.microsecond // 1000:03d}"


def not_started(
    connection: Connection, failure: ActuiError, trigger: str, now: datetime
) -> RunSummary:
    """A run that nobody watched and that could not even begin."""
    at = stamp(now)
    return RunSummary(
        run=new_run_id(now),
        connection=connection.name,
        connection_id=connection.id,
        state=RunState.FAILED,
        code=failure.code,
        message=failure.message,
        cause=failure.default_code,
        trigger=trigger,
        started=at,
        ended=at,
    )


def close_cut_off(
    summary: RunSummary, snapshot: RunSnapshot | None, now: datetime
) -> RunSummary | None:
    """The closed form of a run whose process is gone, or None if it ended properly.

    One that ended by itself, and could not write that into the history, has ended so.
    """
    if summary.state.is_final:
        return None
    goals: Sequence[GoalSummary] = summary.goals
    if snapshot is not None and snapshot.run == summary.run:
        goals = [progress.summary for progress in snapshot.goals]
    for goal in goals:
        tell(goal)
    if snapshot is not None and snapshot.run == summary.run and snapshot.state is RunState.FINISHED:
        failed = [goal for goal in goals if not goal.ok]
        return summary.model_copy(
            update={
                "state": RunState.FINISHED,
                "ok": not failed,
                "code": GOALS_FAILED if failed else "",
                "message": snapshot.message,
                "ended": snapshot.updated,
                "goals": list(goals),
            }
        )
    return summary.model_copy(
        update={
            "state": RunState.FAILED,
            "ok": False,
            "code": CUT_OFF,
            "message": "The run's process ended before its work did; run it again to continue.",
            "ended": stamp(now.astimezone(UTC)),
            "goals": list(goals),
        }
    )
