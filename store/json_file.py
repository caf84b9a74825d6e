"""TinyDB documents on disk that survive a crash, a full disk and a second process.

TinyDB's own storage rewrites the file in place without a lock (store/README.md §2: 13 of 40 files
were corrupt after `kill -9`). Here each write goes to a temporary file that replaces the old one
whole, the last good copy is kept, and one lock is held over read-modify-write.
"""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from tinydb import TinyDB
from tinydb.storages import Storage

from actui.model.errors import BusyError, ConfigError, DamagedError, StorageError
from store.damage import damaged, is_good, read_file
from store.migrations import LATEST, Tables, migrated
from store.write_errors import UNWRITABLE

_LOCK_SECONDS = 10
VERSION_KEY = "_schema"


class SafeStorage(Storage):
    """One JSON file, replaced atomically; mode 0600."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def read(self) -> dict[str, dict[str, Any]] | None:
        """The file's tables, None where there is no file yet.

        Raises DamagedError, with the last good copy, for a file that holds no documents, and
        ConfigError for one that cannot be read or that a newer actui wrote.
        """
        try:
            text = read_file(self._path)
        except FileNotFoundError:
            return None
        except OSError as wrong:
            raise ConfigError(f"{self._path} cannot be read: {wrong.strerror}.") from wrong
        try:
            tables, version = _tables(text)
        except UNREADABLE as wrong:
            trouble = "it holds no documents" if text.strip() else "it is empty"
            raise damaged_documents(self._path, trouble) from wrong
        return migrated(tables, version, self._path)

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Replace the file; a crash at any instant leaves the old one or the new one.

        The caller must hold the file's lock. Raises StorageError, with the file unchanged.
        """
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
        whole = {VERSION_KEY: {"version": LATEST}, **data}
        try:
            with open_private(temporary) as file:
                json.dump(whole, file, ensure_ascii=False, indent=1)
                file.flush()
                os.fsync(file.fileno())
            self._keep_copy()
            temporary.replace(self._path)
            sync_directory(self._path.parent)
        except OSError as wrong:
            raise StorageError.of(self._path, wrong) from wrong
        finally:
            # ours after a failure, and those of processes that died while they held the lock
            remove_temporaries(self._path)

    def _keep_copy(self) -> None:
        """Keep the current file as the backup, as a hard link where the file system has them."""
        if not self._path.exists():
            return
        copy = self._path.with_name(f".{self._path.name}.bak.{os.getpid()}.tmp")
        copy.unlink(missing_ok=True)
        try:
            os.link(self._path, copy)
        except OSError:  # a file system without hard links
            with open_private(copy) as file:
                file.write(self._path.read_text(encoding="utf-8"))
                file.flush()
                os.fsync(file.fileno())
        copy.replace(backup_of(self._path))


class _Unwritable(SafeStorage):
    """A file in a home that cannot be written: it can be read, and every write fails."""

    def __init__(self, path: Path, refusal: OSError) -> None:
        super().__init__(path)
        self._refusal = refusal

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Raises StorageError."""
        raise StorageError.of(self._path, self._refusal)


def remove_temporaries(path: Path) -> None:
    """Remove the temporary files of interrupted writes. The caller must hold the file's lock."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        with suppress(OSError):
            left.unlink()


def _tables(text: bytes) -> tuple[Tables, int]:
    """The tables of a file and its version. Raises one of UNREADABLE for anything else."""
    tables = json.loads(text.decode())
    version = tables.pop(VERSION_KEY, {"version": LATEST})["version"]
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ValueError(version)
    for documents_ in tables.values():
        for number, document in documents_.items():
            if not number.isdecimal() or not isinstance(document, dict):
                raise ValueError(number)
    return tables, version


UNREADABLE = (
    *(ValueError, LookupError, TypeError, AttributeError),
    # more brackets than Python has levels; a number that no float can hold
    *(RecursionError, OverflowError),
)
"""What reading JSON of an unexpected shape raises; pydantic's ValidationError is a ValueError."""


def damaged_documents(path: Path, trouble: str) -> DamagedError:
    """The error for a damaged document file; it names the last good copy if there is one."""
    copy = backup_of(path)
    return damaged(path, trouble, copy if is_good(copy, _tables) else None)


def check_documents(path: Path, content: bytes) -> None:
    """Check a document file's content. Raises DamagedError, ConfigError for a newer version."""
    try:
        _, version = _tables(content)
    except UNREADABLE as wrong:
        raise damaged_documents(path, "it holds no documents") from wrong
    if version > LATEST:
        raise ConfigError(f"{path} was written by a newer actui; update this one.")


def check_file(path: Path) -> None:
    """Check a document file, which may be missing. Raises ConfigError or DamagedError."""
    SafeStorage(path).read()


@contextmanager
def as_stored(path: Path, trouble: str = "a document in it has another shape") -> Iterator[None]:
    """Within the block, errors of unexpected shapes become DamagedError for the file."""
    try:
        yield
    except UNREADABLE as wrong:
        raise damaged_documents(path, trouble) from wrong


def backup_of(path: Path) -> Path:
    """The path of a file's last good copy."""
    return path.with_name(path.name + ".bak")


def open_private(path: Path) -> Any:
    """Open a new text file of mode 0600 for writing; an old one is emptied, no link is followed."""
    return os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600),
        "w",
        encoding="utf-8",
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
    """Open a document file, locked against all other processes until the block ends.

    A new TinyDB each time, since a kept one has a stale cache and stale ids. Raises BusyError if
    the lock is not free within 10 s. A home that cannot be written is opened without the lock;
    writes then raise StorageError.
    """
    lock_file = path.with_name(path.name + ".lock")
    lock = FileLock(lock_file, timeout=_LOCK_SECONDS, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise BusyError(f"{path} is held by another process.") from None
    except OSError as wrong:
        if wrong.errno in UNWRITABLE:
            # files are replaced whole, so nobody who only reads needs the lock
            yield TinyDB(path, storage=_Unwritable, refusal=wrong)
            return
        raise ConfigError(f"{lock_file} cannot be opened: {wrong.strerror}.") from wrong
    try:
        yield TinyDB(path, storage=SafeStorage)
    finally:
        lock.release()
