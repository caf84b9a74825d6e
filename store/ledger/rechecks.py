"""How far the recheck of each goal is (sync/README.md §3): rows of `fact` and `run_fact`."""

from __future__ import annotations

import sqlite3

from actui.model.journal import RecheckMark
from store.ledger.database import LedgerDatabase


class Rechecks:
    """The position outlives runs; what a run has spent is a fact of that run."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def plan(self, run: str, goal: str) -> None:
        """The goal may recheck in this run; what it has spent so far stays."""
        self._database.execute(
            "INSERT OR IGNORE INTO run_fact VALUES (?, ?, '0')",
            (self._database.run_number(run), _name(goal)),
        )

    def mark(self, run: str, goal: str) -> RecheckMark | None:
        """Where the goal goes on in this run; None without `plan`."""
        spent = self._database.one(
            "SELECT value FROM run_fact WHERE run = ? AND name = ?",
            self._database.run_number(run),
            _name(goal),
        )
        if spent is None:
            return None
        position = self._database.one("SELECT value FROM fact WHERE name = ?", _name(goal)) or "0:0"
        stream, _, contact_id = str(position).partition(":")
        # the number of requests, then from where the run set out; a run of before kept the first
        requests, _, began = str(spent).partition("@")
        first, _, last = began.partition(":")
        return RecheckMark(
            int(stream),
            int(contact_id),
            int(requests),
            began=(int(first), int(last)) if last else None,
            is_done=began == _DONE,
        )


def put_recheck_mark(db: sqlite3.Connection, run: int, goal: str, mark: RecheckMark) -> None:
    """Keep how far the recheck of a goal, by its id, has come. Call it in a transaction."""
    db.execute(
        "INSERT OR REPLACE INTO fact VALUES (?, ?)",
        (_name(goal), f"{mark.stream}:{mark.contact_id}"),
    )
    db.execute("INSERT OR REPLACE INTO run_fact VALUES (?, ?, ?)", (run, _name(goal), _spent(mark)))


_DONE = "done"


def _spent(mark: RecheckMark) -> str:
    if mark.is_done:
        return f"{mark.requests}@{_DONE}"
    if mark.began is None:
        return str(mark.requests)
    return f"{mark.requests}@{mark.began[0]}:{mark.began[1]}"


def _name(goal: str) -> str:
    return f"recheck:{goal}"
