"""How import goals read their contacts in a run: the table `block`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from actui.model.journal import Block
from store.ledger.database import LedgerDatabase


class Blocks:
    """The ranges of contact ids that a goal reads, and which of them are done."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def plan(self, run: str, goal: str, blocks: Sequence[Block]) -> None:
        """Write down, durably, how a goal reads its contacts in this run."""
        run_number = self._database.run_number(run)
        goal_number = self._database.goal_number(goal)
        with self._database.transaction() as db:
            db.executemany(
                "INSERT INTO block VALUES (?, ?, ?, ?, ?, 0)",
                [(run_number, goal_number, b.number, b.after_id, b.before_id) for b in blocks],
            )
            db.execute(
                "INSERT OR REPLACE INTO run_fact VALUES (?, ?, '1')",
                (run_number, f"planned:{goal}"),
            )

    def unfinished(self, run: str, goal: str) -> Sequence[Block] | None:
        """The blocks that are not done, in order; None before `plan` in this run."""
        run_number = self._database.run_number(run)
        planned = self._database.one(
            "SELECT 1 FROM run_fact WHERE run = ? AND name = ?", run_number, f"planned:{goal}"
        )
        if planned is None:
            return None
        rows = self._database.execute(
            "SELECT number, after_id, before_id FROM block "
            "WHERE run = ? AND goal = ? AND done = 0 ORDER BY number",
            (run_number, self._database.goal_number(goal)),
        )
        return [Block(*row) for row in rows]


def finish_block(db: sqlite3.Connection, run: int, goal: int, block: int) -> None:
    """Everybody in a block has an outcome. Call it in a transaction."""
    db.execute(
        "UPDATE block SET done = 1 WHERE run = ? AND goal = ? AND number = ?", (run, goal, block)
    )
