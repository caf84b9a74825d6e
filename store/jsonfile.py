"""TinyDB documents on disk that survive a crash, a full disk and a second process.

TinyDB's own storage rewrites the file in place without a lock (terminal.md §5: 13 of 40 files
were corrupt after `kill -9`). Here each write goes to a temporary file that replaces the old one
whole, the last good copy is kept, and one lock is held over read-modify-write.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from tinydb import TinyDB
from tinydb.storages import Storage

from actui.model.errors import BusyError, ConfigError
from store.migrations import LATEST, migrated

_LOCK_SECONDS = 10
_VERSION_KEY = "_schema"


class SafeStorage(Storage):
    """One JSON file, replaced atomically; mode 0600."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def read(self) -> dict[str, dict[str, Any]] | None:
        """The file's tables, None where there is no file yet.

        Raises ConfigError for a file that is not JSON or that a newer actui wrote.
        """
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        try:
            tables = json.loads(text)
            version = tables.pop(_VERSION_KEY, {}).get("version", LATEST)
        except (ValueError, AttributeError) as wrong:
            kept = backup_of(self._path)
            more = f"; its last good copy is {kept}" if kept.exists() else ": it is damaged"
            raise ConfigError(f"{self._path} cannot be read{more}.") from wrong
        return migrated(tables, version, self._path)

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Replace the file; a crash at any instant leaves the old one or the new one."""
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
        whole = {_VERSION_KEY: {"version": LATEST}, **data}
        try:
            with open_private(temporary) as file:
                json.dump(whole, file, ensure_ascii=False, indent=1)
                file.flush()
                os.fsync(file.fileno())
            if self._path.exists():
                shutil.copyfile(self._path, backup_of(self._path))
                backup_of(self._path).chmod(0o600)
            temporary.replace(self._path)
        except OSError as wrong:
            temporary.unlink(missing_ok=True)
            raise ConfigError(f"{self._path} cannot be written: {wrong.strerror}.") from wrong
        sync_directory(self._path.parent)


def backup_of(path: Path) -> Path:
    """Where the last good copy of a file is kept."""
    return path.with_name(path.name + ".bak")


def open_private(path: Path) -> Any:
    """A new text file that only its owner can read, opened for writing."""
    return os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    )


def sync_directory(path: Path) -> None:
    """Make a rename in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def documents(path: Path) -> Iterator[TinyDB]:
    """The database of a file, locked against every other process until the block ends.

    A fresh TinyDB each time has no stale cache and no stale next id; nothing is kept open.
    """
    try:
        with FileLock(path.with_name(path.name + ".lock"), timeout=_LOCK_SECONDS, mode=0o600):
            yield TinyDB(path, storage=SafeStorage)
    except Timeout:
        raise BusyError(f"{path} is held by another process.") from None
