"""What people did with campaigns, counted once each (sync/README.md §8)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from actui.model.memberships import LinkHit, Touch
from store.ledger.database import LedgerDatabase


class Touches:
    """Campaigns as last read, rows of link data as last seen, and the touches they meant."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def campaigns(self) -> Mapping[int, tuple[str, frozenset[int]]]:
        """Counters and lists of each campaign that has been read to its end."""
        rows = self._database.execute("SELECT id, counters, lists FROM campaign")
        return {id_: (counters, frozenset(json.loads(lists))) for id_, counters, lists in rows}

    def save_campaign(self, campaign_id: int, counters: str, lists: Iterable[int]) -> None:
        """A campaign has been read to its end at these counters."""
        self._database.execute(
            "INSERT OR REPLACE INTO campaign VALUES (?, ?, ?)",
            (campaign_id, counters, json.dumps(sorted(lists))),
        )

    def hits(self, rows: Iterable[int]) -> Mapping[int, tuple[int, float]]:
        """How often each row of link data had been repeated, and when last, as far as counted."""
        found = self._database.rows_in("SELECT id, times, at FROM hit WHERE id IN (?)", [], rows)
        return {id_: (times, at) for id_, times, at in found}

    def add(self, hits: Sequence[LinkHit], touches: Sequence[Touch], now: float) -> None:
        """Count touches and remember, in the same step, the rows they were read from."""
        with self._database.transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO hit VALUES (?, ?, ?)",
                [(one.id, one.times, one.at.timestamp() if one.at else now) for one in hits],
            )
            db.executemany(
                "INSERT INTO touch VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (contact_id, campaign, kind, at) DO UPDATE SET n = n + excluded.n",
                [(t.contact_id, t.campaign_id, t.kind, t.at, t.count) for t in touches],
            )

    def count(
        self, contacts: Iterable[int], counted: Mapping[int, frozenset[str]], since: float
    ) -> Mapping[int, int]:
        """How often each contact was touched since then.

        `counted` names, for each campaign that counts, the kinds that do.
        """
        found: dict[int, int] = {}
        rows = self._database.rows_in(
            "SELECT contact_id, campaign, kind, n FROM touch WHERE at > ? AND contact_id IN (?)",
            [since],
            contacts,
        )
        for contact, campaign, kind, n in rows:
            if kind in counted.get(campaign, ()):
                found[contact] = found.get(contact, 0) + n
        return found
