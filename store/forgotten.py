"""The people who were forgotten on request, as keyed hashes that cannot be turned back."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from actui.model.addresses import spellings
from actui.model.errors import ConfigError
from actui.model.keys import MatchKey
from store.damage import damaged, read_file
from store.home import Home, is_there
from store.json_file import open_private, sync_directory
from store.sqlite import make_database, open_database, quick_check

_AT_ONCE = 500
_KEY_BYTES = 32
_NO_KEY = (
    "Without it nobody who was forgotten is known again: bring it back from a backup "
    "(actui restore)."
)
GONE = "(forgotten)"


class Forgotten:
    """The forgotten people of a home; they count for all its connections, including future ones."""

    def __init__(self, home: Home) -> None:
        self._file = home.root / "forgotten.db"
        self._key_file = home.root / "forgotten.key"

    def add(self, keys: Iterable[MatchKey], origins: tuple[str, str]) -> None:
        """Remember a person durably; `origins` are the accounts of the contact and profile ids.

        Raises ConfigError if the existing entries cannot be read.
        """
        if not self._exists():
            # the key first: a list without its key would be everybody's end
            self._make_key()
            make_database(self._file, _create)
        key = self._key()
        marks = [(_mark(key, one, origins),) for one in keys]
        with closing(open_database(self._file)) as database:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT OR IGNORE INTO forgotten VALUES (?)", marks)
            database.execute("COMMIT")

    def among(self, keys: Iterable[MatchKey], origins: tuple[str, str]) -> set[MatchKey]:
        """The keys among `keys` that belong to a forgotten person.

        Raises ConfigError if the entries cannot be read: nobody may then be assumed not to be
        forgotten.
        """
        if not self._exists():
            return set()
        key = self._key()
        by_mark = {_mark(key, one, origins): one for one in keys}
        marks, found = list(by_mark), set[MatchKey]()
        with closing(open_database(self._file)) as database:
            for start in range(0, len(marks), _AT_ONCE):
                some = marks[start : start + _AT_ONCE]
                places = ",".join("?" * len(some))
                query = f"SELECT mark FROM forgotten WHERE mark IN ({places})"  # noqa: S608
                found.update(by_mark[mark] for (mark,) in database.execute(query, some))
        return found

    def check(self) -> str:
        """What is wrong with the stored entries; empty if they are sound. Reads all of them."""
        try:
            if not self._exists():
                return ""
            self._key()
            with closing(open_database(self._file)) as database:
                database.execute("SELECT count(mark) FROM forgotten").fetchone()
                return quick_check(database)
        except ConfigError as failure:
            return failure.message

    def add_all_of(self, other: Forgotten) -> bool:
        """Add everybody whom another home has forgotten; returns False if its key differs."""
        if self._key() != other._key():
            return False
        with closing(open_database(other._file)) as database:
            marks = database.execute("SELECT mark FROM forgotten").fetchall()
        with closing(open_database(self._file)) as database:
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT OR IGNORE INTO forgotten VALUES (?)", marks)
            database.execute("COMMIT")
        return True

    def _exists(self) -> bool:
        try:
            return is_there(self._file)
        except OSError as wrong:
            raise ConfigError(f"{self._file} cannot be read: {wrong.strerror}.") from wrong

    def _make_key(self) -> None:
        if not is_there(self._key_file):
            temporary = self._key_file.with_name(f".{self._key_file.name}.{os.getpid()}.tmp")
            with open_private(temporary) as file:
                file.write(secrets.token_hex(_KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._key_file)
            sync_directory(self._key_file.parent)

    def _key(self) -> bytes:
        """The key of the hashes. Raises DamagedError: another key would recognize nobody."""
        try:
            key = bytes.fromhex(read_file(self._key_file).decode().strip())
        except FileNotFoundError:
            raise damaged(self._key_file, "it is not there", advice=_NO_KEY) from None
        except OSError as wrong:
            raise ConfigError(f"{self._key_file} cannot be read: {wrong.strerror}.") from wrong
        except ValueError as wrong:
            raise damaged(self._key_file, "it holds no key", advice=_NO_KEY) from wrong
        if len(key) != _KEY_BYTES:
            raise damaged(self._key_file, "it holds no whole key", advice=_NO_KEY)
        return key


def _create(database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE forgotten (mark BLOB PRIMARY KEY) WITHOUT ROWID")


def _mark(key: bytes, word: str, origins: tuple[str, str]) -> bytes:
    kind = word.partition(" ")[0]
    where = {"contact": origins[0], "profile": origins[1]}.get(kind, "")
    # half a surrogate pair in an address must not end a run
    text = f"{word} {where}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, key=key, digest_size=16).digest()


def without_address(text: str, *emails: str) -> str:
    """The text, JSON or plain, without any of the addresses, in whatever spelling or case."""
    forms = {form for email in emails for form in spellings(email) if form}
    forms |= {
        json.dumps(form, ensure_ascii=escape)[1:-1] for form in forms for escape in (False, True)
    }
    if not forms:
        return text
    # the longest first: one spelling may be the end of another
    either = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    return re.sub(rf"(?<![\w.+-])(?:{either})(?![\w-])", GONE, text, flags=re.IGNORECASE)


def redact(file: Path, *emails: str) -> None:
    """Remove the addresses, in every spelling, from a text file."""
    text = file.read_text(encoding="utf-8", errors="surrogateescape")
    changed = without_address(text, *emails)
    if changed != text:
        temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
        with open_private(temporary) as out:
            out.write(changed.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
        temporary.replace(file)
