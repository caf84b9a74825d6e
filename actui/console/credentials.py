"""Secrets as they are typed, stored, looked for and tested on the pages."""

from __future__ import annotations

import asyncio

from actui.console.formatting import plain
from actui.console.forms.connection_fields import SECRET_LABELS, SECRET_NAMES, ConnectionForm
from actui.console.ports import Services, Which
from actui.model.connection import Connection
from actui.model.errors import ActuiError, ConfigError, CredentialsError


class Credentials:
    """The two secrets of each connection. Key stores are asked in threads: they take seconds."""

    def __init__(self, services: Services) -> None:
        self._store = services.credentials
        self._prober = services.prober
        self._is_stored: dict[tuple[str, Which], bool | None] = {}
        """By connection id: what the last look found; None where it failed."""

    async def save(self, connection: Connection, form: ConnectionForm) -> None:
        """Keep the secrets that were typed, for the connection's present URLs."""
        for which, value in form.secrets.items():
            url = connection.activecampaign if which == "activecampaign" else connection.blueconic
            if not url.url:
                raise CredentialsError(
                    f"Enter the host name that the {SECRET_LABELS[which]} is for."
                )
            await asyncio.to_thread(self._store.save_secret, connection, SECRET_NAMES[which], value)

    async def source(self, connection: Connection, which: Which) -> str:
        """Where a secret is, in words; an empty text when it is nowhere.

        Raises CredentialsError `other-origin` when the stored one belongs to another URL.
        """
        return await asyncio.to_thread(self._store.secret_source, connection, SECRET_NAMES[which])

    async def refuse_foreign(self, connection: Connection, form: ConnectionForm) -> None:
        """Raises CredentialsError `other-origin` when a changed URL lacks its secret.

        A secret that is typed in `form` is not looked for.
        """
        for which in SECRET_LABELS:
            if which in form.secrets:
                continue
            try:
                await self.source(connection, which)
            except CredentialsError as failure:
                if failure.code == "other-origin":
                    raise

    async def status(self, connection: Connection, which: Which) -> str:
        """One sentence on where a secret is, or on why nobody can say."""
        try:
            where = await self.source(connection, which)
        except ActuiError as failure:
            self._is_stored[connection.id, which] = None
            return plain(failure.message)
        self._is_stored[connection.id, which] = bool(where)
        return f"Stored in {plain(where)}; leave empty to keep it." if where else "Not stored yet."

    def is_missing(self, connection: Connection, which: Which) -> bool:
        """Whether the last look found no secret; False before the first look."""
        return self._is_stored.get((connection.id, which)) is False

    async def look_for_missing(self, connection: Connection) -> None:
        """Look for the secrets that were missing or never looked for."""
        for which in SECRET_LABELS:
            # one that lacked it may have got it in another shell
            if self._is_stored.get((connection.id, which), False) is False:
                await self.status(connection, which)

    def refuse_silent_command(self, connection: Connection) -> None:
        """Raises CredentialsError where the password command does not give a secret.

        Blocks for the time the command takes: the answer decides whether the choice is kept.
        """
        for which, label in SECRET_LABELS.items():
            if not self._store.secret_source(connection, SECRET_NAMES[which]):
                raise CredentialsError(f"The command printed nothing for the {label}.")

    async def test(self, connection: Connection, form: ConnectionForm, which: Which) -> str:
        """What a test of the fields as they stand has proved, in a sentence.

        Raises ConfigError for bad fields and CredentialsError for a secret that fails.
        """
        wanted, typed = form.onto(connection), form.secrets.get(which)
        if not getattr(wanted, which).url:
            raise ConfigError("Type the host name first.")
        is_ours = which == "activecampaign"
        probe = self._prober.probe_activecampaign if is_ours else self._prober.probe_blueconic
        try:
            return plain(await probe(wanted, typed))
        except CredentialsError as failure:
            if failure.code != "no-secret":
                raise
            # a command that stores it would not know a connection that is not saved
            raise CredentialsError(f"Type the {SECRET_LABELS[which]} first.") from None
