"""Who was forgotten: keyed hashes, by which they are known again and from which nobody is read."""

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
from store.home import Home, is_there
from store.jsonfile import open_private

_AT_ONCE = 500
GONE = "(forgotten)"


class Forgotten:
    """The forgotten people of a home, for all its connections, those to come included."""

    def __init__(self, home: Home) -> None:
        self._file = home.root / "forgotten.db"
        self._key_file = home.root / "forgotten.key"

    def add(self, words: Iterable[str], origins: tuple[str, str]) -> None:
        """Remember a person, durably; `origins` are the accounts of contact and profile ids."""
        if not is_there(self._key_file):
            with open_private(self._key_file) as file:
                file.write(secrets.token_hex(32))
                file.flush()
                os.fsync(file.fileno())
        if not is_there(self._file):
            self._file.touch(mode=0o600)
        marks = [(self._mark(word, origins),) for word in words]
        with closing(sqlite3.connect(self._file)) as database, database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS forgotten (mark BLOB PRIMARY KEY) WITHOUT ROWID"
            )
            database.executemany("INSERT OR IGNORE INTO forgotten VALUES (?)", marks)

    def among(self, words: Iterable[str], origins: tuple[str, str]) -> set[str]:
        """Those of the words that are a forgotten person's."""
        if not is_there(self._file):
            return set()
        by_mark = {self._mark(word, origins): word for word in words}
        marks, found = list(by_mark), set[str]()
        with closing(sqlite3.connect(self._file)) as database:
            for start in range(0, len(marks), _AT_ONCE):
                some = marks[start : start + _AT_ONCE]
                places = ",".join("?" * len(some))
                query = f"SELECT mark FROM forgotten WHERE mark IN ({places})"  # noqa: S608
                found.update(by_mark[mark] for (mark,) in database.execute(query, some))
        return found

    def _mark(self, word: str, origins: tuple[str, str]) -> bytes:
        kind = word.partition(" ")[0]
        where = {"contact": origins[0], "profile": origins[1]}.get(kind, "")
        key = bytes.fromhex(self._key_file.read_text())
        # half a surrogate pair in an address must not end a run
        text = f"{word} {where}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=key, digest_size=16).digest()


def without_address(text: str, *emails: str) -> str:
    """A text, JSON or plain, in which none of the addresses stands in any spelling or case."""
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
    """Take addresses, or one in several spellings, out of a text file."""
    text = file.read_text(encoding="utf-8", errors="surrogateescape")
    changed = without_address(text, *emails)
    if changed != text:
        temporary = file.with_name(f".{file.name}.tmp")
        with open_private(temporary) as out:
            out.write(changed.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
        temporary.replace(file)
