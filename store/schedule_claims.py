"""When the schedule last started each connection, shared by whoever starts what is due."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from tinydb import Query

from store.home import Home
from store.json_file import as_stored, documents

T = TypeVar("T")


class ScheduleClaims:
    """Which due times were claimed: the last one of each connection, and the one before it."""

    def __init__(self, home: Home) -> None:
        self._path = home.schedule_claims_file
        self._looked = home.heartbeat_file

    def started(self) -> dict[str, datetime]:
        """When each connection was last started by the schedule, by connection id."""
        if not self._path.exists():
            return {}
        with documents(self._path) as database:
            rows = database.all()
        with as_stored(self._path):
            found = {str(d["connection"]): d["started"] for d in rows}
            starts = {name: datetime.fromisoformat(at) for name, at in found.items() if at}
            if any(at.tzinfo is None for at in starts.values()):
                raise ValueError(starts)
            return starts

    def claim(
        self, connection_id: str, last: datetime | None, now: datetime, start: Callable[[], T]
    ) -> T | None:
        """Call `start` and store the claim; None when another process claimed it since `last`.

        No two processes get past this at once. When `start` raises, nothing is claimed.
        """
        with documents(self._path) as database:
            mine = Query().connection == connection_id
            before = self._started(database.get(mine))
            if before != (last.isoformat() if last else None):
                return None
            done = start()
            database.upsert(
                {"connection": connection_id, "started": now.isoformat(), "before": before}, mine
            )
        return done

    def _started(self, kept: Any) -> str | None:
        with as_stored(self._path):
            return dict(kept)["started"] if kept else None

    def release(self, connection_id: str) -> None:
        """Give a claim back, because the connection was running: it is still due."""
        with documents(self._path) as database:
            mine = Query().connection == connection_id
            kept = database.get(mine)
            if kept:
                with as_stored(self._path):
                    before = dict(kept)["before"]
                database.update({"started": before}, mine)

    def forget(self, connection_id: str) -> None:
        """Drop what is known of a connection."""
        if self._path.exists():
            with documents(self._path) as database:
                database.remove(Query().connection == connection_id)

    def record_heartbeat(self, now: datetime) -> None:
        """Store that a scheduler looked at `now`."""
        self._looked.touch(mode=0o600)
        os.utime(self._looked, (now.timestamp(), now.timestamp()))

    def heartbeat(self) -> datetime | None:
        """When a scheduler last looked, None when none ever did."""
        try:
            return datetime.fromtimestamp(self._looked.stat().st_mtime, UTC)
        except FileNotFoundError:
            return None
