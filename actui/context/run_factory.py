"""Build runs and previews of a connection from the engine, clients, ledger and claims."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, nullcontext
from dataclasses import asdict, replace
from functools import partial

from actui.api.activecampaign.rows import bulk_row_size
from actui.api.retry import DEFAULT_RETRY_POLICY
from actui.api.waits import Waits
from actui.clock import SystemClock
from actui.context.clients import AccountClients
from actui.context.context import AppContext, ignore_report
from actui.model.accounts import account_origins
from actui.model.connection import Connection
from actui.model.errors import DamagedError, GoalError
from actui.operations.claims import claimed_by, others_on_account
from actui.operations.rollback_check import find_doubt, last_with_goals, refuse_doubt, settle_doubt
from actui.sync.erasure import Forgotten as IsForgotten
from actui.sync.exporting.leavers import Claims
from actui.sync.preview.preview_run import PreviewRun
from actui.sync.run.engine import Engine, Ports, chosen_goals
from actui.sync.run.goal_run import Options
from store.forgotten import Forgotten
from store.history import History
from store.home import is_there
from store.ledger import SqliteLedger
from store.ledger.scratch import scratch_ledger_aside


class RunFactory:
    """Builds the parts of a connection's run or preview, and closes them afterwards."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._clients = AccountClients(context)

    def refuse_doubt(self, connection: Connection) -> None:
        """Raise ConfigError `restored` if a run of the whole connection has to be confirmed."""
        file = self._context.home.ledger_file(connection.id)
        runs = self._context.runs(connection)
        if is_there(file) or last_with_goals(runs) is not None:
            with self._context.ledger(connection) as ledger:
                doubt = find_doubt(ledger, file, runs)
            if doubt is not None:
                refuse_doubt(connection, chosen_goals(connection, Options()), doubt)

    @asynccontextmanager
    async def engine(
        self,
        connection: Connection,
        options: Options,
        report: Callable[[str], None] = ignore_report,
    ) -> AsyncIterator[Engine]:
        """An engine that holds the connection's run lock; `report` is called with sentences.

        Raises ConfigError, BusyError or CredentialsError before anything is sent or recorded.
        """
        goals = chosen_goals(connection, options)
        with self._context.lock(connection).held(), ExitStack() as kept:
            history = History(self._context.home, connection.id)
            self._context.close_cut_off_run(connection, history)
            ledger = kept.enter_context(
                self._context.bound_ledger(connection, fresh=options.fresh, report=report)
            )
            settle_doubt(
                connection,
                goals,
                ledger,
                self._context.home.ledger_file(connection.id),
                history.all(),
                confirmed=options.confirm_restored,
            )
            waits = Waits()
            policy = replace(DEFAULT_RETRY_POLICY, waits=waits)
            async with (
                self._clients.activecampaign(connection, policy=policy) as activecampaign,
                self._clients.blueconic(connection, policy=policy) as blueconic,
            ):
                ports = Ports(
                    activecampaign=activecampaign,
                    blueconic=blueconic,
                    ledger=ledger,
                    clock=SystemClock(),
                    row_size=bulk_row_size,
                    forgotten=self._forgotten(connection),
                    save=history.save,
                    keep=self._keep,
                    claims=lambda list_id, contacts: self._claims(connection, list_id, contacts),
                    settle_seconds=self._context.settings.settle_seconds,
                    stopping=waits.end,
                )
                engine = Engine(connection, ports, options, os.getpid())
                # of chosen people the audit needs no list
                recorded = asdict(replace(options, only=None))
                self._context.audit.record("ran", connection, run=engine.summary.run, **recorded)
                yield engine

    @asynccontextmanager
    async def rehearsal(self, connection: Connection) -> AsyncIterator[PreviewRun]:
        """A preview of the given connection, stored or not; it writes nothing.

        It takes no lock, so a run of the connection goes on undisturbed.
        """
        known = await asyncio.to_thread(self._context.knows_these_accounts, connection)
        path = self._context.home.ledger_file(connection.id) if known else None
        with await scratch_ledger_aside(path) as ledger:
            async with (
                self._clients.activecampaign(connection) as activecampaign,
                self._clients.blueconic(connection) as blueconic,
                self._copied_claims(connection) as claims,
            ):
                yield PreviewRun(
                    connection,
                    activecampaign=activecampaign,
                    blueconic=blueconic,
                    ledger=ledger,
                    clock=SystemClock(),
                    row_size=bulk_row_size,
                    claims=claims,
                    forgotten=self._forgotten(connection),
                )

    def _forgotten(self, connection: Connection) -> IsForgotten:
        """Finds the match keys of forgotten people, for the ids of the connection's accounts."""
        return partial(Forgotten(self._context.home).among, origins=account_origins(connection))

    def _others(self, connection: Connection) -> list[Connection]:
        stored = (one.connection for one in self._context.connections.all())
        return others_on_account(connection, stored)

    def _claims(
        self, connection: Connection, list_id: int, contacts: Iterable[int]
    ) -> set[int] | None:
        try:
            return claimed_by(self._others(connection), self._ledger_if_any, list_id, contacts)
        except DamagedError as failure:
            raise GoalError(
                f"Whom another connection wants to stay on the list is unknown. {failure.message}",
                code=failure.code,
            ) from failure

    def _ledger_if_any(self, connection: Connection) -> SqliteLedger | None:
        exists = is_there(self._context.home.ledger_file(connection.id))
        return self._context.ledger(connection) if exists else None

    @asynccontextmanager
    async def _copied_claims(self, connection: Connection) -> AsyncIterator[Claims]:
        """The claims of other connections, read from copies of their ledgers."""
        others, copies = self._others(connection), dict[str, SqliteLedger]()
        unsubscribes = any(goal.unsubscribe != "never" for goal in connection.exports())
        with ExitStack() as kept:
            for other in others if unsubscribes else ():
                path = self._context.home.ledger_file(other.id)
                if is_there(path):
                    copies[other.id] = kept.enter_context(await scratch_ledger_aside(path))

            def copy_of(other: Connection) -> AbstractContextManager[SqliteLedger] | None:
                return nullcontext(copies[other.id]) if other.id in copies else None

            yield lambda list_id, contacts: claimed_by(others, copy_of, list_id, contacts)

    def _keep(self, resolved: Connection) -> None:
        """Store the ids that were resolved, unless the connection was changed meanwhile."""
        stored = self._context.connections.find(resolved.id)
        if stored.connection.name == resolved.name:
            self._context.connections.save(resolved, expected=stored.version)
