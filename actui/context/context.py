"""Joins the floors: what a home, a connection and a run are made of.

Long because everything that a home offers is joined in this one place, and nowhere else.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from actui.api.activecampaign.client import ActiveCampaignClient
from actui.api.activecampaign.rows import bulk_row_size
from actui.api.blueconic.client import BlueConicClient
from actui.api.blueconic.read_rights import proof, what_may_be_read
from actui.api.http import http_client
from actui.api.rate import BulkRateLimiter, RateLimiter
from actui.api.retry import DEFAULT_RETRY_POLICY, RetryPolicy
from actui.api.waits import Waits
from actui.clock import SystemClock
from actui.model.accounts import (
    CONNECTION_SECRETS,
    account_origins,
    secret_command_name,
    secret_origin,
)
from actui.model.connection import Connection, origin, usable_url
from actui.model.errors import (
    ConfigError,
    CredentialsError,
    DamagedError,
    GoalError,
    StorageError,
)
from actui.model.findings import BAD_URL, OnlineCheck
from actui.model.mailbox import parse_address
from actui.model.redaction import redact
from actui.model.rollback import Lost
from actui.model.run import RunSummary
from actui.model.secret import SecretName, needed_secret, secret_words
from actui.model.settings import Settings, usable_mail_host
from actui.operations.claims import claimed_by, others_on_account
from actui.operations.rollback_check import find_doubt, last_with_goals, refuse_doubt, settle_doubt
from actui.sync.exporting.leavers import Claims
from actui.sync.preview.preview_run import PreviewRun
from actui.sync.resolve import available_for_export, read_accounts, resolve
from actui.sync.run.engine import Engine, Ports, chosen_goals
from actui.sync.run.goal_run import Options
from actui.sync.run.unfinished import close_cut_off
from store.audit import Audit
from store.connections import Connections
from store.forgotten import Forgotten
from store.history import History
from store.home import Home, is_there
from store.ledger import SqliteLedger, open_ledger, set_aside
from store.ledger.salvage import salvage, trouble_of
from store.ledger.scratch import scratch_ledger_aside
from store.locks import RunLock
from store.schedule_claims import ScheduleClaims
from store.secrets import Secrets
from store.sent_notices import SentNotices
from store.settings import SettingsFile
from store.sqlite import refuse_broken_log

PROBE = RetryPolicy(attempts=2, seconds=15.0)
"""Somebody is waiting for the answer of a test."""


_MISSING = {Lost.SUMS: "Sums that were added", Lost.LISTS: "lists that people were put on"}


def _ignore_report(sentence: str) -> None:
    """Null listener."""


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

    def change_settings(self, changes: Mapping[str, object]) -> Settings:
        """Keep changed settings; they count from now on. Raises ConfigError for a bad one."""
        mail = changes.get("mail")
        sender, host = (
            (mail.get("sender"), mail.get("host")) if isinstance(mail, Mapping) else ("", "")
        )
        if host and host != self.settings.mail.host:
            usable_mail_host(str(host))
        if sender and sender != self.settings.mail.sender:
            parse_address(str(sender))
        changed = SettingsFile(self.home, self.audit).change(changes)
        for made in ("settings", "secrets"):
            vars(self).pop(made, None)
        return changed

    @cached_property
    def connections(self) -> Connections:
        return Connections(self.home, self.audit)

    @cached_property
    def audit(self) -> Audit:
        """Who did what, also from a console or a scheduler."""
        return Audit(self.home, self.environ)

    @cached_property
    def secrets(self) -> Secrets:
        return Secrets(self.home, self.settings, self.environ)

    @cached_property
    def schedule_claims(self) -> ScheduleClaims:
        return ScheduleClaims(self.home)

    @cached_property
    def notices(self) -> SentNotices:
        return SentNotices(self.home)

    def history(self, connection: Connection) -> History:
        """The connection's run history; a run that was cut off is closed by who notices first."""
        history = History(self.home, connection.id)
        if not self.lock(connection).is_held():
            with suppress(StorageError):  # a home that cannot be written can be read
                self._close_cut_off(connection, history)
        return history

    def _close_cut_off(self, connection: Connection, history: History) -> None:
        latest = next(iter(history.all(limit=1)), None)
        if latest is None or latest.state.is_final:
            return
        snapshot = None
        # a ledger that cannot be read must not keep anybody from seeing the history
        with suppress(ConfigError):
            refuse_broken_log(file := self.home.ledger_file(connection.id))
            with open_ledger(file) as ledger:
                snapshot = ledger.read_progress()
        closed = close_cut_off(latest, snapshot, datetime.now(UTC))
        if closed is not None:
            history.save(closed)

    def lock(self, connection: Connection) -> RunLock:
        return RunLock(self.home.lock_file(connection.id))

    def ledger(self, connection: Connection) -> SqliteLedger:
        """The connection's ledger; use it as a context manager.

        Raises DamagedError for one that cannot be read as such.
        """
        file = self.home.ledger_file(connection.id)
        if not self.lock(connection).is_held():
            # closing the file would remove a broken log, and with it what tells of that
            refuse_broken_log(file)
        return open_ledger(file)

    def bound_ledger(
        self, connection: Connection, *, fresh: bool, report: Callable[[str], None] = _ignore_report
    ) -> SqliteLedger:
        """The ledger of these two accounts (store/README.md §4); the caller holds the run lock.

        Raises ConfigError when it belongs to others and `fresh` does not say to start anew. One in
        which nobody is, as after a first run with a mistyped host, is nothing to ask about.

        `fresh` also replaces a damaged one, and `report` gets a sentence about that.
        """
        file = self.home.ledger_file(connection.id)
        begun_anew = False
        if is_there(file):
            if not fresh:
                refuse_broken_log(file)
            elif trouble := trouble_of(file):
                report(self._salvaged(connection, trouble))
            if not self.knows_these_accounts(connection, others_too=fresh):
                set_aside(self.home, connection.id)
                begun_anew = True
        ledger = open_ledger(file)
        try:
            if begun_anew and (last := last_with_goals(self._runs(connection))) is not None:
                ledger.set_follows(last.run)
            if ledger.bound_origins() is None:
                ledger.bind_origins(*account_origins(connection))
        except BaseException:
            ledger.close()
            raise
        return ledger

    def _runs(self, connection: Connection) -> list[RunSummary]:
        return History(self.home, connection.id).all()

    def _salvaged(self, connection: Connection, trouble: str) -> str:
        """Replace a damaged ledger; what became of it, in sentences."""
        found = salvage(self.home, connection.id, trouble)
        with open_ledger(self.home.ledger_file(connection.id)) as ledger:
            if (last := last_with_goals(self._runs(connection))) is not None:
                ledger.set_follows(last.run)
        message = (
            f"{trouble} It was set aside as {found.aside}; {found.rows:,} rows were kept of it."
        )
        if found.doubt is not None:
            missing = " and ".join(_MISSING[one] for one in sorted(found.doubt.lost))
            message += f" Some of what it knew about {missing} could not be read."
        lost = sorted(found.doubt.lost) if found.doubt else []
        self.audit.record(
            "replaced a damaged ledger", connection, aside=found.aside.name, lost=lost
        )
        return message

    def knows_these_accounts(self, connection: Connection, *, others_too: bool = False) -> bool:
        """Whether what the ledger says is of these accounts; else it is of no use for them.

        Raises ConfigError, code other-account, where it knows people of others and `others_too`
        does not say that they may be forgotten.
        """
        if not is_there(self.home.ledger_file(connection.id)):
            return True
        with self.ledger(connection) as ledger:
            bound = ledger.bound_origins()
            if bound is None or bound == account_origins(connection):
                return True
            if others_too or not ledger.has_met_anybody():
                return False
        raise ConfigError(
            f"'{connection.name}' has worked with {bound[0]} and {bound[1]} until now.",
            advice="Run it with --fresh to start anew with the changed account.",
            code="other-account",
        )

    def refuse_doubt(self, connection: Connection) -> None:
        """Raises ConfigError `restored` where a run of the whole connection has to be confirmed."""
        file = self.home.ledger_file(connection.id)
        runs = self._runs(connection)
        if is_there(file) or last_with_goals(runs) is not None:
            with self.ledger(connection) as ledger:
                doubt = find_doubt(ledger, file, runs)
            if doubt is not None:
                refuse_doubt(connection, chosen_goals(connection, Options()), doubt)

    def secret(self, connection: Connection, name: SecretName) -> SecretStr:
        """A connection's secret. Raises CredentialsError with the way to store it."""
        found = self.secrets.find(
            connection.name, connection.id, name, secret_origin(connection, name)
        )
        if found is None:
            raise CredentialsError(
                f"No {secret_words(name)} is stored for '{connection.name}': "
                f"actui secret set '{connection.name}' {secret_command_name(name)}",
                code="no-secret",
            )
        return found.value

    def _secret(
        self, connection: Connection, name: SecretName, typed: SecretStr | None
    ) -> SecretStr:
        return self.secret(connection, name) if typed is None else needed_secret(name, typed)

    def save_secret(self, connection: Connection, name: SecretName, value: SecretStr) -> str:
        """Keep a connection's secret for its present URL; where, in words."""
        bound = secret_origin(connection, name)
        where = self.secrets.save(connection.name, connection.id, name, bound, value)
        message = secret_command_name(name)
        self.audit.record("secret set", connection, secret=message, origin=bound, where=where)
        return where

    def delete_secret(self, connection: Connection, name: SecretName) -> bool:
        """Forget a connection's secret where actui stored it; whether there was one."""
        was_there = self.secrets.delete(connection.id, name)
        if was_there:
            self.audit.record("secret deleted", connection, secret=secret_command_name(name))
        return was_there

    @asynccontextmanager
    async def activecampaign(
        self,
        connection: Connection,
        key: SecretStr | None = None,
        *,
        patience: RetryPolicy = DEFAULT_RETRY_POLICY,
    ) -> AsyncIterator[ActiveCampaignClient]:
        """ActiveCampaign's client, with the stored key unless another is given."""
        key = self._secret(connection, SecretName.ACTIVECAMPAIGN_API_KEY, key)
        url = _sendable("ActiveCampaign", connection.activecampaign.url)
        sleep = patience.waits.sleep if patience.waits is not None else asyncio.sleep
        async with http_client(answer_seconds=self.settings.request_seconds) as http:
            yield ActiveCampaignClient(
                url,
                key,
                pace=RateLimiter(
                    self._pace_file(url, "requests"),
                    rate=self.settings.rate_of(url),
                    sleep=sleep,
                ),
                bulk_pace=BulkRateLimiter(self._pace_file(url, "imports"), sleep=sleep),
                http=http,
                patience=patience,
            )

    @asynccontextmanager
    async def blueconic(
        self,
        connection: Connection,
        client_secret: SecretStr | None = None,
        *,
        patience: RetryPolicy = DEFAULT_RETRY_POLICY,
    ) -> AsyncIterator[BlueConicClient]:
        """BlueConic's client, with the stored client secret unless another is given."""
        client_secret = self._secret(connection, SecretName.BLUECONIC_CLIENT_SECRET, client_secret)
        account = connection.blueconic
        url = _sendable("BlueConic", account.url)
        async with http_client(answer_seconds=self.settings.request_seconds) as http:
            yield BlueConicClient(
                url,
                account.client_id,
                client_secret,
                http=http,
                at_once=self.settings.blueconic_requests_at_once,
                patience=patience,
            )

    def _pace_file(self, url: str, kind: str) -> Path:
        """One file for one account and kind of request, whatever the connections it serves."""
        account = hashlib.sha256(origin(url).encode()).hexdigest()[:16]
        return self.home.pace_dir / f"{account}-{kind}"

    @asynccontextmanager
    async def engine(
        self,
        connection: Connection,
        options: Options,
        report: Callable[[str], None] = _ignore_report,
    ) -> AsyncIterator[Engine]:
        """An engine that holds the connection's run lock; `report` hears what is worth a sentence.

        Raises ConfigError, BusyError or CredentialsError before anything was sent or recorded.
        """
        goals = chosen_goals(connection, options)
        with self.lock(connection).held(), ExitStack() as kept:
            history = History(self.home, connection.id)
            self._close_cut_off(connection, history)
            ledger = kept.enter_context(
                self.bound_ledger(connection, fresh=options.fresh, report=report)
            )
            settle_doubt(
                connection,
                goals,
                ledger,
                self.home.ledger_file(connection.id),
                history.all(),
                confirmed=options.confirm_restored,
            )
            waits = Waits()
            patience = replace(DEFAULT_RETRY_POLICY, waits=waits)
            async with (
                self.activecampaign(connection, patience=patience) as activecampaign,
                self.blueconic(connection, patience=patience) as blueconic,
            ):
                ports = Ports(
                    activecampaign=activecampaign,
                    blueconic=blueconic,
                    ledger=ledger,
                    clock=SystemClock(),
                    row_size=bulk_row_size,
                    forgotten=partial(
                        Forgotten(self.home).among, origins=account_origins(connection)
                    ),
                    save=history.save,
                    keep=self._keep,
                    claims=lambda list_id, contacts: self._claims(connection, list_id, contacts),
                    settle_seconds=self.settings.settle_seconds,
                    stopping=waits.end,
                )
                engine = Engine(connection, ports, options, os.getpid())
                # of chosen people the audit needs no list
                recorded = asdict(replace(options, only=None))
                self.audit.record("ran", connection, run=engine.summary.run, **recorded)
                yield engine

    @asynccontextmanager
    async def rehearsal(self, connection: Connection) -> AsyncIterator[PreviewRun]:
        """A preview of a connection as it is given, stored or not; nothing is written by it.

        Whoever runs the connection meanwhile is not disturbed.
        """
        known = await asyncio.to_thread(self.knows_these_accounts, connection)
        path = self.home.ledger_file(connection.id) if known else None
        with await scratch_ledger_aside(path) as ledger:
            async with (
                self.activecampaign(connection) as activecampaign,
                self.blueconic(connection) as blueconic,
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
                    forgotten=partial(
                        Forgotten(self.home).among, origins=account_origins(connection)
                    ),
                )

    def _others(self, connection: Connection) -> list[Connection]:
        stored = (one.connection for one in self.connections.all())
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
        exists = is_there(self.home.ledger_file(connection.id))
        return self.ledger(connection) if exists else None

    @asynccontextmanager
    async def _copied_claims(self, connection: Connection) -> AsyncIterator[Claims]:
        """What other connections claim now, read from copies: nothing of theirs is touched."""
        others, copies = self._others(connection), dict[str, SqliteLedger]()
        unsubscribes = any(goal.unsubscribe != "never" for goal in connection.exports())
        with ExitStack() as kept:
            for other in others if unsubscribes else ():
                path = self.home.ledger_file(other.id)
                if is_there(path):
                    copies[other.id] = kept.enter_context(await scratch_ledger_aside(path))

            def copy_of(other: Connection) -> AbstractContextManager[SqliteLedger] | None:
                return nullcontext(copies[other.id]) if other.id in copies else None

            yield lambda list_id, contacts: claimed_by(others, copy_of, list_id, contacts)

    def _forgotten(self, connection: Connection) -> Callable[[Iterable[str]], set[str]]:
        return partial(Forgotten(self.home).among, origins=account_origins(connection))

    def _keep(self, resolved: Connection) -> None:
        """Store the ids that were found, unless somebody changed the connection meanwhile."""
        stored = self.connections.find(resolved.id)
        if stored.connection.name == resolved.name:
            self.connections.save(resolved, expected=stored.version)

    async def check_online(self, connection: Connection) -> OnlineCheck:
        """Ask both accounts whether everything the connection names is there."""
        async with (
            self.activecampaign(connection) as activecampaign,
            self.blueconic(connection) as blueconic,
        ):
            await activecampaign.me()
            accounts = await read_accounts(connection, activecampaign, blueconic)
        resolved, found = resolve(connection, accounts)
        return OnlineCheck(found, available_for_export(resolved, accounts))

    async def probe_activecampaign(self, connection: Connection, key: SecretStr | None) -> str:
        """What a key proved: the host and whose key it is."""
        async with self.activecampaign(connection, key, patience=PROBE) as service:
            user = await service.me()
            lists = await service.lists()
        who = user.name or user.email
        host = urlsplit(connection.activecampaign.url).netloc
        return f"{host} knows the key as {who}; {len(lists)} lists can be read."

    async def probe_blueconic(self, connection: Connection, client_secret: SecretStr | None) -> str:
        """What a client secret proved: the host and what may be read.

        Raises CredentialsError `right-missing` when a right is missing that the connection needs.
        """
        async with self.blueconic(connection, client_secret, patience=PROBE) as service:
            return proof(connection, await what_may_be_read(service))

    def request_stop(self, connection: Connection) -> int:
        """Ask the run that is going to stop; 1 after its batch, 2 now, 0 where none has begun."""
        with self.ledger(connection) as ledger:
            snapshot = ledger.read_progress()
            if snapshot is None or snapshot.state.is_final:
                return 0
            level = ledger.request_stop(snapshot.run)
        self.audit.record("stopped", connection, run=snapshot.run, level=level)
        return level

    def delete(self, connection: Connection) -> None:
        """Remove a connection with everything kept for it. Raises BusyError while it runs."""
        with self.lock(connection).held():
            for name in CONNECTION_SECRETS:
                self.secrets.delete(connection.id, name)
            self.connections.delete(connection.id)
            self.schedule_claims.forget(connection.id)
            self.notices.forget(connection.id)
            self.home.forget(connection.id)


def _sendable(service: str, url: str) -> str:
    try:
        return usable_url(url)
    except ValueError as wrong:
        raise ConfigError(f"{service}: {redact(wrong)}.", code=BAD_URL) from None
