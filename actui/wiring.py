"""Joins the floors: what a home, a connection and a run are made of."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from time import monotonic

from pydantic import SecretStr

from actui.model.connection import Connection, is_loopback, origin
from actui.model.errors import ConfigError, CredentialsError
from actui.model.run import RunSummary
from actui.model.settings import Settings
from actui.sync.engine import close_cut_off
from store.connections import Connections, Stored
from store.history import History
from store.home import Home
from store.ledger import SqliteLedger, open_ledger, set_aside
from store.locks import RunLock
from store.secrets import SecretName, Secrets
from store.settings import SettingsFile


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass(frozen=True)
class House:
    """One home and everything that can be reached from it."""

    home: Home
    environ: Mapping[str, str]

    @classmethod
    def open(cls, environ: Mapping[str, str] = os.environ) -> House:
        """The home that the environment names."""
        return cls(Home.open(environ), environ)

    @cached_property
    def settings(self) -> Settings:
        return SettingsFile(self.home).load()

    @cached_property
    def connections(self) -> Connections:
        return Connections(self.home)

    @cached_property
    def secrets(self) -> Secrets:
        return Secrets(self.home, self.settings, self.environ)

    def history(self, connection: Connection) -> History:
        """The connection's run history, a run that was cut off closed first."""
        history = History(self.home, connection.id)
        if not self.lock(connection).is_held():
            latest = next(iter(history.all(limit=1)), None)
            if latest is not None and not latest.state.is_final:
                self._close_cut_off(connection, history, latest)
        return history

    def _close_cut_off(self, connection: Connection, history: History, latest: RunSummary) -> None:
        with self.ledger(connection) as ledger:
            closed = close_cut_off(latest, ledger.read_progress(), datetime.now(UTC))
        if closed is not None:
            history.save(closed)

    def lock(self, connection: Connection) -> RunLock:
        return RunLock(self.home.lock_file(connection.id))

    def ledger(self, connection: Connection) -> SqliteLedger:
        """The connection's ledger; use it as a context manager."""
        return open_ledger(self.home.ledger_file(connection.id))

    def bound_ledger(self, connection: Connection, *, fresh: bool) -> SqliteLedger:
        """The ledger of exactly these two accounts (design §5).

        Raises ConfigError when it belongs to others and `fresh` does not say to start anew.
        """
        mine = (origin(connection.activecampaign.url), origin(connection.blueconic.url))
        ledger = self.ledger(connection)
        bound = ledger.bound_origins()
        if bound is not None and bound != mine:
            ledger.close()
            if not fresh:
                raise ConfigError(
                    f"'{connection.name}' has worked with {bound[0]} and {bound[1]} until now; "
                    "run it with --fresh to start anew with the changed account.",
                    code="other-account",
                )
            set_aside(self.home, connection.id)
            ledger = self.ledger(connection)
            bound = None
        if bound is None:
            ledger.bind_origins(*mine)
        return ledger

    def secret(self, connection: Connection, name: SecretName) -> SecretStr:
        """A connection's secret. Raises CredentialsError with the way to store it."""
        found = self.secrets.find(
            connection.name, connection.id, name, secret_origin(connection, name)
        )
        if found is None:
            raise CredentialsError(
                f"No {secret_words(name)} is stored for '{connection.name}': "
                f"actui secret set '{connection.name}' {secret_command_name(name)}"
            )
        return found.value

    @asynccontextmanager
    async def clients(
        self,
        connection: Connection,
        key: SecretStr | None = None,
        client_secret: SecretStr | None = None,
    ) -> AsyncIterator[tuple[ActiveCampaignClient, BlueConicClient]]:
        """Both services' clients, with the stored secrets unless others are given."""
        key = key or self.secret(connection, SecretName.ACTIVECAMPAIGN_API_KEY)
        client_secret = client_secret or self.secret(
            connection, SecretName.BLUECONIC_CLIENT_SECRET
        )
        async with new_http() as http:
            yield self.activecampaign(connection, key, http), self.blueconic(
                connection, client_secret, http
            )
