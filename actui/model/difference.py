"""What differs between two forms of a connection, in words that may be kept: no secret in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actui.model.connection import Connection
from actui.model.web_url import host_of

HIDDEN = "(hidden)"


@dataclass(frozen=True, slots=True)
class Change:
    """One key with its value before and after; None where it was not there."""

    where: str
    before: Any
    after: Any


def difference(before: Connection | None, after: Connection | None) -> list[Change]:
    """The keys whose values differ; a whole connection or goal where only one side has it.

    Goals are matched by id. Of a webhook only the host is shown, because its path is its password.
    """
    if before is None or after is None:
        return [Change("connection", _body(before), _body(after))]
    old, new = _body(before), _body(after)
    old_goals, new_goals = old.pop("goals"), new.pop("goals")
    found = changes(old, new)
    for goal in dict.fromkeys([*old_goals, *new_goals]):
        was, now = old_goals.get(goal), new_goals.get(goal)
        where = f"goals.{(now or was)['name']}"
        if was is None or now is None:
            found.append(Change(where, was, now))
        else:
            found += changes(was, now, where)
    kept = [
        [goal for goal in side if goal in old_goals and goal in new_goals]
        for side in (old_goals, new_goals)
    ]
    if kept[0] != kept[1]:
        orders = [[goals[goal]["name"] for goal in goals] for goals in (old_goals, new_goals)]
        found.append(Change("goals", *orders))
    return found


def changes(before: Any, after: Any, where: str = "") -> list[Change]:
    """The leaves in which two pieces of configuration differ, with the way to each."""
    if before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        keys: Any = dict.fromkeys([*before, *after])
        pairs = [(f".{key}", before.get(key), after.get(key)) for key in keys]
    elif _is_table(before) and _is_table(after) and len(before) == len(after):
        pairs = [(f"[{i}]", *pair) for i, pair in enumerate(zip(before, after, strict=True))]
    else:
        return [Change(where, before, after)]
    return [
        one for step, was, now in pairs for one in changes(was, now, f"{where}{step}".lstrip("."))
    ]


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(i, dict) for i in value)


def _body(connection: Connection | None) -> Any:
    if connection is None:
        return None
    body = connection.model_dump(mode="json", by_alias=True)
    body["goals"] = {goal["id"] or goal["name"]: goal for goal in body["goals"]}
    if body["notify"]["webhook"]:
        host = host_of(body["notify"]["webhook"])
        body["notify"]["webhook"] = f"{host} {HIDDEN}"
    return body
