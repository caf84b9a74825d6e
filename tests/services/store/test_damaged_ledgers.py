"""A damaged ledger is named with its file, whatever is wrong with it, and is never begun anew."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from actui.model.errors import ConfigError, DamagedError
from actui.model.journal import SumKey, SumSend
from store.home import Home
from store.ledger import SqliteLedger, open_ledger
from store.ledger.scratch import scratch_ledger
from store.sqlite import refuse_broken_log

SENDS = [SumSend(one, f"r{one}", {SumKey(one, "f", "p"): "1"}, (), None, 0.0) for one in range(900)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger of many pages, closed."""
    path = tmp_path / "ledgers" / "c-1" / "ledger.db"
    with open_ledger(path) as ledger:
        ledger.sums.journal(SENDS)
    return path


def break_page(path: Path, number: int) -> None:
    with path.open("r+b") as file:
        file.seek((number - 1) * 4096)
        file.write(b"\xff" * 4096)


def break_every_page_of_sends(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        (root,) = database.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'sum_send'"
        ).fetchone()
    break_page(path, root)


def in_its_place(path: Path, put: Callable[[Path], object]) -> None:
    path.unlink()
    put(path)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "not a database": lambda path: path.write_bytes(b"not a database" * 1000),
    "zero bytes": lambda path: path.write_bytes(b""),
    "truncated": lambda path: os.truncate(path, 4096 * 10 + 7),
    "one page only": lambda path: os.truncate(path, 4096),
    "first page": lambda path: break_page(path, 1),
    "a broken page": break_every_page_of_sends,
    "a folder": lambda path: in_its_place(path, Path.mkdir),
    "a pipe": lambda path: in_its_place(path, os.mkfifo),
    "another program's": lambda path: in_its_place(path, foreign),
    "its log is a text": lambda path: log_of(path).write_text("no log " * 1000),
    "its log is a folder": lambda path: log_of(path).mkdir(),
    "its log is a pipe": lambda path: os.mkfifo(log_of(path)),
}


def log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE bookmark (url TEXT)")


@pytest.mark.parametrize("opened", [open_ledger, scratch_ledger], ids=["opened", "copied"])
@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_named_with_the_file(
    path: Path, damage: str, opened: Callable[[Path], SqliteLedger]
) -> None:
    DAMAGE[damage](path)
    with pytest.raises(ConfigError) as found, opened(path) as ledger:
        assert len(ledger.sums.pending()) == len(SENDS)
        # a copy has no such rows; damage of a page shows while it is made
    assert str(path) in found.value.message
    assert found.value.message.endswith(".")


def test_the_copy_from_before_an_upgrade_is_named(path: Path) -> None:
    shutil.copyfile(path, f"{path}.v3")
    path.write_bytes(b"")
    with pytest.raises(DamagedError, match=r"Its last good copy is .*ledger\.db\.v3"):
        open_ledger(path)


def test_a_newer_ledger_is_not_damaged(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 1000")
    with pytest.raises(ConfigError, match="newer actui") as found:
        open_ledger(path)
    assert not isinstance(found.value, DamagedError)


def test_a_ledger_that_was_never_filled_is_filled(tmp_path: Path) -> None:
    """As a crash of an earlier version left it: in WAL mode and without a table."""
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
    with open_ledger(path) as ledger:
        assert not ledger.sums.pending()


def test_what_a_crash_leaves_while_a_ledger_is_made_is_no_ledger(tmp_path: Path) -> None:
    (tmp_path / f".ledger.db.{os.getpid()}.tmp").write_bytes(b"half")
    with open_ledger(tmp_path / "ledger.db") as ledger:
        assert not ledger.sums.pending()
    assert {one.name for one in tmp_path.iterdir()} == {"ledger.db"}


@pytest.fixture
def logged(tmp_path: Path, path: Path) -> Path:
    """A ledger as a killed process leaves it: the last transactions are in its log alone."""
    copy = tmp_path / "killed" / "ledger.db"
    copy.parent.mkdir()
    with open_ledger(path) as ledger:
        for send in SENDS[:5]:
            ledger.sums.drop([send.contact_id])
        for file in (path, log_of(path)):
            shutil.copyfile(file, copy.with_name(file.name))
    return copy


def frame(number: int) -> int:
    """Where the content of a frame of the log begins."""
    return 32 + number * (24 + 4096) + 24


def test_a_log_that_is_whole_is_read(logged: Path) -> None:
    refuse_broken_log(logged)
    with open_ledger(logged) as ledger:
        assert len(ledger.sums.pending()) == len(SENDS) - 5


def test_a_log_that_is_broken_in_the_middle_is_named(logged: Path) -> None:
    with log_of(logged).open("r+b") as file:
        file.seek(frame(1))
        file.write(b"broken")
    with pytest.raises(DamagedError, match=r"ledger\.db-wal is broken"):
        refuse_broken_log(logged)


def test_a_last_transaction_that_the_power_took_is_no_damage(logged: Path) -> None:
    size = log_of(logged).stat().st_size
    with log_of(logged).open("r+b") as file:
        file.seek(size - 100)
        file.write(b"broken")
    refuse_broken_log(logged)
    os.truncate(log_of(logged), size - 50)
    refuse_broken_log(logged)


def test_a_whole_check_finds_a_page_that_nobody_reads(path: Path) -> None:
    with open_ledger(path) as ledger:
        assert ledger.database.check() == ""
    break_every_page_of_sends(path)
    with open_ledger(path) as ledger:
        assert ledger.database.check()


def test_a_connection_is_deleted_whatever_lies_in_the_place_of_its_ledger(tmp_path: Path) -> None:
    home = Home.open({"ACTUI_HOME": str(tmp_path)})
    path = home.ledger_file("c-1")
    path.mkdir(parents=True)
    (path.parent / f".ledger.db.{os.getpid()}.tmp").touch()
    home.forget("c-1")
    assert not path.parent.exists()
