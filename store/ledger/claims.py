"""Contacts that belong to somebody in a goal's segment: the table `claim`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from store.ledger.contact_portions import contact_portions
from store.ledger.database import LedgerDatabase


class Claims:
    """Contacts that a goal wants to stay on its lists."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def add(self, goal: str, contacts: Iterable[int]) -> None:
        """These contacts belong to somebody in the goal's segment."""
        number = self._database.goal_number(goal)
        with self._database.transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO claim VALUES (?, ?)", [(number, one) for one in contacts]
            )

    def of_goal(self, goal: str) -> Iterator[Sequence[int]]:
        """The contacts the goal claims, some hundreds at a time."""
        yield from contact_portions(self._database, "claim", self._database.goal_number(goal))

    def release(self, goal: str, contacts: Iterable[int]) -> None:
        """Claim these contacts no longer."""
        number = self._database.goal_number(goal)
        with self._database.transaction() as db:
            db.executemany(
                "DELETE FROM claim WHERE goal = ? AND contact_id = ?",
                [(number, one) for one in contacts],
            )

    def among(self, goal: str, contacts: Iterable[int]) -> set[int]:
        """Those of the contacts that the goal claims."""
        rows = self._database.rows_in(
            "SELECT contact_id FROM claim WHERE goal = ? AND contact_id IN (?)",
            [self._database.goal_number(goal)],
            contacts,
        )
        return {contact for (contact,) in rows}
