"""Creates and changes the stored connections."""

from __future__ import annotations

from collections import Counter

from actui.console.credentials import Credentials
from actui.console.forms.connection_fields import ConnectionForm
from actui.console.ports import ConnectionStore, Stored
from actui.model.connection import Connection, new_id


class ConnectionEditor:
    """Changes a connection as it was read; a save raises ConfigError `changed-elsewhere` when
    somebody else saved it meanwhile.
    """

    def __init__(self, connections: ConnectionStore, credentials: Credentials) -> None:
        self._connections = connections
        self._credentials = credentials

    def draft(self) -> Connection:
        """A new connection under a free name; nothing is stored before it is saved."""
        return Connection(id=new_id("c"), name=self._free("ActiveCampaign"))

    def duplicate(self, connection: Connection) -> Stored:
        """Store a copy under a free name, switched off; its secrets are entered anew."""
        goals = [goal.model_copy(update={"id": new_id("g")}) for goal in connection.goals]
        made = connection.model_copy(
            update={
                "id": new_id("c"),
                "name": self._free(connection.name),
                "enabled": False,
                "favorite": False,
                "goals": goals,
            }
        )
        return self._connections.save(made, expected=None)

    def _free(self, wanted: str) -> str:
        taken = {stored.connection.name for stored in self._connections.all()}
        name, count = wanted, 1
        while name in taken:
            count += 1
            name = f"{wanted[:110]} {count}"
        return name

    def labels(self) -> Counter[str]:
        """Every label of this home, and how many connections have it."""
        stored = self._connections.all()
        return Counter(label for one in stored for label in one.connection.labels)

    def switch(self, stored: Stored) -> Stored:
        """Switch a connection on or off."""
        turned = stored.connection.model_copy(update={"enabled": not stored.connection.enabled})
        return self._connections.save(turned, expected=stored.version)

    def star(self, stored: Stored) -> Stored:
        """Make a connection a favourite, or one like the others."""
        changed = stored.connection.model_copy(update={"favorite": not stored.connection.favorite})
        return self._connections.save(changed, expected=stored.version)

    async def save(
        self, connection: Connection, form: ConnectionForm, *, expected: int | None
    ) -> Stored:
        """Store the fields; the secrets that were typed are saved afterwards.

        Raises CredentialsError before anything is stored when a changed URL lacks its secret.
        """
        wanted = form.onto(connection)
        if expected is not None:
            await self._credentials.refuse_foreign(wanted, form)
        return self._connections.save(wanted, expected=expected)
