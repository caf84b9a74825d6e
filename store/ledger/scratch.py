"""A copy of a ledger to try things on: in no file that has a name, gone when it is closed."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from store.home import is_there
from store.ledger import SqliteLedger
from store.ledger.schema import migrate
from store.sqlite import Database, copy_database

_ON_THEIR_WAY = ("batch", "sum_send", "newcomer")


def scratch_ledger(path: Path | None) -> SqliteLedger:
    """The ledger in this file as it is now, or an empty one where there is none or no file.

    What earlier runs have sent and not yet settled is left out: whoever tries things must not
    wait for it. May be made in one thread and used in another.
    """
    # an empty name is a file of SQLite's own, which it has unlinked already
    database = sqlite3.connect("", isolation_level=None, check_same_thread=False, factory=Database)
    database.file = path or Path()  # damage that was copied is the file's
    try:
        _fill(database, path)
    except BaseException:
        database.close()
        raise
    return SqliteLedger(database)


def _fill(database: sqlite3.Connection, path: Path | None) -> None:
    if path is not None and is_there(path):
        copy_database(path, database)
    database.execute("PRAGMA synchronous = OFF")
    migrate(database, path or Path())
    for table in _ON_THEIR_WAY:
        database.execute(f"DELETE FROM {table}")  # noqa: S608


async def scratch_ledger_aside(path: Path | None) -> SqliteLedger:
    """The same, copied in a thread; whoever stops waiting for it leaves nothing open."""
    opening = asyncio.create_task(asyncio.to_thread(scratch_ledger, path))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close)
        raise


def _close(opening: asyncio.Task[SqliteLedger]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
