"""A connection while it is being edited: what was stored, what is meant now, and saving it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from pydantic import ValidationError

from actui.console.choices import Choices
from actui.console.formatting import plain
from actui.console.forms.form import moved
from actui.console.ports import Stored
from actui.model.connection import Connection, new_id
from actui.model.document import dump
from actui.model.errors import ConfigError
from actui.model.findings import Finding, findings
from actui.model.goals import ExportGoal, ImportGoal, replace_named
from actui.model.redaction import first_problem

AnyGoal = ImportGoal | ExportGoal


class Draft:
    """One connection's goals and metadata as they are meant; pages of one connection share it."""

    def __init__(self, connection: Connection, stored: Stored | None) -> None:
        self.connection = connection
        self.stored = stored
        self._base = stored.connection if stored else connection
        self.choices = Choices()
        self.coming: dict[str, str] = {}
        """Properties to create in BlueConic when it is saved: their types by id."""

    @property
    def is_dirty(self) -> bool:
        """Whether it differs from what is stored."""
        return self._base != self.connection

    def since(self, now: datetime) -> datetime:
        """From when on the schedule counts: now, where saving will make it another."""
        if self.stored is None or self.stored.connection.timing != self.connection.timing:
            return now
        return self.stored.since

    def properties_to_create(self) -> dict[str, str]:
        """Those of the coming properties that a goal still uses."""
        used: set[str | None] = set()
        for goal in self.connection.goals:
            if isinstance(goal, ImportGoal):
                used |= {goal.save_lists_to, *(mapping.property for mapping in goal.mappings)}
        return {id_: type_ for id_, type_ in self.coming.items() if id_ in used}

    def created(self, properties: Iterable[str]) -> None:
        """These properties are there: what the tenant has is to be asked anew."""
        for id_ in properties:
            self.coming.pop(id_, None)
        self.choices = replace(self.choices, blueconic=None)

    def adopt(self, stored: Stored, sent: Connection | None = None) -> None:
        """Take what is stored as what is meant.

        `sent` is what this draft was when saving it began: whatever was changed here since then
        stays as it is now, and is not stored yet.
        """
        self.stored = stored
        self._base = stored.connection
        sent = sent or self.connection
        since = {name: now for name, now in self.connection if now != getattr(sent, name)}
        self.connection = stored.connection.model_copy(update=since)

    def put(self, **changes: object) -> None:
        """Change the connection. Raises ConfigError with a sentence when it would not be right."""
        try:
            self.connection = Connection.model_validate(dict(self.connection) | changes)
        except ValidationError as wrong:
            raise ConfigError(plain(first_problem(wrong)) + ".") from None

    # goals

    def goal(self, goal_id: str) -> AnyGoal | None:
        """A goal by its id."""
        return next((goal for goal in self.connection.goals if goal.id == goal_id), None)

    def index(self, goal_id: str) -> int:
        """Where a goal stands in the user's order."""
        return next(i for i, goal in enumerate(self.connection.goals) if goal.id == goal_id)

    def add_goal(self, kind: str) -> AnyGoal:
        """A new goal at the end, linked by e-mail address."""
        facts = {
            "id": new_id("g"),
            "kind": kind,
            "identifiers": [{"field": "email", "property": "email"}],
        }
        made: AnyGoal
        if kind == "import":
            made = ImportGoal.model_validate({**facts, "name": self._free("Import")})
        else:
            made = ExportGoal.model_validate(
                {**facts, "name": self._free("Export"), "segment": {"name": ""}}
            )
        self.put(goals=[*self.connection.goals, made])
        return made

    def put_goal(self, goal: AnyGoal) -> None:
        """Replace the goal that has this one's id.

        Raises ConfigError where the connection no longer has it.
        """
        if self.goal(goal.id) is None:
            raise ConfigError(f"The goal {goal.name} has been removed.")
        goals = [goal if one.id == goal.id else one for one in self.connection.goals]
        self.put(goals=goals)

    def copy_goal(self, goal_id: str) -> AnyGoal:
        """A copy behind the goal; switched off, so that nothing is written twice."""
        at = self.index(goal_id)
        goal = self.connection.goals[at]
        changes = {"id": new_id("g"), "name": self._free(goal.name), "enabled": False}
        made: AnyGoal = goal.model_copy(update=changes)
        goals = list(self.connection.goals)
        self.put(goals=[*goals[: at + 1], made, *goals[at + 1 :]])
        return made

    def remove_goal(self, goal_id: str) -> None:
        """Take a goal out."""
        self.put(goals=[goal for goal in self.connection.goals if goal.id != goal_id])

    def move_goal(self, goal_id: str, by: int) -> None:
        """Move a goal in the order in which goals run."""
        goals, _ = moved(self.connection.goals, self.index(goal_id), by)
        self.put(goals=goals)

    def switch_goal(self, goal_id: str) -> None:
        """Switch a goal on or off."""
        goal = self.connection.goals[self.index(goal_id)]
        self.put_goal(goal.model_copy(update={"enabled": not goal.enabled}))

    def rename_goal(self, goal_id: str, name: str) -> None:
        """Give a goal another name. Raises ConfigError when another one has it."""
        goal = self.connection.goals[self.index(goal_id)]
        if not name.strip():
            raise ConfigError("A goal needs a name.")
        self.put_goal(goal.model_copy(update={"name": name.strip()}))

    def findings_of(self, goal: AnyGoal) -> list[Finding]:
        """What there is to say of a goal, whether or not it is switched on."""
        goals = [
            goal.model_copy(update={"enabled": True}) if one.id == goal.id else one
            for one in self.connection.goals
        ]
        where = f"goals.{goal.name}"
        found = findings(self.connection.model_copy(update={"goals": goals}))
        return [one for one in found if f"{one.where}.".startswith(f"{where}.")]

    def _free(self, wanted: str) -> str:
        taken = {goal.name for goal in self.connection.goals}
        name, count = wanted, 1
        while name in taken:
            count += 1
            name = f"{wanted} {count}"
        return name


def differences(before: Connection, after: Connection) -> list[str]:
    """What changed between two versions of a connection, as the lines of its file."""
    lines = difflib.unified_diff(
        dump(before).splitlines(), dump(after).splitlines(), n=1, lineterm=""
    )
    return [plain(line) for line in lines if not line.startswith(("---", "+++", "@@"))]


def same_but_for_ids(one: Connection, other: Connection) -> bool:
    """Whether the two differ only by the ids that a run has found for their names."""
    return _by_name(one) == _by_name(other)


def _by_name(connection: Connection) -> object:
    dumped = connection.model_dump(mode="json", by_alias=True)
    return replace_named(dumped, lambda named, _key: named["name"])
