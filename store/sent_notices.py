"""How each connection stood when somebody was last told about it, by channel."""

from __future__ import annotations

from tinydb import Query

from store.home import Home
from store.json_file import as_stored, documents


class Notices:
    """One document a connection."""

    def __init__(self, home: Home) -> None:
        self._path = home.notices_file

    def told(self, connection_id: str) -> dict[str, str]:
        """What was last told through each channel; nothing where nobody was ever told."""
        if not self._path.exists():
            return {}
        with documents(self._path) as database:
            found = database.get(Query().connection == connection_id)
        with as_stored(self._path):
            told = dict(dict(found)["told"]) if found else {}
            return {str(channel): str(state) for channel, state in told.items()}

    def keep(self, connection_id: str, told: dict[str, str]) -> None:
        """Remember what was told."""
        with documents(self._path) as database:
            document = {"connection": connection_id, "told": told}
            database.upsert(document, Query().connection == connection_id)

    def forget(self, connection_id: str) -> None:
        """Drop what is known of a connection."""
        if self._path.exists():
            with documents(self._path) as database:
                database.remove(Query().connection == connection_id)
