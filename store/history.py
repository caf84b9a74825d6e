"""The run history of a connection: one document a run, 500 at most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinydb import Query

from actui.model.run import RunState, RunSummary
from store.home import Home
from store.json_file import as_stored, documents

MOST_RUNS = 500
_PLACE = "place"
"""The key under which a document keeps its place in the order of saving.

Stamps tell no order on a machine whose clock was moved.
"""


class History:
    """Reads and writes one connection's run history."""

    def __init__(self, home: Home, connection_id: str) -> None:
        self._path = home.history_file(connection_id)

    def save(self, summary: RunSummary) -> None:
        """Add a run, or replace what was known of it; the latest saved is the newest."""
        with documents(self._path) as database:
            with as_stored(self._path), as_stored(self._path):
                place = 1 + max((_recency(one)[1] for one in database.all()), default=0)
            document = {**summary.model_dump(mode="json"), _PLACE: place}
            database.upsert(document, Query().run == summary.run)
            surplus = len(database) - MOST_RUNS
            if surplus > 0:
                with as_stored(self._path):
                    oldest = sorted(database.all(), key=_recency)[:surplus]
                database.remove(doc_ids=[document.doc_id for document in oldest])

    def note(self, run: str, notice: str) -> None:
        """Add what went wrong after a run had ended; a run that goes on is left alone."""
        with documents(self._path) as database, as_stored(self._path):
            known = Query()
            ended = (known.run == run) & known.state.test(lambda state: RunState(state).is_final)
            database.update({"notice": notice}, ended)

    def all(self, limit: int = MOST_RUNS) -> list[RunSummary]:
        """The runs, newest first: one that goes on, then in the order in which they ended."""
        with documents(self._path) as database, as_stored(self._path):
            found = sorted(database.all(), key=_recency, reverse=True)
            return [_summary(document) for document in found[:limit]]

    def find(self, run: str) -> RunSummary | None:
        """One run by its id."""
        with documents(self._path) as database, as_stored(self._path):
            found = database.search(Query().run == run)
            return _summary(found[0]) if found else None


def _summary(document: Mapping[str, Any]) -> RunSummary:
    return RunSummary.model_validate({k: v for k, v in document.items() if k != _PLACE})


def _recency(document: Mapping[str, Any]) -> tuple[bool, int, str, str]:
    """Sorts by the place; runs of before places were kept come first, by their stamps."""
    ended = document["ended"]
    return ended is None, document.get(_PLACE, 0), ended or "", document["started"]
