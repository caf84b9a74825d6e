"""Who a listing of a segment has shown so far: kept beside the ledger, gone with the process.

A continued run lists again, so nothing of this is worth a durable write; as a temporary table it
takes no memory either, however many people there are.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable

from actui.model.keys import MatchKey
from store.ledger.database import LedgerDatabase
from store.ledger.keys import pack

_AT_ONCE = 500


class SegmentRoster:
    """Profiles listed, the keys by which they can be recognized, and who was first with a key."""

    def __init__(self, database: sqlite3.Connection, number: int) -> None:
        self._db = database
        self._listed = f"temp.listed_{number}"
        self._present = f"temp.present_{number}"
        self._claimed = f"temp.claimed_{number}"
        database.execute(
            f"CREATE TABLE {self._listed} (profile ANY PRIMARY KEY) STRICT, WITHOUT ROWID"
        )
        database.execute(
            f"CREATE TABLE {self._present} (key BLOB PRIMARY KEY) STRICT, WITHOUT ROWID"
        )
        database.execute(
            f"CREATE TABLE {self._claimed} (key BLOB PRIMARY KEY, profile TEXT NOT NULL) "
            "STRICT, WITHOUT ROWID"
        )

    def add(self, profiles: Iterable[str]) -> None:
        """These profiles are in the segment."""
        self._db.execute("BEGIN")
        self._db.executemany(
            f"INSERT OR IGNORE INTO {self._listed} VALUES (?)",  # noqa: S608
            [(pack(profile),) for profile in profiles],
        )
        self._db.execute("COMMIT")

    def count(self) -> int:
        """How many distinct profiles have been listed."""
        row = self._db.execute(f"SELECT count(*) FROM {self._listed}").fetchone()  # noqa: S608
        return int(row[0])

    def add_keys(self, keys: Iterable[MatchKey]) -> None:
        """Keys by which somebody who was listed can be recognized."""
        self._db.execute("BEGIN")
        self._db.executemany(
            f"INSERT OR IGNORE INTO {self._present} VALUES (?)",  # noqa: S608
            [(_digest(key),) for key in keys],
        )
        self._db.execute("COMMIT")

    def contains(self, keys: Iterable[MatchKey]) -> set[MatchKey]:
        """Those of the keys that were added."""
        found: set[MatchKey] = set()
        rest = {_digest(key): key for key in keys}
        digests = list(rest)
        for start in range(0, len(digests), _AT_ONCE):
            some = digests[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"SELECT key FROM {self._present} WHERE key IN ({marks})"  # noqa: S608
            found.update(rest[digest] for (digest,) in self._db.execute(query, some))
        return found

    def claim(self, key: MatchKey, profile: str) -> bool:
        """Claim `key` for `profile` in this run; False if another profile holds it."""
        digest = _digest(key)
        self._db.execute(
            f"INSERT OR IGNORE INTO {self._claimed} VALUES (?, ?)",  # noqa: S608
            (digest, profile),
        )
        query = f"SELECT profile FROM {self._claimed} WHERE key = ?"  # noqa: S608
        (holder,) = self._db.execute(query, (digest,)).fetchone()
        return bool(holder == profile)

    def close(self) -> None:
        """Forget everything."""
        for table in (self._listed, self._present, self._claimed):
            self._db.execute(f"DROP TABLE {table}")


class SegmentRosters:
    """Makes rosters, several of which may be open at once."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database
        self._made = 0

    def new(self) -> SegmentRoster:
        """A fresh place to keep one listing of one segment; close it."""
        self._made += 1
        return SegmentRoster(self._database.connection, self._made)


def _digest(key: MatchKey) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=12).digest()
