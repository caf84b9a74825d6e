"""Whether a ledger may be behind what was done in its name, kept until somebody confirms it."""

from __future__ import annotations

import json

from actui.model.rollback import Doubt, Lost
from store.ledger.database import LedgerDatabase

_DOUBT = "doubt"
_PLACE = "place"
_FOLLOWS = "follows"


class Doubts:
    """Facts by which an older copy of a ledger is known as one."""

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def find(self) -> Doubt | None:
        """Why the memory may be incomplete; None where nothing speaks for that."""
        kept = self._fact(_DOUBT)
        if kept is None:
            return None
        facts = json.loads(kept)
        return Doubt(facts["why"], frozenset(map(Lost, facts["lost"])))

    def save(self, doubt: Doubt | None) -> None:
        """Keep a doubt, durably, or take it away."""
        if doubt is None:
            self._database.execute("DELETE FROM fact WHERE name = ?", (_DOUBT,))
            return
        self._keep(_DOUBT, json.dumps({"why": doubt.why, "lost": sorted(doubt.lost)}))

    def place(self) -> str | None:
        """Which file the last run found itself in; None before the first that kept it."""
        return self._fact(_PLACE)

    def set_place(self, place: str) -> None:
        """Keep which file this run found itself in."""
        self._keep(_PLACE, place)

    def follows(self) -> str | None:
        """The last run before this ledger was begun on purpose."""
        return self._fact(_FOLLOWS)

    def set_follows(self, run: str) -> None:
        """Keep the last run before this ledger was begun on purpose."""
        self._keep(_FOLLOWS, run)

    def _fact(self, name: str) -> str | None:
        found = self._database.one("SELECT value FROM fact WHERE name = ?", name)
        return None if found is None else str(found)

    def _keep(self, name: str, value: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))
