"""Starts and stops runs, with the checks that spare somebody a run that ends at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from actui.console.credentials import Credentials
from actui.console.feed import FeedCursor
from actui.console.formatting import plain
from actui.console.forms.connection_fields import SECRET_LABELS
from actui.console.ports import Services
from actui.console.views.outcomes import Filter
from actui.model.connection import Connection
from actui.model.errors import ConfigError, CredentialsError
from actui.model.findings import errors


class RunControl:
    """Runs of a home's connections, each in a process of its own."""

    def __init__(self, services: Services, credentials: Credentials) -> None:
        self._services = services
        self._credentials = credentials

    async def start(
        self,
        connection: Connection,
        *,
        leavers: Mapping[str, int] | None = None,
        fresh: bool = False,
        restored: bool = False,
    ) -> tuple[FeedCursor, str]:
        """Start a run; the cursor to follow it from, and what keeps it alive.

        With `leavers`, only these goals run; by goal id, how many people who left the segment
        may be unsubscribed. `fresh` sets aside a ledger of other accounts, and `restored` accepts
        a ledger that may be older than the last run; both are refused otherwise.

        Raises ConfigError or CredentialsError where the run would end at once for the same reason.
        """
        await self._check(connection)
        starter = self._services.starter
        return await self._started(connection, starter.start, connection, leavers, fresh, restored)

    async def retry(
        self, connection: Connection, run: str, wanted: Filter, *, restored: bool = False
    ) -> tuple[FeedCursor, str]:
        """Start a run that sends people of an earlier run again; see `start`."""
        await self._check(connection)
        starter = self._services.starter
        return await self._started(connection, starter.retry, connection, run, wanted, restored)

    async def _check(self, connection: Connection) -> None:
        if not connection.enabled:
            raise ConfigError(
                "The connection is off: switch it on and save, then run it.", code="disabled"
            )
        for finding in errors(connection):
            raise ConfigError(plain(finding.message), code=finding.code)
        for which, label in SECRET_LABELS.items():
            if not await self._credentials.source(connection, which):
                raise CredentialsError(f"Enter the {label} and save, then run it.")

    async def _started(
        self, connection: Connection, start: Callable[..., str], *what: object
    ) -> tuple[FeedCursor, str]:
        cursor = FeedCursor.of(self._services.reader(connection))
        return cursor, plain(await asyncio.to_thread(start, *what))

    def stop(self, connection: Connection, *, now: bool = False) -> str:
        """Ask the run to stop; one sentence on what happens then."""
        reader = self._services.reader(connection)
        if not reader.is_running():
            return "Nothing is running."
        level = reader.request_stop()
        if now and level == 1:
            level = reader.request_stop()
        if level == 0:
            return "Nothing is running."
        if level == 1:
            return "Stopping after the batch in flight. Run it again to continue."
        return "Stopping now. Run it again to continue."
