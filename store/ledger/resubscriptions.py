"""List rows that this connection has set back to active: the table `resubscribed`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from actui.model.memberships import Resubscription
from store.ledger.database import LedgerDatabase


class Resubscriptions:
    """Whom this connection has subscribed again, whatever the goal, or has begun to."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def find(self, contact_id: int, list_id: int) -> Resubscription | None:
        """Whether this connection has set the row back to active; None if it never began to."""
        row = self._database.execute(
            "SELECT mark, done FROM resubscribed WHERE list = ? AND contact_id = ?",
            (list_id, contact_id),
        ).fetchone()
        return None if row is None else Resubscription(row[0], bool(row[1]))

    def begin(self, contact_id: int, list_id: int, mark: str) -> None:
        """Write down, durably, that a row as it is now will be set back to active."""
        self._database.execute(
            "INSERT OR REPLACE INTO resubscribed VALUES (?, ?, ?, 0)", (list_id, contact_id, mark)
        )


def finish_resubscribing(db: sqlite3.Connection, pairs: Iterable[tuple[int, int]]) -> None:
    """Rows, by contact and list, are active again. Call it in a transaction."""
    db.executemany(
        "UPDATE resubscribed SET done = 1 WHERE list = ? AND contact_id = ?",
        [(list_id, contact) for contact, list_id in pairs],
    )
