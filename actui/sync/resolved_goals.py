"""A connection whose every name was found in its accounts: all that the engine's parts get to see.

`resolve` makes these (actui/sync/resolve.py). The ids come from what the services answered and are
never absent; the stored `Named`, which may lack its id, stays outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from actui.model.connection import Connection
from actui.model.goals import ExportGoal, ImportGoal
from actui.model.records import ContactList, Lifecycle, Objective, Segment, Stage


@dataclass(frozen=True, slots=True)
class SelectedList:
    """A list whose contacts a goal imports, and whether they may become new profiles."""

    list: ContactList
    create_profiles: bool


@dataclass(frozen=True, slots=True)
class ResolvedImport:
    """An import goal; `lists` is empty where it takes all contacts."""

    settings: ImportGoal
    lists: Sequence[SelectedList] = ()


class StageKey(NamedTuple):
    """What identifies a stage, for its id is only unique within its lifecycle."""

    lifecycle_id: str
    stage_id: str


@dataclass(frozen=True, slots=True)
class ResolvedThreshold:
    """The stage whose frequency cap limits an export goal, and the events that count."""

    lifecycle: Lifecycle
    stage: Stage
    events: Sequence[Literal["opened", "clicked"]]

    @property
    def key(self) -> StageKey:
        """The key of the stage, as profiles have it."""
        return StageKey(self.lifecycle.id, self.stage.id)


@dataclass(frozen=True, slots=True)
class ResolvedExport:
    """An export goal with the things of the accounts that it names."""

    settings: ExportGoal
    segment: Segment
    lists: Sequence[ContactList] = ()
    threshold: ResolvedThreshold | None = None

    @property
    def list_ids(self) -> tuple[int, ...]:
        """The ids of its lists, in the user's order."""
        return tuple(one.id for one in self.lists)


ResolvedGoal = ResolvedImport | ResolvedExport


@dataclass(frozen=True, slots=True)
class ResolvedConnection:
    """A connection and its active goals, in the user's order; `settings` has ids beside names."""

    settings: Connection
    objectives: Sequence[Objective]
    imports: Sequence[ResolvedImport]
    exports: Sequence[ResolvedExport]

    @property
    def objective_ids(self) -> list[str]:
        """The ids of the linked objectives, in the user's order."""
        return [objective.id for objective in self.objectives]

    @property
    def goals(self) -> Sequence[ResolvedGoal]:
        """The active goals in the order of a run: imports first (sync/README.md §1)."""
        return [*self.imports, *self.exports]
