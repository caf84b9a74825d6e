"""Back up a home into one file and restore it: everything that the services cannot give back.

Secrets and settings that name a command are not in a backup.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import sqlite3
import stat
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import IO, Any

from actui.model.errors import ConfigError, DamagedError
from actui.model.rollback import Doubt
from actui.model.settings import ENCRYPTED_FILE
from store.connections import Connections
from store.damage import read_file
from store.forgotten import Forgotten
from store.home import Home, is_id, is_there
from store.json_file import UNREADABLE, VERSION_KEY, check_documents, sync_directory
from store.ledger import open_ledger
from store.locks import RunLock
from store.restoring import DOCUMENTS, FOLDERS, FORGOTTEN, finish_restoring, get_ready
from store.settings import SettingsFile
from store.sqlite import open_database, quick_check, refuse_broken_log

_FORM = 1
_MANIFEST = "manifest.json"
_MOST_MANIFEST = 64_000_000
_BLOCK = 1 << 20
_STAGED = ".restoring"
_MONTH = re.compile(r"\d{4}-\d{2}\.jsonl\Z")
_KEPT_BACKENDS = (None, ENCRYPTED_FILE)


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup: its number of files, and their total size in bytes before compression."""

    files: int
    size: int


@dataclass(frozen=True, slots=True)
class Restored:
    """When a restored backup was made, its number of connections, the replaced files' folder."""

    made: str
    connections: int
    replaced: Path | None


# making one


def make_backup(home: Home, target: Path, version: str) -> Made:
    """Write the home into a new file of mode 0600, consistently even while runs go on.

    `version` is actui's own. Raises ConfigError if the file exists or cannot be written, and
    DamagedError if something in the home is damaged; then no file is left.
    """
    if is_there(target):
        raise ConfigError(f"{target} exists already; choose another name.")
    try:
        work = Path(mkdtemp(prefix=".actui-backup-", dir=target.parent))
    except OSError as wrong:
        raise ConfigError(f"{target} cannot be written: {wrong.strerror}.") from wrong
    try:
        names = list(_collect(home, work / "home"))
        _pack(work, names, version)
        try:
            os.link(work / "packed", target)
        except FileExistsError:
            raise ConfigError(f"{target} exists already; choose another name.") from None
        except OSError:  # a file system without hard links
            (work / "packed").rename(target)
        sync_directory(target.parent)
        return Made(len(names), sum((work / "home" / name).stat().st_size for name in names))
    except OSError as wrong:
        place = Path(os.fsdecode(wrong.filename or target))
        if place.is_relative_to(home.root) and place != target and not place.is_relative_to(work):
            raise ConfigError(
                f"{place} cannot be read: {wrong.strerror}.", advice="Nothing was backed up."
            ) from wrong
        raise ConfigError(f"{target} cannot be written: {wrong.strerror}.") from wrong
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _collect(home: Home, into: Path) -> Iterator[str]:
    """Copy the files and yield their names; what may be newer than the rest comes last."""
    for name in (*DOCUMENTS, *_in(home.runs_dir, ".json"), *_in(home.audit_dir, ".jsonl")):
        try:
            content = read_file(home.root / name)
        except FileNotFoundError:
            continue
        if name.endswith(".json"):
            check_documents(home.root / name, content)
        if name == home.settings_file.name:
            content = _harmless(content)
        _write(into / name, content)
        yield name
    for folder in sorted(home.ledgers_dir.iterdir()):
        file = folder / "ledger.db"
        if is_id(folder.name) and is_there(file):
            if not RunLock(home.lock_file(folder.name)).is_held():
                refuse_broken_log(file)
            _copy_database(file, into / "ledgers" / folder.name / file.name)
            yield f"ledgers/{folder.name}/{file.name}"
    # after the ledgers: whoever was forgotten meanwhile is in one of them at the most
    key, marks = home.root / "forgotten.key", home.root / "forgotten.db"
    if is_there(marks):
        if trouble := Forgotten(home).check():
            raise DamagedError(trouble)
        _copy_database(marks, into / marks.name)
        _write(into / key.name, read_file(key))
        yield from (marks.name, key.name)


def _in(folder: Path, suffix: str) -> list[str]:
    return [f"{folder.name}/{one.name}" for one in sorted(folder.glob(f"*{suffix}"))]


def _harmless(content: bytes) -> bytes:
    """Settings without what runs a command or another program, or may hold a password."""
    tables = json.loads(content)
    schema = tables.pop(VERSION_KEY, {"version": 1})
    for table in tables.values():
        for document in table.values():
            document.pop("password_command", None)
            if document.get("keyring_backend") not in _KEPT_BACKENDS:
                document.pop("keyring_backend")
    return json.dumps({VERSION_KEY: schema, **tables}, ensure_ascii=False).encode()


def _copy_database(file: Path, copy: Path) -> None:
    """Copy a database as it is at one instant. Raises DamagedError if the copy is not sound."""
    _write(copy, b"")
    with closing(open_database(file)) as source, closing(sqlite3.connect(copy)) as target:
        source.copy_to(target)
        target.execute("PRAGMA journal_mode = DELETE")
        if trouble := quick_check(target):
            raise DamagedError(f"{file} is damaged: {trouble}.", advice="Nothing was backed up.")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _pack(work: Path, names: Iterable[str], version: str) -> None:
    sources = {name: work / "home" / name for name in names}
    files = {
        name: {"size": path.stat().st_size, "sha256": _digest(path)}
        for name, path in sources.items()
    }
    made = datetime.now(UTC).isoformat(timespec="seconds")
    manifest = {"actui_backup": _FORM, "made": made, "actui": version, "files": files}
    _write(work / _MANIFEST, json.dumps(manifest).encode())
    descriptor = os.open(work / "packed", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
            for name, path in {_MANIFEST: work / _MANIFEST, **sources}.items():
                archive.add(path, name, recursive=False, filter=_anonymous)
        out.flush()
        os.fsync(out.fileno())


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# restoring one


def restore_backup(home: Home, source: Path, *, replace: bool) -> Restored:
    """Replace what a home holds by a backup; secrets stay as they are.

    Everything is checked before anything is touched, and a crash leaves either the old home or the
    new one. Raises ConfigError for a file that is no complete backup and, without `replace`, if the
    home is in use; BusyError while one of its connections runs.
    """
    if not replace and holds_something(home):
        raise ConfigError(
            f"{home.root} is in use: it has connections, ledgers or run histories.",
            advice="Restore into an empty home (ACTUI_HOME), or add --replace, which keeps the "
            "replaced files in a folder beside the new ones.",
            code="not-empty",
        )
    staged = home.root / _STAGED
    with ExitStack() as held:
        for lock in sorted(home.locks_dir.glob("*.lock")):
            if is_id(lock.stem) and lock.stem != "restore":
                held.enter_context(RunLock(lock).held())
        shutil.rmtree(staged, ignore_errors=True)
        for place in (staged, *(staged / name for name in FOLDERS)):
            place.mkdir(mode=0o700)
        try:
            with _as_config_error(source):
                made = _unpack(source, staged)
            many = _check_staged(staged, made)
            keep = _join_forgotten(home, staged)
            get_ready(staged, keep)
        except OSError as wrong:
            raise ConfigError(f"{source} cannot be restored: {wrong.strerror}.") from wrong
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        return Restored(made, many, finish_restoring(home.root))


def holds_something(home: Home) -> bool:
    """Whether a home has anything that a restore would replace, apart from settings."""
    folders = (home.ledgers_dir, home.runs_dir)
    return is_there(home.connections_file) or any(any(one.iterdir()) for one in folders)


@contextmanager
def _as_config_error(source: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, *UNREADABLE) as wrong:
        raise ConfigError(f"{source} is no whole backup of actui.", code="no-backup") from wrong


class _Bounded:
    """A stream that yields at most a given number of bytes: few packed bytes can be many."""

    def __init__(self, stream: gzip.GzipFile, most: int) -> None:
        self._stream = stream
        self.left = most

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises ValueError beyond the bound."""
        found = self._stream.read(_BLOCK if size < 0 else size)
        self.left -= len(found)
        if self.left < 0:
            raise ValueError("larger than it says")
        return found


def _unpack(source: Path, staged: Path) -> str:
    """Unpack a backup; when it was made. Raises one of UNREADABLE for another file."""
    with _opened(source) as raw, gzip.open(raw, "rb") as plain:
        bounded: Any = _Bounded(plain, _MOST_MANIFEST)
        with tarfile.open(fileobj=bounded, mode="r|") as archive:
            first = archive.next()
            if first is None or first.name != _MANIFEST or not first.isreg():
                raise ValueError("no manifest")
            manifest = json.loads(_content(archive, first).read())
            files = _declared(manifest)
            total = sum(size for size, _ in files.values())
            if total > shutil.disk_usage(staged).free:
                raise ConfigError(
                    f"The backup takes {total / 1e9:,.1f} GB; the disk has not so much left."
                )
            bounded.left = total + 10_000 * (len(files) + 2) + _BLOCK
            while (member := archive.next()) is not None:
                size, digest = files.pop(member.name)
                if not member.isreg() or member.size != size:
                    raise ValueError(member.name)
                _receive(_content(archive, member), staged / member.name, digest)
            if files:
                raise ValueError("files are missing")
    return str(manifest["made"])


def _opened(source: Path) -> IO[bytes]:
    """Open a regular file without waiting for a pipe. Raises ValueError for anything else."""
    descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError("no file")
    return os.fdopen(descriptor, "rb")


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    found = archive.extractfile(member)
    if found is None:
        raise ValueError(member.name)
    return found


def _declared(manifest: Any) -> dict[str, tuple[int, str]]:
    """The size and SHA-256 of each file in a manifest, by name. Raises one of UNREADABLE."""
    if manifest["actui_backup"] != _FORM:
        raise ConfigError("The backup was made by a newer actui; update this one.", code="newer")
    datetime.fromisoformat(manifest["made"])
    files = {}
    for name, facts in manifest["files"].items():
        size, digest = facts["size"], facts["sha256"]
        if not _is_ours(name) or type(size) is not int or size < 0 or type(digest) is not str:
            raise ValueError(name)
        files[name] = (size, digest)
    return files


def _is_ours(name: str) -> bool:
    """Whether a backup may hold a file of this name."""
    if name in DOCUMENTS or name in FORGOTTEN:
        return True
    match name.split("/"):
        case ["runs", file]:
            return file.endswith(".json") and is_id(file.removesuffix(".json"))
        case ["audit", file]:
            return _MONTH.match(file) is not None
        case ["ledgers", connection, "ledger.db"]:
            return is_id(connection)
    return False


def _receive(stream: IO[bytes], target: Path, digest: str) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = hashlib.sha256()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while block := stream.read(_BLOCK):
            found.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    if found.hexdigest() != digest:
        raise ValueError(target.name)


def _check_staged(staged: Path, made: str) -> int:
    """Open everything as a home does, mark the ledgers as restored, and count the connections.

    Raises ConfigError if a home could not use it.
    """
    home = Home(staged)
    for name in DOCUMENTS:
        if is_there(staged / name):
            check_documents(staged / name, read_file(staged / name))
    if is_there(home.settings_file):
        content = _harmless(read_file(home.settings_file))
        home.settings_file.unlink()
        _write(home.settings_file, content)
        SettingsFile(home).load()
    many = len(Connections(home).all())
    for history in home.runs_dir.glob("*.json"):
        check_documents(history, read_file(history))
    doubt = Doubt(f"It was restored from a backup of {made}, and what it did since is not in it.")
    for ledger_file in home.ledgers_dir.glob("*/ledger.db"):
        with open_ledger(ledger_file) as ledger:
            if trouble := ledger.database.check():
                raise DamagedError(f"{ledger_file.parent.name}: {trouble}.")
            ledger.doubts.save(doubt)
            ledger.database.checkpoint()
    if trouble := Forgotten(home).check():
        raise DamagedError(trouble)
    for left in staged.glob("*.lock"):
        left.unlink()
    return many


def _join_forgotten(home: Home, staged: Path) -> frozenset[str]:
    """Keep people forgotten who were forgotten in this home after the backup was made.

    Returns the names of files that the restore must leave alone.
    """
    mine, theirs = Forgotten(home), Forgotten(Home(staged))
    if not is_there(home.root / "forgotten.db"):
        return frozenset()
    if not is_there(staged / "forgotten.db"):
        return frozenset(FORGOTTEN)
    if mine.check():
        return frozenset()
    if not theirs.add_all_of(mine):
        raise ConfigError(
            f"{home.root} and the backup have forgotten people under different keys.",
            advice="Restore into an empty home: people forgotten here must stay forgotten.",
        )
    return frozenset()
