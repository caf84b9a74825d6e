"""Read a connection's ledger, run lock and log while another process runs it."""

from __future__ import annotations

from pathlib import Path

from actui.context.context import AppContext
from actui.model.connection import Connection
from actui.model.errors import ConfigError
from actui.model.run import RunSnapshot, UniqueCounts
from store.ledger import SqliteLedger


class LedgerReader:
    """One connection's run, as `actui.console.ports.RunReader`; keeps its ledger open."""

    def __init__(self, context: AppContext, connection: Connection) -> None:
        self._context = context
        self._connection = connection
        self._opened: tuple[int, SqliteLedger] | None = None
        self._times = 0
        self._damage: tuple[object, str] | None = None

    @property
    def _ledger(self) -> SqliteLedger:
        """The ledger, opened again if a run with --fresh has replaced the file."""
        path = self._context.home.ledger_file(self._connection.id)
        if self._opened is None or self._opened[0] != _identity(path):
            self.close()
            ledger = self._context.ledger(self._connection)
            self._opened = _identity(path), ledger
            self._times += 1
        return self._opened[1]

    def close(self) -> None:
        """Close the ledger; the next read opens it again."""
        if self._opened is not None:
            self._opened[1].close()
            self._opened = None

    def snapshot(self) -> RunSnapshot | None:
        try:
            return self._ledger.runs.read_progress()
        except ConfigError as failure:  # the history shows how the run ended, and why
            self._remember(failure)
            return None

    def version(self) -> int:
        try:
            version = self._ledger.database.data_version()
        except ConfigError as failure:
            self._remember(failure)
            return -1
        return (self._times << 32) + version

    def unique(self) -> UniqueCounts:
        try:
            return self._ledger.people.exchanged_counts()
        except ConfigError as failure:
            self._remember(failure)
            raise

    def damage(self) -> str:
        found = _state(self._context.home.ledger_file(self._connection.id))
        if self._damage is not None and self._damage[0] == found:
            return self._damage[1]
        message = ""
        if found:  # a connection that never ran needs no ledger for being looked at
            try:
                # a file of its own: a list of many connections must not keep all of them open
                with self._context.ledger(self._connection) as ledger:
                    ledger.runs.read_progress()
            except ConfigError as failure:
                message = failure.message
        self._damage = found, message
        return message

    def _remember(self, failure: ConfigError) -> None:
        file = self._context.home.ledger_file(self._connection.id)
        self._damage = _state(file), failure.message

    def is_running(self) -> bool:
        return self._context.lock(self._connection).is_held()

    def request_stop(self) -> int:
        return self._context.request_stop(self._connection) if self.is_running() else 0

    def last_message(self) -> str:
        log = self._context.home.log_file(self._connection.id)
        try:
            lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError:  # systemd keeps what a unit of its own says
            return ""
        messages = [line.strip() for line in lines if line.strip()]
        return messages[-1].removeprefix("actui: ") if messages else ""


def _identity(file: Path) -> int:
    try:
        return file.stat().st_ino
    except OSError:  # opening it says what is wrong
        return 0


def _state(file: Path) -> object:
    """Changes when the file is replaced, repaired or made readable; None without a file."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode
