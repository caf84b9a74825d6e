"""The paths of a home: directories of mode 0700, files of mode 0600 (store/README.md §6)."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_state_path

from actui.model.errors import ConfigError, StorageError
from store.ownership import close_home
from store.restoring import finish_restoring
from store.write_errors import UNWRITABLE

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


def is_id(text: str) -> bool:
    """Whether a text can be an id: one that is safe in a file name."""
    return _ID.match(text) is not None


def checked_id(text: str) -> str:
    """The id itself. Raises ConfigError if it is not safe in a file name."""
    if not is_id(text):
        raise ConfigError(f"'{text}' cannot be an id: letters, digits, - and _ only.")
    return text


def _root(named: str | None) -> Path:
    """The home's absolute path. Raises ConfigError if there is none or it is not UTF-8."""
    what = "ACTUI_HOME" if named else "The place for state (XDG_STATE_HOME)"
    try:
        root = Path(named).expanduser().absolute() if named else user_state_path("actui")
        str(root).encode()
    except UnicodeError:
        raise ConfigError(f"{what} is not UTF-8 text.") from None
    except (OSError, RuntimeError, KeyError):
        # a folder that was removed, or a user without a home
        raise ConfigError(f"{what} names no folder; give an absolute path.") from None
    return root


def is_there(path: Path) -> bool:
    """Whether a file or folder exists. Raises OSError where that cannot be known.

    `Path.exists` returns False instead from Python 3.14 on.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def can_write(path: Path) -> bool:
    """Whether a file may be written or created, as far as can be known without trying."""
    place = path
    while not is_there(place):
        place = place.parent
    return os.access(place, os.W_OK) and (place is not path or os.access(path.parent, os.W_OK))


def _make(place: Path) -> None:
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as wrong:
        if wrong.errno in UNWRITABLE:
            raise StorageError.of(place, wrong) from wrong
        raise ConfigError(f"{place} cannot be made: {wrong.strerror}.") from wrong


@dataclass(frozen=True)
class Home:
    """The paths of one user's home; the folders exist once it is opened."""

    root: Path

    @classmethod
    def open(cls, environ: Mapping[str, str]) -> Home:
        """Open the home named by ACTUI_HOME, else the platform's state directory; create it.

        Access for others is removed. Raises ConfigError if it belongs to another user or holds a
        symbolic link.
        """
        home = cls(_root(environ.get("ACTUI_HOME")))
        _make(home.root)
        try:
            close_home(home.root, home.settings_file)
        except OSError as wrong:
            place = wrong.filename or home.root
            raise ConfigError(f"{place} cannot be opened: {wrong.strerror}.") from wrong
        finish_restoring(home.root)
        for place in (
            home.runs_dir,
            home.ledgers_dir,
            home.locks_dir,
            home.logs_dir,
            home.pace_dir,
            home.audit_dir,
        ):
            try:
                _make(place)
            except StorageError:
                # what it holds can be read; whoever writes there gets the error
                continue
        return home

    @property
    def connections_file(self) -> Path:
        return self.root / "connections.json"

    @property
    def settings_file(self) -> Path:
        return self.root / "settings.json"

    @property
    def secrets_file(self) -> Path:
        return self.root / "secrets.json"

    @property
    def schedule_claims_file(self) -> Path:
        return self.root / "turns.json"

    @property
    def notices_file(self) -> Path:
        return self.root / "notices.json"

    @property
    def heartbeat_file(self) -> Path:
        return self.locks_dir / "turns-looked"

    @property
    def keyring_file(self) -> Path:
        return self.root / "keyring.cfg"

    @property
    def runs_dir(self) -> Path:
        return self.root / "runs"

    @property
    def ledgers_dir(self) -> Path:
        return self.root / "ledgers"

    @property
    def locks_dir(self) -> Path:
        return self.root / "locks"

    @property
    def logs_dir(self) -> Path:
        return self.root / "logs"

    @property
    def pace_dir(self) -> Path:
        return self.root / "pace"

    @property
    def audit_dir(self) -> Path:
        return self.root / "audit"

    def history_file(self, connection_id: str) -> Path:
        """The run history of one connection."""
        return self.runs_dir / f"{checked_id(connection_id)}.json"

    def ledger_file(self, connection_id: str) -> Path:
        """The ledger of one connection, in a directory of its own."""
        return self.ledgers_dir / checked_id(connection_id) / "ledger.db"

    def lock_file(self, connection_id: str) -> Path:
        """The run lock of one connection."""
        return self.locks_dir / f"{checked_id(connection_id)}.lock"

    def log_file(self, connection_id: str) -> Path:
        """The output of the process of a connection's last run."""
        return self.logs_dir / f"{checked_id(connection_id)}-last.log"

    def forget(self, connection_id: str) -> None:
        """Remove a connection's history, ledgers and log, and with them people's data."""
        place, log = self.ledger_file(connection_id).parent, self.log_file(connection_id)
        for file in (*self._history_files(connection_id), log):
            file.unlink(missing_ok=True)
        if place.is_dir():
            shutil.rmtree(place)

    def _history_files(self, connection_id: str) -> list[Path]:
        return list(self.runs_dir.glob(f"{checked_id(connection_id)}.json*"))
