"""A damaged ledger set aside, and a new one with what can be read of it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from actui.model.errors import DamagedError
from actui.model.rollback import Doubt, Lost
from store.home import Home, is_there
from store.json_file import sync_directory
from store.ledger import SqliteLedger, open_ledger
from store.ledger.schema import migrate
from store.sqlite import (
    damaged_database,
    log_of,
    make_database,
    refuse_broken_log,
    refuse_foreign_log,
)

ASIDE = ".damaged"
"""How the name of a ledger ends that was set aside because it was damaged."""
_FACTS = ("activecampaign", "blueconic", "sum-receipts", "follows", "doubt")
_COPIED: dict[str, Lost | None] = {
    # what is missing from a table makes nobody ask where None stands beside it
    "fact": Lost.SUMS,
    "sum": Lost.SUMS,
    "sum_send": Lost.SUMS,
    "goal": Lost.LISTS,
    "membership": Lost.LISTS,
    "resubscribed": Lost.LISTS,
    "list_change": Lost.LISTS,
    "newcomer": Lost.LISTS,
    "link": Lost.LISTS,
    "claim": Lost.LISTS,
    "shown": Lost.LISTS,
    "exchanged": None,
    "campaign": None,
    "hit": None,
    "touch": None,
}
_LEFT_OUT = {"goal": ("config_hash", "watermark", "reconciled", "all_confirmed")}
"""Columns that must not be kept: everybody is read and sent again."""


@dataclass(frozen=True, slots=True)
class Salvaged:
    """Where the damaged ledger is now, how many rows were kept of it, and what may be missing."""

    aside: Path
    rows: int
    doubt: Doubt | None


def salvage(home: Home, connection_id: str, trouble: str) -> Salvaged:
    """Put a new ledger in the place of a damaged one, with what can be read of that.

    Call it only while holding the connection's run lock.
    """
    path = home.ledger_file(connection_id)
    aside = path.with_name(f"ledger-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}{ASIDE}")
    lost = _set_aside_broken_log(path, aside)
    new, rows = path.with_name(f".{path.name}.new.{os.getpid()}.tmp"), 0
    new.unlink(missing_ok=True)

    def fill(database: sqlite3.Connection) -> None:
        nonlocal rows
        migrate(database, path)
        database.execute("BEGIN")
        rows = _copy(path, database, lost)
        # whoever remembers a Sum has left its receipt
        database.execute(
            "INSERT OR IGNORE INTO fact SELECT 'sum-receipts', '1' "
            "WHERE EXISTS (SELECT 1 FROM sum) OR EXISTS (SELECT 1 FROM sum_send)"
        )
        database.execute("COMMIT")

    make_database(new, fill)
    doubt = None
    if lost:
        why = f"Not all of its damaged ledger could be read ({trouble})."
        doubt = Doubt(why, frozenset(lost))
        # a file of its own until its doubt is in it
        with closing(sqlite3.connect(new, isolation_level=None)) as database:
            SqliteLedger(database).doubts.save(doubt)
    path.rename(aside)
    for rest in ("-wal", "-shm"):
        left = path.with_name(path.name + rest)
        if is_there(left):
            left.rename(aside.with_name(aside.name + rest))
    new.rename(path)
    sync_directory(path.parent)
    return Salvaged(aside, rows, doubt)


def _set_aside_broken_log(path: Path, aside: Path) -> set[Lost]:
    """What a log that SQLite would pass over may have held: anything."""
    try:
        refuse_foreign_log(path)
        refuse_broken_log(path)
    except DamagedError:
        log_of(path).rename(aside.with_name(aside.name + "-wal"))
        return set(Lost)
    return set()


def _copy(path: Path, target: sqlite3.Connection, lost: set[Lost]) -> int:
    """Copy the readable rows; how many. What could not be read is added to `lost`."""
    if not path.is_file() or not path.stat().st_size:
        lost.update(Lost)
        return 0
    copied = 0
    with closing(sqlite3.connect(path, isolation_level=None)) as source:
        # a page that is missing at the end is no reason to read nothing
        source.execute("PRAGMA writable_schema = ON")
        source.text_factory = lambda text: text.decode("utf-8", "replace")
        for table, kind in _COPIED.items():
            rows, whole = _copy_table(source, target, table)
            copied += rows
            if not whole and kind is not None:
                lost.add(kind)
    return copied


def _copy_table(
    source: sqlite3.Connection, target: sqlite3.Connection, table: str
) -> tuple[int, bool]:
    """How many rows of a table were copied, and whether that is all of them."""
    try:
        there = {row[1]: row[5] for row in source.execute(f"PRAGMA table_info({table})")}
    except sqlite3.Error:
        return 0, False
    if not there:
        return 0, False
    here = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
    columns = [name for name in here if name in there and name not in _LEFT_OUT.get(table, ())]
    keys = sorted((name for name, place in there.items() if place), key=lambda name: there[name])
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    put = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
    query = f"SELECT {names} FROM {table} "  # noqa: S608
    if table == "fact":
        query += f"WHERE name IN {_FACTS} "
    before, whole = target.total_changes, True
    for direction in ("ASC", "DESC"):
        order = ", ".join(f"{key} {direction}" for key in keys)
        reader = _Reader(source, f"{query} ORDER BY {order}")
        for row in reader:
            try:
                target.execute(put, row)
            except sqlite3.Error:  # a value that the column cannot hold
                whole = False
        if reader.whole:
            break
        # from the other end, up to the same place
        whole = False
    return target.total_changes - before, whole


class _Reader:
    """Rows up to the first that cannot be read; `whole` is whether there was none such."""

    def __init__(self, source: sqlite3.Connection, query: str) -> None:
        self._source = source
        self._query = query
        self.whole = False

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._source.execute(self._query)
        except sqlite3.Error:
            return
        self.whole = True


def trouble_of(path: Path) -> str:
    """What is wrong with a ledger, as a sentence; empty where all is well. Reads all of it.

    Raises ConfigError for one that cannot be opened or that a newer actui wrote.
    """
    try:
        refuse_broken_log(path)
        with open_ledger(path) as ledger:
            trouble = ledger.database.check()
    except DamagedError as failure:
        return failure.trouble
    return damaged_database(path, trouble).trouble if trouble else ""
