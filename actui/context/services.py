"""What the console is given of a home (`actui.console.ports`).

The classes here translate: outcomes into rows, accounts into choices, a start into a command line.
Where an object of the context does what a port asks, it is handed out itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from actui.console.choices import ActiveCampaignChoices, BlueConicChoices
from actui.console.formatting import counted
from actui.console.ports import Stored as SeenStored
from actui.console.views.next_check import with_next_checks
from actui.console.views.outcomes import Filter, Person
from actui.context.clients import PROBE, AccountClients
from actui.context.context import AppContext
from actui.context.ledger_reader import LedgerReader
from actui.context.run_factory import RunFactory
from actui.model.connection import Connection
from actui.model.errors import BusyError, ServiceError
from actui.model.preview import Ask, Preview
from actui.operations.launching import Starter
from actui.operations.scheduling import find_missing_scheduler
from actui.operations.spreadsheet import save_csv

T = TypeVar("T")
TELL_SECONDS = 0.5


class AccountCatalog:
    """Reads what the accounts offer to choose from; gives up as early as a test of credentials."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    async def activecampaign(self, connection: Connection) -> ActiveCampaignChoices:
        async with AccountClients(self._context).activecampaign(
            connection, policy=PROBE
        ) as service:
            fields, lists = await asyncio.gather(service.fields(), service.lists())
        return ActiveCampaignChoices(fields, lists)

    async def blueconic(self, connection: Connection) -> BlueConicChoices:
        async with AccountClients(self._context).blueconic(connection, policy=PROBE) as service:
            properties, segments, objectives, lifecycles = await asyncio.gather(
                service.properties(),
                service.segments(),
                _readable(service.objectives()),
                _readable(service.lifecycles()),
            )
        return BlueConicChoices(properties, segments, objectives or (), lifecycles)

    async def create_properties(self, connection: Connection, wanted: Mapping[str, str]) -> None:
        async with AccountClients(self._context).blueconic(connection, policy=PROBE) as service:
            # creating one that is there would overwrite it
            there = {one.id for one in await service.properties()}
            for id_, type_ in wanted.items():
                if id_ not in there:
                    await service.create_property(id_, id_, type_)


async def _readable(asked: Awaitable[Sequence[T]]) -> Sequence[T] | None:
    """The answer; None where the service refuses it, as to a client without the right."""
    try:
        return await asked
    except ServiceError:
        return None


class DetachedStarter:
    """Starts `actui run` so that closing the terminal does not end it."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._starter = Starter(context.home, context.environ, "console")

    def start(
        self,
        connection: Connection,
        leavers: Mapping[str, int] | None = None,
        fresh: bool = False,
        restored: bool = False,
    ) -> str:
        self._refuse(connection, fresh=fresh, restored=restored)
        argv = [word for goal in leavers or () for word in ("--goal", goal)]
        if leavers:
            argv += ["--confirm-leavers", str(max(leavers.values()))]
        if fresh:
            argv.append("--fresh")
        if restored:
            argv.append("--confirm-restored")
        return self._starter.start(connection, *argv)

    def retry(
        self, connection: Connection, run: str, wanted: Filter, restored: bool = False
    ) -> str:
        self._refuse(connection, restored=restored)
        chosen = {"run": run, **_chosen(wanted)}
        argv = [word for name, value in chosen.items() if value for word in (f"--{name}", value)]
        if restored:
            argv.append("--confirm-restored")
        return self._starter.retry(connection, *argv)

    def _refuse(
        self, connection: Connection, *, fresh: bool = False, restored: bool = False
    ) -> None:
        if self._context.lock(connection).is_held():
            raise BusyError("This connection is already running.")
        if not fresh:
            self._context.knows_these_accounts(connection)
            if not restored:
                RunFactory(self._context).refuse_doubt(connection)


class PreviewService:
    """Previews, with the real engine on both services."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    async def show(
        self, connection: Connection, ask: Ask, on_phase: Callable[[str], None]
    ) -> Preview:
        async with RunFactory(self._context).rehearsal(connection) as rehearsal:
            showing = asyncio.create_task(rehearsal.show(ask))
            try:
                while not (await asyncio.wait({showing}, timeout=TELL_SECONDS))[0]:
                    on_phase(rehearsal.phase)
                return await showing
            finally:
                showing.cancel()


class OutcomeService:
    """Outcomes of runs. Each call opens a ledger of its own, so that any thread may make it."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    def of_run(self, connection: Connection, run: str, wanted: Filter, limit: int) -> list[Person]:
        with self._context.ledger(connection) as ledger:
            rows = islice(ledger.outcomes.find(run=run, **_chosen(wanted)), limit)
            return [Person.of(row) for row in rows]

    def story(self, connection: Connection, email: str) -> list[Person]:
        with self._context.ledger(connection) as ledger:
            people = [Person.of(row) for row in ledger.outcomes.of_person(email)]
            return with_next_checks(connection, people, ledger.goals.state)

    def export(self, connection: Connection, run: str, wanted: Filter, path: str) -> str:
        file = Path(path.strip()).expanduser()
        with self._context.ledger(connection) as ledger:
            rows = ledger.outcomes.find(run=run, **_chosen(wanted))
            many = save_csv(file, connection, map(Person.of, rows))
        return f"{counted(many, 'line', 'lines')} written to {file.absolute()}."


def _chosen(wanted: Filter) -> dict[str, str | None]:
    return {name: value or None for name, value in asdict(wanted).items()}


class ConsoleServices:
    """Everything the console needs, for one home; a context manager that closes its ledgers."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._readers: dict[str, LedgerReader] = {}
        self.home = context
        self.connections = context.connections
        self.credentials = context
        self.prober = AccountClients(context)
        self.catalog = AccountCatalog(context)
        self.outcomes = OutcomeService(context)
        self.previews = PreviewService(context)
        self.starter = DetachedStarter(context)

    def __enter__(self) -> ConsoleServices:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for reader in self._readers.values():
            reader.close()

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def schedule_trouble(self, stored: SeenStored) -> str:
        idle = find_missing_scheduler(
            self._context, self._context.connections.find(stored.connection.id), self.now
        )
        return idle.message if idle else ""

    def reader(self, connection: Connection) -> LedgerReader:
        made = LedgerReader(self._context, connection)
        return self._readers.setdefault(connection.id, made)
