"""A goal's contacts of a table, in portions that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from store.ledger.database import LedgerDatabase

_CONTACTS_AT_ONCE = 1_000


def contact_portions(database: LedgerDatabase, table: str, goal: int) -> Iterator[Sequence[int]]:
    """The contact ids of `table` for a goal's number, rising, some hundreds at a time.

    The ledger may be changed between two portions.
    """
    after = -1
    while True:
        rows = database.execute(
            f"SELECT contact_id FROM {table} WHERE goal = ? AND contact_id > ? "  # noqa: S608
            "ORDER BY contact_id LIMIT ?",
            (goal, after, _CONTACTS_AT_ONCE),
        ).fetchall()
        if not rows:
            return
        yield [contact for (contact,) in rows]
        after = rows[-1][0]
