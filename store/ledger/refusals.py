"""What people were refused with, where that is not to be sent again: the table `refused`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from actui.model.journal import BatchCommit, Refusal
from store.ledger.database import LedgerDatabase
from store.ledger.keys import pack, unpack
from store.ledger.numbers import outcome_of, reason_number, reason_of


class Refusals:
    """The last refusal of each person."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def find(self, goal: str, keys: Iterable[str]) -> Mapping[str, Refusal]:
        """What people of a goal were refused with last, where that is not to be sent again."""
        rows = self._database.rows_in(
            "SELECT key, fingerprint, config, objectives, outcome, reason, detail, contact_id, "
            "email FROM refused WHERE goal = ? AND key IN (?)",
            [self._database.goal_number(goal)],
            (pack(key) for key in keys),
        )
        return {
            unpack(key): Refusal(
                mark,
                config,
                objectives,
                outcome_of(outcome),
                reason_of(why),
                detail or "",
                contact,
                email or "",
            )
            for key, mark, config, objectives, outcome, why, detail, contact, email in rows
        }


def put_refusals(db: sqlite3.Connection, goal: int, done: BatchCommit) -> None:
    """Keep who of a batch was refused, and with what. Call it in a transaction."""
    db.executemany(
        "DELETE FROM refused WHERE goal = ? AND key = ?",
        [(goal, pack(key)) for key, _, _ in done.records if key not in done.refused],
    )
    db.executemany(
        "INSERT OR REPLACE INTO refused VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                goal,
                pack(key),
                done.refused[key].fingerprint,
                done.refused[key].config,
                done.refused[key].objectives,
                record.outcome.number,
                reason_number(record.reason),
                record.detail or None,
                record.contact_id,
                record.email or None,
            )
            for key, record, _ in done.records
            if key in done.refused
        ],
    )
