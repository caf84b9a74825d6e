"""Contacts that complete listings of a goal's segment have shown: the table `shown`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from store.ledger.contact_portions import contact_portions
from store.ledger.database import LedgerDatabase


class ShownContacts:
    """Whom a goal knows to have been in its segment, also those that it did not put on a list."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def add(self, goal: str, segment: str, contacts: Iterable[int]) -> None:
        """A complete listing of this segment has shown these contacts.

        What another segment has shown to the goal is forgotten.
        """
        number = self._database.goal_number(goal)
        with self._database.transaction() as db:
            if self._shown_segment(number) != segment:
                db.execute("DELETE FROM shown WHERE goal = ?", (number,))
                db.execute("UPDATE goal SET shown_segment = ? WHERE number = ?", (segment, number))
            db.executemany(
                "INSERT OR IGNORE INTO shown VALUES (?, ?)", [(number, one) for one in contacts]
            )

    def of_goal(self, goal: str, segment: str) -> Iterator[Sequence[int]]:
        """The contacts that complete listings of this segment have shown, in portions.

        Without those whose leaving was dealt with since. The ledger may be changed between two
        portions.
        """
        number = self._database.goal_number(goal)
        if self._shown_segment(number) != segment:
            return
        yield from contact_portions(self._database, "shown", number)

    def drop(self, goal: str, contacts: Iterable[int]) -> None:
        """The leaving of these contacts has been dealt with."""
        number = self._database.goal_number(goal)
        with self._database.transaction() as db:
            drop_shown(db, number, contacts)

    def keep_only(self, goals: Iterable[str]) -> None:
        """Forget whom listings have shown to any other goal."""
        kept = list(goals)
        marks = ",".join("?" * len(kept))
        self._database.execute(
            "DELETE FROM shown WHERE goal NOT IN "  # noqa: S608
            f"(SELECT number FROM goal WHERE id IN ({marks}))",
            kept,
        )

    def _shown_segment(self, number: int) -> str | None:
        found = self._database.one("SELECT shown_segment FROM goal WHERE number = ?", number)
        return None if found is None else str(found)


def drop_shown(db: sqlite3.Connection, goal: int, contacts: Iterable[int]) -> None:
    """The leaving of these contacts has been dealt with. Call it in a transaction."""
    db.executemany(
        "DELETE FROM shown WHERE goal = ? AND contact_id = ?",
        [(goal, contact) for contact in contacts],
    )
