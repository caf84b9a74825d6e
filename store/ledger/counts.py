"""The counts of a run, made anew from the rows of its people (sync/README.md §2, §10).

Somebody *unchanged* leaves no outcome behind, so that only an open run, which still knows whom it
has seen, tells how many those are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from actui.model.omitted import NOTHING, Omitted
from actui.model.run import GoalSummary, Outcome, Record
from store.ledger.database import LedgerDatabase
from store.ledger.numbers import outcome_of, reason_of

_UNCHANGED = Outcome.UNCHANGED.number
_OUTCOMES = (
    # of an open run, only those who were seen count; who was forgotten has left the numbers behind
    "SELECT coalesce(line.outcome, seen.outcome, ?3), coalesce(line.reason, seen.reason), "
    "coalesce(line.omitted, still.omitted), count(*) FROM seen "
    "LEFT JOIN outcome AS line ON line.run = ?1 AND line.goal = ?2 AND line.key = seen.key "
    "LEFT JOIN omitted AS still ON still.goal = ?2 AND still.key = seen.key "
    "AND still.run = ?1 AND still.outcome = ?3 AND line.key IS NULL "
    "WHERE seen.goal = ?2 GROUP BY 1, 2, 3"
)
_ENDED = (
    "SELECT outcome, reason, omitted, count(*) FROM outcome "
    "WHERE run = ?1 AND goal = ?2 AND outcome <> ?3 GROUP BY 1, 2, 3"
)

Counted = tuple[Record, int]
"""An outcome with its reason and what was left out, and how many people have just that."""


class Counts:
    """What the people of a run add up to."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def people_of(self, run: str, goal: str) -> Sequence[Counted]:
        """Everybody with an outcome in a goal of a run; of an ended run without who is unchanged.

        The records tell outcome, reason and what was left out, and nothing else.
        """
        with self._database.snapshot():
            return self._people_of(run, goal)

    def miscounted(self) -> Sequence[tuple[str, int, int]]:
        """Goals of the open run whose counts are not those of their people.

        Each with its name, how many it says it has read, and how many people have an outcome.
        """
        found = []
        with self._database.snapshot():
            rows = self._database.execute(
                "SELECT run.id, goal.id, summary FROM goal_run "
                "JOIN run ON run.number = goal_run.run JOIN goal ON goal.number = goal_run.goal "
                "WHERE run.open AND run.number = (SELECT max(number) FROM run)"
            ).fetchall()
            for run, goal, text in rows:
                kept = self._database.parsed(GoalSummary, text)
                people = self._people_of(run, goal)
                counted = outcomes_of(people)
                if counted != {name: getattr(kept, name) for name in counted}:
                    found.append((kept.goal, kept.read, sum(many for _, many in people)))
        return found

    def _people_of(self, run: str, goal: str) -> Sequence[Counted]:
        found = self._database.execute(
            "SELECT number, open FROM run WHERE id = ?", (run,)
        ).fetchone()
        number = self._database.one("SELECT number FROM goal WHERE id = ?", goal)
        if found is None or number is None:
            return []
        rows = self._database.execute(
            _OUTCOMES if found[1] else _ENDED, (found[0], number, _UNCHANGED)
        ).fetchall()
        return [
            (
                Record(
                    outcome_of(outcome),
                    reason_of(reason),
                    omitted=Omitted.unpacked(json.loads(kept)) if kept else NOTHING,
                ),
                many,
            )
            for outcome, reason, kept, many in rows
        ]


def outcomes_of(people: Sequence[Counted]) -> dict[str, object]:
    """The numbers that people's outcomes add up to, by the names of a goal's summary."""
    parts = {outcome.value: 0 for outcome in Outcome}
    reasons: dict[str, int] = {}
    for record, many in people:
        parts[record.outcome.value] += many
        if record.reason is not None:
            reasons[record.reason.value] = reasons.get(record.reason.value, 0) + many
    return {"read": sum(parts.values()), **parts, "reasons": reasons}
