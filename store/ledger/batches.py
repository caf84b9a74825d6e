"""Batches on their way to ActiveCampaign: the table `batch`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from actui.model.journal import Batch
from store.ledger.database import LedgerDatabase


class Batches:
    """The journal of bulk imports, by the numbers that it gives them."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def journal(
        self,
        run: str,
        goal: str,
        profiles: Sequence[str],
        payload: str,
        sent_at: float,
        *,
        config: str = "",
    ) -> int:
        """Write a batch down, durably, before it is sent; its number.

        `config` is the digest of the goal that it is sent with.
        """
        run_number, number = self._database.run_number(run), self._database.goal_number(goal)
        with self._database.transaction() as db:
            row = db.execute(
                "INSERT INTO batch (run, goal, state, batch_id, profiles, payload, sent_at, config)"
                " VALUES (?, ?, 'sending', '', ?, ?, ?, ?) RETURNING number",
                (
                    run_number,
                    number,
                    json.dumps(list(profiles)),
                    payload,
                    sent_at,
                    self._database.config_number(number, config),
                ),
            ).fetchone()
        return int(row[0])

    def mark_queued(self, number: int, batch_id: str) -> None:
        """ActiveCampaign has taken a batch under this id."""
        self._database.execute(
            "UPDATE batch SET state = 'queued', batch_id = ? WHERE number = ?", (batch_id, number)
        )

    def drop(self, number: int) -> None:
        """A batch was surely not taken, or is replaced by another."""
        self._database.execute("DELETE FROM batch WHERE number = ?", (number,))

    def unfinished(self, run: str, goal: str) -> Sequence[Batch]:
        """Batches that are not done, oldest first; those of runs that were given up too."""
        number = self._database.run_number(run)
        rows = self._database.execute(
            "SELECT batch.number, state, batch_id, profiles, payload, sent_at, run, "
            "configuration.config FROM batch "
            "LEFT JOIN configuration ON configuration.number = batch.config "
            "WHERE batch.goal = ? AND state <> 'done' ORDER BY batch.number",
            (self._database.goal_number(goal),),
        )
        return [
            Batch(
                id_,
                state,
                batch_id,
                tuple(json.loads(profiles)),
                payload,
                sent_at,
                of_this_run=of == number,
                config=config or "",
            )
            for id_, state, batch_id, profiles, payload, sent_at, of, config in rows
        ]


def finish_batch(db: sqlite3.Connection, number: int) -> None:
    """Everybody of a batch has an outcome. Call it in a transaction."""
    # people's data is not kept a moment longer than it is needed
    db.execute(
        "UPDATE batch SET state = 'done', payload = '', profiles = '' WHERE number = ?", (number,)
    )
