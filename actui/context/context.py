"""The stores, settings and secrets of one home."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from pydantic import SecretStr

from actui.model.accounts import (
    CONNECTION_SECRETS,
    account_origins,
    secret_command_name,
    secret_origin,
)
from actui.model.connection import Connection
from actui.model.errors import (
    ConfigError,
    CredentialsError,
    StorageError,
)
from actui.model.mailbox import parse_address
from actui.model.rollback import Lost
from actui.model.run import RunSummary
from actui.model.secret import SecretName, secret_label
from actui.model.settings import Settings, usable_mail_host
from actui.operations.rollback_check import last_with_goals
from actui.sync.run.unfinished import close_cut_off
from store.audit import Audit
from store.connections import Connections
from store.history import History
from store.home import Home, is_there
from store.ledger import SqliteLedger, open_ledger, set_aside
from store.ledger.salvage import salvage, trouble_of
from store.locks import RunLock
from store.schedule_claims import ScheduleClaims
from store.secrets import Found, Secrets
from store.sent_notices import SentNotices
from store.settings import SettingsFile
from store.sqlite import refuse_broken_log

_MISSING = {Lost.SUMS: "Sums that were added", Lost.LISTS: "lists that people were put on"}


def ignore_report(sentence: str) -> None:
    """Null listener."""


@dataclass(frozen=True)
class AppContext:
    """Builds the stores, locks and secrets of one ACTUI_HOME; each is opened when first used.

    `environ` is the environment that named the home; secrets may come from it.
    """

    home: Home
    environ: Mapping[str, str]

    @classmethod
    def open(cls, environ: Mapping[str, str] = os.environ) -> AppContext:
        """The home that the environment names."""
        return cls(Home.open(environ), environ)

    @cached_property
    def settings(self) -> Settings:
        return SettingsFile(self.home).load()

    def change_settings(self, changes: Mapping[str, object]) -> Settings:
        """Store changed settings; they apply at once. Raises ConfigError for an invalid one."""
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
        """The audit log, also for consoles and schedulers."""
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
        """The connection's run history; a run whose process is gone is closed first."""
        history = History(self.home, connection.id)
        if not self.lock(connection).is_held():
            with suppress(StorageError):  # a home that cannot be written can be read
                self.close_cut_off_run(connection, history)
        return history

    def close_cut_off_run(self, connection: Connection, history: History) -> None:
        latest = next(iter(history.all(limit=1)), None)
        if latest is None or latest.state.is_final:
            return
        snapshot = None
        # a ledger that cannot be read must not keep anybody from seeing the history
        with suppress(ConfigError):
            refuse_broken_log(file := self.home.ledger_file(connection.id))
            with open_ledger(file) as ledger:
                snapshot = ledger.runs.read_progress()
        closed = close_cut_off(latest, snapshot, datetime.now(UTC))
        if closed is not None:
            history.save(closed)

    def lock(self, connection: Connection) -> RunLock:
        return RunLock(self.home.lock_file(connection.id))

    def ledger(self, connection: Connection) -> SqliteLedger:
        """The connection's ledger, to be used as a context manager. Raises DamagedError."""
        file = self.home.ledger_file(connection.id)
        if not self.lock(connection).is_held():
            # closing the file would remove a broken log, and with it what tells of that
            refuse_broken_log(file)
        return open_ledger(file)

    def bound_ledger(
        self, connection: Connection, *, fresh: bool, report: Callable[[str], None] = ignore_report
    ) -> SqliteLedger:
        """The ledger, bound to the connection's accounts (store/README.md §4).

        The caller holds the run lock. Raises ConfigError if it belongs to other accounts, holds
        people and `fresh` is False; one without people, as after a first run with a mistyped host,
        is replaced. `fresh` also replaces a damaged ledger, and `report` is called with a sentence
        about that.
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
            if begun_anew and (last := last_with_goals(self.runs(connection))) is not None:
                ledger.doubts.set_follows(last.run)
            if ledger.accounts.origins() is None:
                ledger.accounts.bind(*account_origins(connection))
        except BaseException:
            ledger.close()
            raise
        return ledger

    def runs(self, connection: Connection) -> list[RunSummary]:
        return History(self.home, connection.id).all()

    def _salvaged(self, connection: Connection, trouble: str) -> str:
        """Replace a damaged ledger; what could be saved of it, in sentences."""
        found = salvage(self.home, connection.id, trouble)
        with open_ledger(self.home.ledger_file(connection.id)) as ledger:
            if (last := last_with_goals(self.runs(connection))) is not None:
                ledger.doubts.set_follows(last.run)
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
        """Whether the ledger belongs to the connection's accounts, or to none yet.

        Raises ConfigError `other-account` if it belongs to others, holds people and `others_too` is
        False.
        """
        if not is_there(self.home.ledger_file(connection.id)):
            return True
        with self.ledger(connection) as ledger:
            bound = ledger.accounts.origins()
            if bound is None or bound == account_origins(connection):
                return True
            if others_too or not ledger.accounts.has_met_anybody():
                return False
        raise ConfigError(
            f"'{connection.name}' has worked with {bound[0]} and {bound[1]} until now.",
            advice="Run it with --fresh to start anew with the changed account.",
            code="other-account",
        )

    def secret(self, connection: Connection, name: SecretName) -> SecretStr:
        """A connection's secret. Raises CredentialsError that says how to store a missing one."""
        found = self._find_secret(connection, name)
        if found is None:
            raise CredentialsError(
                f"No {secret_label(name)} is stored for '{connection.name}': "
                f"actui secret set '{connection.name}' {secret_command_name(name)}",
                code="no-secret",
            )
        return found.value

    def secret_source(self, connection: Connection, name: SecretName) -> str:
        """Where a connection's secret is, in words; empty if it is nowhere.

        Raises CredentialsError `other-origin` if the stored one belongs to another URL.
        """
        found = self._find_secret(connection, name)
        return found.source if found else ""

    def _find_secret(self, connection: Connection, name: SecretName) -> Found | None:
        origin = secret_origin(connection, name)
        return self.secrets.find(connection.name, connection.id, name, origin)

    def save_secret(self, connection: Connection, name: SecretName, value: SecretStr) -> str:
        """Store a connection's secret for its present URL; returns where, in words."""
        bound = secret_origin(connection, name)
        where = self.secrets.save(connection.name, connection.id, name, bound, value)
        message = secret_command_name(name)
        self.audit.record("secret set", connection, secret=message, origin=bound, where=where)
        return where

    def delete_secret(self, connection: Connection, name: SecretName) -> bool:
        """Delete a connection's stored secret; returns whether there was one."""
        was_there = self.secrets.delete(connection.id, name)
        if was_there:
            self.audit.record("secret deleted", connection, secret=secret_command_name(name))
        return was_there

    def request_stop(self, connection: Connection) -> int:
        """Ask the current run to stop; 1 = after its batch, 2 = at once, 0 = no run has begun."""
        with self.ledger(connection) as ledger:
            snapshot = ledger.runs.read_progress()
            if snapshot is None or snapshot.state.is_final:
                return 0
            level = ledger.runs.request_stop(snapshot.run)
        self.audit.record("stopped", connection, run=snapshot.run, level=level)
        return level

    def delete(self, connection: Connection) -> None:
        """Delete a connection and everything stored for it. Raises BusyError while it runs."""
        with self.lock(connection).held():
            for name in CONNECTION_SECRETS:
                self.secrets.delete(connection.id, name)
            self.connections.delete(connection.id)
            self.schedule_claims.forget(connection.id)
            self.notices.forget(connection.id)
            self.home.forget(connection.id)
