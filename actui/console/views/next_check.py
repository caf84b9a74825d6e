"""When somebody who was skipped for want of a profile is looked at again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from actui.console.formatting import counted, moment
from actui.console.views.outcomes import Person
from actui.model.connection import Connection
from actui.model.goals import ImportGoal, Mode
from actui.model.journal import GoalState
from actui.model.run import Reason


def with_next_checks(
    connection: Connection, people: Sequence[Person], state: Callable[[str], GoalState]
) -> list[Person]:
    """The people, in their order, with the next check where a goal's last outcome was no-match.

    `state` gives what a goal, by its id, remembers between runs.
    """
    last = {one.goal: number for number, one in enumerate(people)}
    return [
        replace(one, next_check=_next_check(connection, one.goal, state))
        if last[one.goal] == number and one.reason == Reason.NO_MATCH.value
        else one
        for number, one in enumerate(people)
    ]


def _next_check(connection: Connection, goal_id: str, state: Callable[[str], GoalState]) -> str:
    goal = next((one for one in connection.goals if one.id == goal_id), None)
    if not isinstance(goal, ImportGoal):
        return ""
    if not goal.enabled:
        return "Checked again once the goal is switched on."
    if goal.mode is Mode.FULL:
        return "Checked again in the next run."
    reconciled = state(goal_id).reconciled
    if reconciled is None or not goal.is_configured_as(state(goal_id).config_hash):
        return "Checked again in the next run, which reads everybody."
    due = datetime.fromisoformat(reconciled) + timedelta(days=goal.reconcile_days)
    latest = f"at the latest in the first run after {moment(due.isoformat(), connection.timezone)}"
    if not goal.recheck_requests:
        return f"Checked again when the contact changes, {latest}."
    budget = counted(goal.recheck_requests, "request", "requests")
    return f"Checked again in turn, within {budget} in each run, {latest}."
