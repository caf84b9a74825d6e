"""The open file under every part of the ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from store.sqlite import damaged_database

_Kept = TypeVar("_Kept", bound=BaseModel)

_AT_ONCE = 500
"""Keys in one query; SQLite takes more, but the plan gets no better."""


class Base:
    """Numbers for runs and goals, and transactions that either happen or do not."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._db = database
        self._goals: dict[str, int] = {}
        self._runs: dict[str, int] = {}

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
            self._db.execute("COMMIT")
        except BaseException:
            # on a full disk SQLite may have rolled back by itself
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _goal(self, goal: str) -> int:
        number = self._goals.get(goal)
        if number is None:
            self._db.execute("INSERT OR IGNORE INTO goal (id) VALUES (?)", (goal,))
            number = self._one("SELECT number FROM goal WHERE id = ?", goal)
            self._goals[goal] = int(number)
        return int(number)

    def _run(self, run: str) -> int:
        number = self._runs.get(run)
        if number is None:
            number = self._one("SELECT number FROM run WHERE id = ?", run)
            if number is None:
                raise LookupError(f"run {run} is not in this ledger")
            self._runs[run] = int(number)
        return int(number)

    def _config(self, goal: int, config: str) -> int | None:
        """The number of a goal's digest; None for no digest. Belongs into a transaction."""
        if not config:
            return None
        self._db.execute(
            "INSERT OR IGNORE INTO configuration (goal, config) VALUES (?, ?)", (goal, config)
        )
        query = "SELECT number FROM configuration WHERE goal = ? AND config = ?"
        return int(self._one(query, goal, config))

    def _parsed(self, kind: type[_Kept], text: str) -> _Kept:
        """What was stored as JSON. Raises DamagedError for another shape."""
        try:
            return kind.model_validate_json(text)
        except ValidationError as wrong:
            path = getattr(self._db, "file", Path())
            raise damaged_database(path, f"a {kind.__name__} in it has another shape") from wrong

    def _one(self, query: str, *values: Any) -> Any:
        row = self._db.execute(query, values).fetchone()
        return None if row is None else row[0]

    def _where_key_in(
        self, query: str, before: Sequence[Any], keys: Iterable[Any]
    ) -> Iterator[Any]:
        """Rows of `query`, whose `IN (?)` is filled with `keys`, some hundreds at a time."""
        rest = list(keys)
        for start in range(0, len(rest), _AT_ONCE):
            some = rest[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            yield from self._db.execute(query.replace("(?)", f"({marks})"), [*before, *some])
