"""The last failure signature that was sent for each connection, by channel."""

from __future__ import annotations

from tinydb import Query

from store.home import Home
from store.json_file import as_stored, documents


class SentNotices:
    """The file of sent notices: one document per connection."""

    def __init__(self, home: Home) -> None:
        self._path = home.notices_file

    def last_sent(self, connection_id: str) -> dict[str, str]:
        """The failure signature last sent through each channel; empty if none was sent."""
        if not self._path.exists():
            return {}
        with documents(self._path) as database:
            found = database.get(Query().connection == connection_id)
        with as_stored(self._path):
            signatures = dict(dict(found)["told"]) if found else {}
            return {str(channel): str(state) for channel, state in signatures.items()}

    def keep(self, connection_id: str, signatures: dict[str, str]) -> None:
        """Store the signatures that were sent, by channel."""
        with documents(self._path) as database:
            document = {"connection": connection_id, "told": signatures}
            database.upsert(document, Query().connection == connection_id)

    def forget(self, connection_id: str) -> None:
        """Remove a connection's document."""
        if self._path.exists():
            with documents(self._path) as database:
                database.remove(Query().connection == connection_id)
