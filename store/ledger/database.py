"""The open file under every part of the ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from store.sqlite import damaged_database, quick_check

_Kept = TypeVar("_Kept", bound=BaseModel)

_KEYS_PER_QUERY = 500
"""SQLite takes more, but the plan gets no better."""


class LedgerDatabase:
    """A ledger's connection, its transactions, and the numbers that stand for goals and runs.

    A statement outside of a transaction is durable when it returns. Any of them may raise
    sqlite3.Error, and DamagedError where the file is found damaged.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._goals: dict[str, int] = {}
        self._runs: dict[str, int] = {}

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is done in the block is made durable at its end, or nothing where it raises."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException:
            # on a full disk SQLite may have rolled back by itself
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read in the block is of one instant, also while a run goes on."""
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.execute("ROLLBACK")

    def execute(self, query: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement with the values of its `?`."""
        return self.connection.execute(query, values)

    def one(self, query: str, *values: Any) -> Any:
        """The first column of the first row; None where there is no row."""
        row = self.connection.execute(query, values).fetchone()
        return None if row is None else row[0]

    def rows_in(self, query: str, before: Sequence[Any], keys: Iterable[Any]) -> Iterator[Any]:
        """Rows of `query`, whose `IN (?)` is filled with `keys`, some hundreds at a time.

        `before` are the values of the `?` before it.
        """
        rest = list(keys)
        for start in range(0, len(rest), _KEYS_PER_QUERY):
            some = rest[start : start + _KEYS_PER_QUERY]
            marks = ",".join("?" * len(some))
            yield from self.connection.execute(query.replace("(?)", f"({marks})"), [*before, *some])

    def goal_number(self, goal: str) -> int:
        """The number of a goal by its id; a goal that has none yet is given one."""
        number = self._goals.get(goal)
        if number is None:
            self.connection.execute("INSERT OR IGNORE INTO goal (id) VALUES (?)", (goal,))
            number = self.one("SELECT number FROM goal WHERE id = ?", goal)
            self._goals[goal] = int(number)
        return int(number)

    def run_number(self, run: str) -> int:
        """The number of a run by its id. Raises LookupError for a run that never began here."""
        number = self._runs.get(run)
        if number is None:
            number = self.one("SELECT number FROM run WHERE id = ?", run)
            if number is None:
                raise LookupError(f"run {run} is not in this ledger")
            self._runs[run] = int(number)
        return int(number)

    def config_number(self, goal: int, config: str) -> int | None:
        """The number of the digest of a goal's configuration; None for no digest.

        Call it in a transaction.
        """
        if not config:
            return None
        self.connection.execute(
            "INSERT OR IGNORE INTO configuration (goal, config) VALUES (?, ?)", (goal, config)
        )
        query = "SELECT number FROM configuration WHERE goal = ? AND config = ?"
        return int(self.one(query, goal, config))

    def parsed(self, kind: type[_Kept], text: str) -> _Kept:
        """What was stored as JSON. Raises DamagedError for another shape."""
        try:
            return kind.model_validate_json(text)
        except ValidationError as wrong:
            path = getattr(self.connection, "file", Path())
            raise damaged_database(path, f"a {kind.__name__} in it has another shape") from wrong

    def checkpoint(self) -> None:
        """Bring everything from the log into the file itself."""
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def data_version(self) -> int:
        """A number that differs whenever another process has written; cheap to ask."""
        return int(self.one("PRAGMA data_version"))

    def check(self) -> str:
        """What SQLite finds wrong with the file; empty where all is well. Reads all of it."""
        return quick_check(self.connection)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()
