"""The run history of a connection: one document per run, at most 500."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinydb import Query

from actui.model.run import RunState, RunSummary
from store.home import Home
from store.json_file import as_stored, documents

MOST_RUNS = 500
_PLACE = "place"
"""The key of a document's place in the order of saving; time stamps give no order once a clock was
set back."""


class History:
    """Reads and writes one connection's run history."""

    def __init__(self, home: Home, connection_id: str) -> None:
        self._path = home.history_file(connection_id)

    def save(self, summary: RunSummary) -> None:
        """Add a run, or replace its document; the run saved last counts as the newest."""
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
        """Store what went wrong after a run ended; does nothing while the run goes on."""
        with documents(self._path) as database, as_stored(self._path):
            known = Query()
            ended = (known.run == run) & known.state.test(lambda state: RunState(state).is_final)
            database.update({"notice": notice}, ended)

    def all(self, limit: int = MOST_RUNS) -> list[RunSummary]:
        """The newest `limit` runs: an unfinished one first, then by when they ended."""
        with documents(self._path) as database, as_stored(self._path):
            found = sorted(database.all(), key=_recency, reverse=True)
            return [_summary(document) for document in found[:limit]]

    def find(self, run: str) -> RunSummary | None:
        """The run of an id; None if there is none."""
        with documents(self._path) as database, as_stored(self._path):
            found = database.search(Query().run == run)
            return _summary(found[0]) if found else None


def _summary(document: Mapping[str, Any]) -> RunSummary:
    return RunSummary.model_validate({k: v for k, v in document.items() if k != _PLACE})


def _recency(document: Mapping[str, Any]) -> tuple[bool, int, str, str]:
    """Sort key by place; documents without one, of earlier versions, come first by time stamp."""
    ended = document["ended"]
    return ended is None, document.get(_PLACE, 0), ended or "", document["started"]
