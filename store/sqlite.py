"""Open, copy and check SQLite files; damage is reported with the file's name.

The main file is never opened by other means: closing a descriptor of it would drop the locks that
SQLite holds on it in the same process (https://www.sqlite.org/howtocorrupt.html, section 2.2).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import struct
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

from actui.model.errors import ConfigError, DamagedError
from actui.model.redaction import redact
from store.damage import damaged, read_file
from store.home import can_write, is_there
from store.json_file import sync_directory

BUSY_MS = 10_000
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_NOT_OPENED = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
_NO_TABLE = ("no such table: ", "no such column: ")
_FRESH = "`actui run NAME --fresh` sets the damaged file aside and keeps what can be read of it; "
_RESTORE = "`actui restore` brings back a backup."
_making = threading.Lock()

_WAL_HEADER, _FRAME_HEADER = struct.Struct(">8I"), struct.Struct(">6I")
_WAL_MAGIC = 0x377F0682
_WAL_VERSION = 3_007_000


class Database(sqlite3.Connection):
    """A connection that raises DamagedError where SQLite finds its file damaged."""

    file: Path = Path()

    def cursor(self, factory: Any = None) -> Any:
        """A cursor that raises DamagedError as well."""
        return super().cursor(factory or Cursor)

    def execute(self, *args: Any) -> Any:
        """As in sqlite3. Raises DamagedError."""
        return self.cursor().execute(*args)

    def executemany(self, *args: Any) -> Any:
        """As in sqlite3. Raises DamagedError."""
        return self.cursor().executemany(*args)

    def executescript(self, *args: Any) -> Any:
        """As in sqlite3. Raises DamagedError."""
        return self.cursor().executescript(*args)

    def copy_to(self, target: sqlite3.Connection) -> None:
        """Copy everything as it is at one instant, even while others write. Raises DamagedError."""
        try:
            self.backup(target)
        except sqlite3.Error as failure:
            _raise_explained(failure, self.file)


class Cursor(sqlite3.Cursor):
    """A cursor that raises DamagedError where SQLite finds the file damaged."""

    def execute(self, *args: Any) -> Any:
        """As in sqlite3. Raises DamagedError."""
        return self._checked(super().execute, *args)

    def executemany(self, *args: Any) -> Any:
        """As in sqlite3. Raises DamagedError."""
        return self._checked(super().executemany, *args)

    def executescript(self, *args: Any) -> Any:
        """As in sqlite3. Raises DamagedError."""
        return self._checked(super().executescript, *args)

    def fetchone(self) -> Any:
        """As in sqlite3. Raises DamagedError."""
        return self._checked(super().fetchone)

    def fetchall(self) -> Any:
        """As in sqlite3. Raises DamagedError."""
        return self._checked(super().fetchall)

    def __next__(self) -> Any:
        return self._checked(super().__next__)

    def _checked(self, call: Callable[..., Any], *args: Any) -> Any:
        try:
            return call(*args)
        except sqlite3.Error as failure:
            _raise_explained(failure, getattr(self.connection, "file", Path()))


def _raise_explained(failure: sqlite3.Error, path: Path) -> NoReturn:
    """Raise what an error of SQLite means for the user of the file, or the error itself.

    DamagedError for damage, ConfigError if the file cannot be opened. Call it from an `except`
    block.
    """
    # the low byte is the kind of an extended code
    code = getattr(failure, "sqlite_errorcode", 0) & 0xFF
    if code in _DAMAGED or redact(failure).startswith(_NO_TABLE):
        raise damaged_database(path, redact(failure)) from failure
    if code in _NOT_OPENED:
        raise ConfigError(
            f"{path} cannot be opened: {redact(failure)}.", code="unreadable"
        ) from failure
    raise failure


def damaged_database(path: Path, trouble: str) -> DamagedError:
    """The error for a damaged SQLite file; names the copy from before an upgrade, if any."""
    copies = sorted(path.parent.glob(f"{path.name}.v*"), key=lambda one: one.stat().st_mtime)
    kept = f"Its last good copy is {copies[-1]}, from before an upgrade." if copies else ""
    advice = (_FRESH if path.name.startswith("ledger") else "") + _RESTORE
    return damaged(path, trouble, advice=f"{kept or 'This home holds no copy.'} {advice}")


def open_database(path: Path, **options: Any) -> Database:
    """Open an existing SQLite file. Raises DamagedError or ConfigError if it cannot be one.

    `options` are those of `sqlite3.connect`. Transactions are begun and ended explicitly.
    """
    try:
        kind = path.stat()
    except OSError as wrong:
        raise ConfigError(f"{path} cannot be opened: {wrong.strerror}.") from wrong
    if not stat.S_ISREG(kind.st_mode):
        raise damaged_database(path, "there is something else than a file in its place")
    if kind.st_size == 0:
        raise damaged_database(path, "it is empty")
    refuse_foreign_log(path)
    try:
        database = sqlite3.connect(
            path, timeout=BUSY_MS / 1000, isolation_level=None, factory=Database, **options
        )
    except sqlite3.Error as failure:
        _raise_explained(failure, path)
    database.file = path
    return database


def copy_database(path: Path, target: sqlite3.Connection) -> None:
    """Copy an existing SQLite file, even from a home that cannot be written.

    Raises DamagedError, and ConfigError if it cannot be opened.
    """
    try:
        with closing(open_database(path)) as kept:
            kept.copy_to(target)
        return
    except DamagedError:
        raise
    except (ConfigError, sqlite3.OperationalError):
        # its log can only be read beside a file that SQLite may write
        if can_write(path):
            raise
    with tempfile.TemporaryDirectory(prefix="actui-") as place:
        copy = Path(place) / path.name
        shutil.copyfile(path, copy)
        if is_there(log_of(path)):
            shutil.copyfile(log_of(path), log_of(copy))
        with closing(open_database(copy)) as kept:
            kept.copy_to(target)


def make_database(path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    """Create a SQLite file with what `fill` writes into it; an existing one stays as it is.

    A crash leaves a complete file or none, so that an empty file is always a damaged one.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with _making:
        temporary.unlink(missing_ok=True)
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            with closing(sqlite3.connect(temporary, isolation_level=None)) as database:
                database.execute("PRAGMA journal_mode = OFF")
                database.execute("PRAGMA synchronous = OFF")
                fill(database)
            _sync(temporary)
            try:
                os.link(temporary, path)
            except FileExistsError:
                return
            except OSError:  # a file system without hard links
                if not is_there(path):
                    temporary.rename(path)
        finally:
            temporary.unlink(missing_ok=True)
    sync_directory(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def quick_check(database: sqlite3.Connection) -> str:
    """What SQLite finds wrong with the file, empty if nothing. Reads all of it."""
    try:
        (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except DamagedError as failure:
        return redact(failure.__cause__)
    except sqlite3.Error as failure:
        return redact(failure)
    return "" if found == "ok" else str(found).replace("\n", " ")


# the write-ahead log (https://www.sqlite.org/fileformat2.html, section 4): SQLite passes over what
# it cannot read there, and what was committed is silently gone


def log_of(path: Path) -> Path:
    """The write-ahead log of a SQLite file."""
    return path.with_name(path.name + "-wal")


def refuse_foreign_log(path: Path) -> None:
    """Raise DamagedError if the log has no valid header; a log of zeros is empty and fine."""
    log = log_of(path)
    try:
        header = read_file(log, _WAL_HEADER.size)
        # whoever begins the log anew may be at it just now
        if not header or _is_header(header) or _is_header(header := read_file(log)):
            return
    except FileNotFoundError:
        return
    except OSError as wrong:
        raise ConfigError(f"{log} cannot be opened: {wrong.strerror}.") from wrong
    if any(header):
        raise damaged_database(path, f"its log {log.name} is not readable")


def _is_header(header: bytes) -> bool:
    if len(header) < _WAL_HEADER.size:
        return False
    magic, version, *_, first, second = _WAL_HEADER.unpack_from(header)
    return (
        magic & ~1 == _WAL_MAGIC
        and version == _WAL_VERSION
        and _checksum(header[:24], magic, (0, 0)) == (first, second)
    )


def _checksum(data: bytes, magic: int, start: tuple[int, int]) -> tuple[int, int]:
    one, two = start
    for first, second in struct.iter_unpack(">II" if magic & 1 else "<II", data):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two


def refuse_broken_log(path: Path) -> None:
    """Raise DamagedError if committed transactions lie behind a broken frame of the log.

    The last transaction may be incomplete: a power failure does that before it is committed. Call
    it before anybody opens the file, because closing it removes the log.
    """
    try:
        log = read_file(log_of(path))
    except OSError:
        return
    if not _is_header(log[: _WAL_HEADER.size]):
        return  # `open_database` has its own word for it
    magic, _, size, _, *salts, one, two = _WAL_HEADER.unpack(log[: _WAL_HEADER.size])
    state, good, behind = (one, two), True, 0
    for at in range(_WAL_HEADER.size, len(log) - size - _FRAME_HEADER.size + 1, size + 24):
        header = log[at : at + 24]
        _, commits, *mine, first, second = _FRAME_HEADER.unpack(header)
        if mine != salts:
            break  # of the log before this one
        if good:
            state = _checksum(header[:8], magic, state)
            state = _checksum(log[at + 24 : at + 24 + size], magic, state)
            good = state == (first, second)
        if not good and commits:
            behind += 1
    if behind > 1:
        raise damaged_database(path, f"its log {log_of(path).name} is broken in the middle")
