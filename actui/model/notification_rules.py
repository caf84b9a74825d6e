"""Which runs send a notification: each one, or only changes for the worse and the better."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Literal

from actui.model.run import GoalSummary, RunState, RunSummary

When = Literal["never", "failure", "every-run"]
NotificationEvent = Literal["failed", "recovered", "finished", "stopped"]


def failure_signature(run: RunSummary) -> str:
    """What failed in a run, and how, as a text to compare; empty where nothing failed."""
    if run.state is RunState.FINISHED and run.ok:
        return ""
    failed = sorted((goal.goal_id or goal.goal, goal.code) for goal in _failed(run.goals))
    return json.dumps([run.code, *failed])


def notification_event(when: When, run: RunSummary, last: str) -> NotificationEvent | None:
    """The event to notify of after a run, None when there is none.

    `last` is the failure signature that was last sent. With `failure`, a failure is sent once for
    as long as it stays the same, and so is its end. A run that somebody stopped is no failure.
    """
    if when == "never":
        return None
    if run.state is RunState.STOPPED:
        return "stopped" if when == "every-run" else None
    now = failure_signature(run)
    if now:
        return "failed" if when == "every-run" or now != last else None
    if last:
        return "recovered"
    return "finished" if when == "every-run" else None


def _failed(goals: Iterable[GoalSummary]) -> Iterable[GoalSummary]:
    return (goal for goal in goals if not goal.ok)
