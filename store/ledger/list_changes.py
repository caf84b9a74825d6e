"""Changes of list rows whose fate is not known: the table `list_change`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from actui.model.goals import ListStatus
from actui.model.memberships import ListChange
from store.ledger.database import LedgerDatabase


class ListChanges:
    """The journal of what goals send to list rows one by one."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def begin(self, goal: str, change: ListChange) -> None:
        """Write down, durably, that the goal is about to send this change."""
        self._database.execute(
            "INSERT OR REPLACE INTO list_change VALUES (?, ?, ?, ?, ?)",
            (
                self._database.goal_number(goal),
                change.list_id,
                change.contact_id,
                change.status.value,
                change.at,
            ),
        )

    def end(self, goal: str, contact_id: int, list_id: int) -> None:
        """What became of the goal's change of this row is known, or never will be."""
        with self._database.transaction() as db:
            end_list_changes(db, self._database.goal_number(goal), [(contact_id, list_id)])

    def unfinished(self, goal: str) -> Sequence[ListChange]:
        """The goal's changes whose fate is not known; a process may have died over them."""
        rows = self._database.execute(
            "SELECT contact_id, list, status, at FROM list_change WHERE goal = ?",
            (self._database.goal_number(goal),),
        )
        return [ListChange(one, list_id, ListStatus(to), at) for one, list_id, to, at in rows]


def end_list_changes(db: sqlite3.Connection, goal: int, pairs: Iterable[tuple[int, int]]) -> None:
    """What became of a goal's changes, by contact and list, is known. Call it in a transaction."""
    db.executemany(
        "DELETE FROM list_change WHERE goal = ? AND list = ? AND contact_id = ?",
        [(goal, list_id, contact) for contact, list_id in pairs],
    )
