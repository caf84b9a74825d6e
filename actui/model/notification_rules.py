"""Which runs send a notification: each one, or only changes for the worse and the better."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Literal

from actui.model.run import GoalSummary, RunState, RunSummary

When = Literal["never", "failure", "every-run"]
News = Literal["failed", "recovered", "finished", "stopped"]


def standing(run: RunSummary) -> str:
    """How a connection stands after a run: empty when all is well, else what failed, and how."""
    if run.state is RunState.FINISHED and run.ok:
        return ""
    failed = sorted((goal.goal_id or goal.goal, goal.code) for goal in _failed(run.goals))
    return json.dumps([run.code, *failed])


def notification_event(when: When, run: RunSummary, last: str) -> News | None:
    """What there is to tell of a run that ended, None when nothing.

    `last` is the failure signature that was last sent. With `failure`, a failure is
    sent once for as long as it stays the same, and so is its end. A run that somebody
    stopped is no failure.
    """
    if when == "never":
        return None
    if run.state is RunState.STOPPED:
        return "stopped" if when == "every-run" else None
    now = standing(run)
    if now:
        return "failed" if when == "every-run" or now != last else None
    if last:
        return "recovered"
    return "finished" if when == "every-run" else None


def _failed(goals: Iterable[GoalSummary]) -> Iterable[GoalSummary]:
    return (goal for goal in goals if not goal.ok)
