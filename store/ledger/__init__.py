"""A connection's ledger: all that grows with people, in one SQLite file (store/README.md §3)."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from store.home import Home, is_there
from store.ledger.accounts import BoundAccounts
from store.ledger.batches import Batches
from store.ledger.blocks import Blocks
from store.ledger.claims import Claims
from store.ledger.commits import CommitWriter
from store.ledger.contact_index import ContactIndex
from store.ledger.counts import Counts
from store.ledger.database import LedgerDatabase
from store.ledger.doubts import Doubts
from store.ledger.erasure import Erasure
from store.ledger.goals import Goals
from store.ledger.links import Links
from store.ledger.list_changes import ListChanges
from store.ledger.memberships import Memberships
from store.ledger.outcomes import Outcomes
from store.ledger.people import People
from store.ledger.rechecks import Rechecks
from store.ledger.refusals import Refusals
from store.ledger.resubscriptions import Resubscriptions
from store.ledger.runs import Runs
from store.ledger.schema import connect
from store.ledger.segment_roster import SegmentRosters
from store.ledger.shown_contacts import ShownContacts
from store.ledger.sums import Sums
from store.ledger.touches import Touches

__all__ = ["SqliteLedger", "open_ledger", "set_aside"]


class SqliteLedger:
    """One process's hold on a ledger, by its parts; also a context manager that closes it.

    Each part is about one family of tables (store/README.md §3). What a part has changed is durable
    when its method returns. Use one object in one thread.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.database = LedgerDatabase(connection)
        self.runs = Runs(self.database)
        self.goals = Goals(self.database)
        self.blocks = Blocks(self.database)
        self.accounts = BoundAccounts(self.database)
        self.commits = CommitWriter(self.database)
        self.people = People(self.database)
        self.refusals = Refusals(self.database)
        self.outcomes = Outcomes(self.database)
        self.counts = Counts(self.database)
        self.rechecks = Rechecks(self.database)
        self.sums = Sums(self.database)
        self.batches = Batches(self.database)
        self.contact_index = ContactIndex(self.database)
        self.links = Links(self.database)
        self.memberships = Memberships(self.database)
        self.list_changes = ListChanges(self.database)
        self.resubscriptions = Resubscriptions(self.database)
        self.claims = Claims(self.database)
        self.shown_contacts = ShownContacts(self.database)
        self.rosters = SegmentRosters(self.database)
        self.touches = Touches(self.database)
        self.doubts = Doubts(self.database)
        self.erasure = Erasure(self.database)

    def __enter__(self) -> SqliteLedger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.database.close()


def open_ledger(path: Path) -> SqliteLedger:
    """The ledger in this file, made when there is none."""
    return SqliteLedger(connect(path))


def set_aside(home: Home, connection_id: str) -> Path | None:
    """Move a connection's ledger out of the way, whole; where it is now, None if there was none.

    Call it only while holding the connection's run lock.
    """
    path = home.ledger_file(connection_id)
    if not is_there(path):
        return None
    with open_ledger(path) as ledger:
        ledger.database.checkpoint()
    aside = path.with_name(f"ledger-{datetime.now(UTC):%Y%m%d-%H%M%S}.db")
    path.rename(aside)
    for rest in ("-wal", "-shm"):
        path.with_name(path.name + rest).unlink(missing_ok=True)
    return aside
