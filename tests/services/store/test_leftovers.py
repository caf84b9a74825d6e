"""What processes left that died while they wrote is removed by the next change of a home."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from store import sqlite
from store.audit import Audit
from store.home import Home
from store.leftovers import remove_leftovers

LATER = 601


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open({"ACTUI_HOME": str(tmp_path / "home")})


@pytest.fixture(scope="module")
def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize(
    "name",
    [
        ".settings.json.{}.tmp",
        ".settings.json.bak.{}.tmp",
        "runs/.c-1.json.{}.tmp",
        "ledgers/c-1/.ledger.db.{}.tmp",
        "ledgers/c-1/.ledger.db.new.{}.tmp",
        "ledgers/c-1/.ledger.db.new.{}.tmp-journal",
        ".forgotten.key.{}.tmp",
    ],
)
def test_what_a_dead_process_left_is_removed_once_it_is_old(
    home: Home, dead: int, name: str
) -> None:
    left, kept = home.root / name.format(dead), home.root / name.format(os.getpid())
    for file in (left, kept):
        file.parent.mkdir(exist_ok=True)
        file.write_text("half")
    remove_leftovers(home.root)
    assert left.exists()
    remove_leftovers(home.root, time.time() + LATER)
    assert (left.exists(), kept.exists()) == (False, True)


@pytest.mark.parametrize(
    "name",
    [
        *("settings.json.{}.tmp", ".settings.json.tmp", ".settings.json.{}.tmp.gz"),
        *(".settings.json.0.tmp", ".a.99999999999999999999999.tmp", ".{}.old", "ledger.db"),
    ],
)
def test_other_files_stay(home: Home, dead: int, name: str) -> None:
    other = home.root / name.format(dead)
    other.write_text("whole")
    remove_leftovers(home.root, time.time() + LATER)
    assert other.read_text() == "whole"


def test_nothing_outside_a_home_is_touched(home: Home, dead: int, tmp_path: Path) -> None:
    outside = tmp_path / f".elsewhere.{dead}.tmp"
    outside.write_text("another's")
    link = home.root / f".link.{dead}.tmp"
    link.symlink_to(outside)
    (home.root / "folder").symlink_to(tmp_path)
    (home.root / f".folder.{dead}.tmp").mkdir()
    remove_leftovers(home.root, time.time() + LATER)
    assert outside.read_text() == "another's"
    assert link.is_symlink()
    assert (home.root / f".folder.{dead}.tmp").is_dir()


def test_somebody_elses_file_stays(home: Home, dead: int, monkeypatch: pytest.MonkeyPatch) -> None:
    left = home.root / f".settings.json.{dead}.tmp"
    left.write_text("half")
    mine = os.geteuid()
    monkeypatch.setattr("os.geteuid", lambda: mine + 1)
    remove_leftovers(home.root, time.time() + LATER)
    assert left.exists()


def test_a_crashed_creation_of_a_ledger_leaves_nothing_for_long(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = home.ledger_file("c-1")
    place.parent.mkdir(parents=True)
    dies = (
        "import os, signal, sys; from pathlib import Path; from store.sqlite import make_database; "
        "make_database(Path(sys.argv[1]), lambda _: os.kill(os.getpid(), signal.SIGKILL))"
    )
    done = subprocess.run([sys.executable, "-c", dies, str(place)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list(place.parent.iterdir())) == 1
    real = time.time
    monkeypatch.setattr("store.leftovers.time.time", lambda: real() + LATER)
    Audit(home, {}).record("ran")
    assert list(place.parent.iterdir()) == []
    sqlite.make_database(place, lambda database: None)
