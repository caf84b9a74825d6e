"""How far the recheck of each goal is, and who is waiting for it (sync/README.md §3)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from actui.model.journal import RecheckMark
from actui.model.run import Reason
from store.ledger.database import LedgerDatabase
from store.ledger.keys import pack, unpack
from store.ledger.numbers import reason_number, reason_of


class Recheck:
    """The position outlives runs; what a run has spent is a fact of that run."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def plan_recheck(self, run: str, goal: str) -> None:
        """The goal may recheck in this run; what it has spent so far stays."""
        self._database.execute(
            "INSERT OR IGNORE INTO run_fact VALUES (?, ?, '0')",
            (self._database.run_number(run), _name(goal)),
        )

    def recheck_mark(self, run: str, goal: str) -> RecheckMark | None:
        """Where the goal goes on in this run; None without `plan_recheck`."""
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

    def _commit_recheck(
        self, db: sqlite3.Connection, run: str, goal: str, mark: RecheckMark
    ) -> None:
        db.execute(
            "INSERT OR REPLACE INTO fact VALUES (?, ?)",
            (_name(goal), f"{mark.stream}:{mark.contact_id}"),
        )
        db.execute(
            "INSERT OR REPLACE INTO run_fact VALUES (?, ?, ?)",
            (self._database.run_number(run), _name(goal), _spent(mark)),
        )

    def without_match(self, goal: str, after: int, until: int, most: int) -> Sequence[int]:
        """Contact ids, in rising order, whose last outcome was no-match."""
        rows = self._database.execute(
            "SELECT key FROM person WHERE goal = ?1 AND key > ?2 AND key <= ?3 AND reason = ?4 "
            "ORDER BY key LIMIT ?5",
            (self._database.goal_number(goal), after, until, reason_number(Reason.NO_MATCH), most),
        )
        return [int(key) for (key,) in rows]

    def last_reasons(self, goal: str, keys: Iterable[str]) -> Mapping[str, Reason | None]:
        """The reason of the last outcome of each person who has had one."""
        rows = self._database.rows_in(
            "SELECT key, reason FROM person WHERE goal = ? AND key IN (?)",
            [self._database.goal_number(goal)],
            (pack(key) for key in keys),
        )
        return {unpack(key): reason_of(number) for key, number in rows}


_DONE = "done"


def _spent(mark: RecheckMark) -> str:
    if mark.is_done:
        return f"{mark.requests}@{_DONE}"
    if mark.began is None:
        return str(mark.requests)
    return f"{mark.requests}@{mark.began[0]}:{mark.began[1]}"


def _name(goal: str) -> str:
    return f"recheck:{goal}"
