"""When the schedule last started each connection, shared by everything that starts due runs."""

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
    """The last due time claimed for each connection, and the one before it."""

    def __init__(self, home: Home) -> None:
        self._path = home.schedule_claims_file
        self._looked = home.heartbeat_file

    def started(self) -> dict[str, datetime]:
        """When the schedule last started each connection, by connection id."""
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
        """Call `start`, store the claim and return the result of `start`.

        None if another process claimed the connection since `last`. The file is locked meanwhile,
        so no two processes claim the same time. If `start` raises, nothing is claimed.
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
        """Undo the last claim because the connection was already running: it is still due."""
        with documents(self._path) as database:
            mine = Query().connection == connection_id
            kept = database.get(mine)
            if kept:
                with as_stored(self._path):
                    before = dict(kept)["before"]
                database.update({"started": before}, mine)

    def forget(self, connection_id: str) -> None:
        """Remove a connection's claims."""
        if self._path.exists():
            with documents(self._path) as database:
                database.remove(Query().connection == connection_id)

    def record_heartbeat(self, now: datetime) -> None:
        """Store that a scheduler checked for due connections at `now`."""
        self._looked.touch(mode=0o600)
        os.utime(self._looked, (now.timestamp(), now.timestamp()))

    def heartbeat(self) -> datetime | None:
        """When a scheduler last checked for due connections; None if none ever did."""
        try:
            return datetime.fromtimestamp(self._looked.stat().st_mtime, UTC)
        except FileNotFoundError:
            return None
