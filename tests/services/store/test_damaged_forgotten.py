"""Where the forgotten cannot be read, nobody passes for somebody who was never forgotten."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from actui.model.errors import ConfigError
from store.forgotten import Forgotten
from store.home import Home

NOWHERE = ("", "")
WORD = "email anna@example.org"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home.open({"ACTUI_HOME": str(tmp_path)})
    Forgotten(home).add([WORD], NOWHERE)
    return home


def without_table(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE other (mark BLOB)")


def folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


DAMAGE: dict[str, tuple[str, Callable[[Path], object]]] = {
    "no database": ("forgotten.db", lambda file: file.write_bytes(b"nothing" * 999)),
    "zero bytes": ("forgotten.db", lambda file: file.write_bytes(b"")),
    "truncated": ("forgotten.db", lambda file: os.truncate(file, 4096)),
    "no table": ("forgotten.db", without_table),
    "a folder": ("forgotten.db", folder),
    "a pipe": ("forgotten.db", pipe),
    "no key": ("forgotten.key", Path.unlink),
    "an empty key": ("forgotten.key", lambda file: file.write_bytes(b"")),
    "half a key": ("forgotten.key", lambda file: file.write_text("abcd")),
    "a key that is none": ("forgotten.key", lambda file: file.write_bytes(b"\xff" * 64)),
    "a folder as the key": ("forgotten.key", folder),
    "a pipe as the key": ("forgotten.key", pipe),
}
USES: dict[str, Callable[[Forgotten], object]] = {
    "asked": lambda forgotten: forgotten.among([WORD], NOWHERE),
    "added to": lambda forgotten: forgotten.add(["email bob@example.org"], NOWHERE),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_named_and_stays(home: Home, damage: str, use: str) -> None:
    name, spoil = DAMAGE[damage]
    spoil(home.root / name)
    with pytest.raises(ConfigError, match=name):
        USES[use](Forgotten(home))
    assert name in Forgotten(home).check()


def test_a_sound_list_is_read_after_all_of_this(home: Home) -> None:
    assert Forgotten(home).among([WORD, "email bob@example.org"], NOWHERE) == {WORD}
    assert Forgotten(home).check() == ""
    assert {one.name for one in home.root.glob("*forgotten*")} == {"forgotten.db", "forgotten.key"}


def test_a_key_without_a_list_is_kept(home: Home, tmp_path: Path) -> None:
    key = (home.root / "forgotten.key").read_text()
    (home.root / "forgotten.db").unlink()
    Forgotten(home).add([WORD], NOWHERE)
    assert (home.root / "forgotten.key").read_text() == key
    copy = Home.open({"ACTUI_HOME": str(tmp_path / "copy")})
    for name in ("forgotten.db", "forgotten.key"):
        shutil.copyfile(home.root / name, copy.root / name)
    assert Forgotten(copy).among([WORD], NOWHERE) == {WORD}
