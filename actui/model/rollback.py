"""When a ledger may not remember all that was done: why, and what that touches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from actui.model.goals import ExportGoal, ImportGoal
from actui.model.mapping import Rule


class Lost(StrEnum):
    """What may be missing; the values are stored."""

    SUMS = "sums"
    LISTS = "lists"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a ledger's memory may be incomplete, as a sentence, and which parts of it."""

    why: str
    lost: frozenset[Lost] = frozenset(Lost)

    def touches(self, goal: ImportGoal | ExportGoal) -> bool:
        """Whether the goal could do something twice, or to the wrong people, because of it."""
        if isinstance(goal, ImportGoal):
            return Lost.SUMS in self.lost and any(
                mapping.rule is Rule.SUM for mapping in goal.mappings
            )
        acts = goal.resubscribe != "never" or goal.unsubscribe != "never"
        return Lost.LISTS in self.lost and acts

    def names(self, goals: Sequence[ImportGoal | ExportGoal]) -> str:
        """The goals it touches, in words; empty where it touches none."""
        return ", ".join(f"'{goal.name}'" for goal in goals if self.touches(goal))
