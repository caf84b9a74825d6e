"""Files of a home on a disk that is full: they stay as they were, and a sentence says so."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actui.api.rate import RateLimiter
from actui.commands.errors import guarded
from actui.model.errors import StorageError
from actui.model.journal import BatchCommit
from actui.model.run import GoalSummary, Outcome, Record, RunSnapshot, RunState, RunSummary
from actui.sync.run.unfinished import close_cut_off
from store.audit import Audit
from store.history import History
from store.home import Home
from store.json_file import backup_of
from store.ledger import SqliteLedger, open_ledger
from store.settings import SettingsFile

SUMMARY = GoalSummary(goal="G", goal_id="g", kind="import")


def people(count: int) -> BatchCommit:
    record = Record(Outcome.REJECTED, None, "x" * 500, contact_id=7, email="a@b.c")
    return BatchCommit(records=[(str(number), record, None) for number in range(count)])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open({"ACTUI_HOME": str(tmp_path)})


@contextmanager
def full(monkeypatch: pytest.MonkeyPatch, call: str) -> Iterator[None]:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(f"os.{call}", refuse)
        yield


def test_a_commit_that_finds_no_space_leaves_the_ledger_as_it_was(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "l" / "ledger.db") as ledger:
        ledger.runs.begin("r1", "manual", "", 1)
        pages = ledger.database.connection.execute("PRAGMA page_count").fetchone()[0]
        ledger.database.connection.execute(f"PRAGMA max_page_count = {pages + 4}")
        with pytest.raises(sqlite3.OperationalError, match="full"):
            ledger.commits.write("r1", "g", people(500), SUMMARY)
        assert not ledger.database.connection.in_transaction
        assert ledger.people.seen_in_run("g", ["0"]) == set()
        ledger.database.connection.execute("PRAGMA max_page_count = 10000")
        ledger.commits.write("r1", "g", people(500), SUMMARY)
        assert len(list(ledger.outcomes.find())) == 500


def test_a_commit_that_fails_at_its_last_step_is_rolled_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_ledger(tmp_path / "l" / "ledger.db") as ledger:
        ledger.runs.begin("r1", "manual", "", 1)
        database = ledger.database.connection

        class Full:
            def __getattr__(self, name: str) -> object:
                return getattr(database, name)

            def execute(self, query: str, *values: object) -> object:
                if query == "COMMIT":
                    raise sqlite3.OperationalError("database or disk is full")
                return database.execute(query, *values)

        monkeypatch.setattr(ledger.database, "connection", Full())
        with pytest.raises(sqlite3.OperationalError, match="full"):
            ledger.commits.write("r1", "g", people(1), SUMMARY)
        monkeypatch.setattr(ledger.database, "connection", database)
        assert ledger.people.seen_in_run("g", ["0"]) == set()
        ledger.commits.write("r1", "g", people(1), SUMMARY)
        assert ledger.people.seen_in_run("g", ["0"]) == {"0"}


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_settings_and_their_copy_stay_whole(
    home: Home, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    kept = SettingsFile(home)
    kept.change({"request_seconds": 17})
    kept.change({"request_seconds": 18})
    before = {file.name: file.read_bytes() for file in home.root.glob("settings.json*")}
    with full(monkeypatch, call), pytest.raises(StorageError) as caught:
        kept.change({"request_seconds": 19})
    assert caught.value.message == (
        f"{home.settings_file} cannot be written: No space left on device. "
        "Free some space on its disk, then try again."
    )
    after = {file.name: file.read_bytes() for file in home.root.glob("settings.json*")}
    assert after == before
    assert list(home.root.glob(".*.tmp")) == []


def test_the_last_good_copy_takes_no_space(home: Home) -> None:
    kept = SettingsFile(home)
    kept.change({"request_seconds": 17})
    first = home.settings_file.stat().st_ino
    kept.change({"request_seconds": 18})
    assert backup_of(home.settings_file).stat().st_ino == first
    assert b"17" in backup_of(home.settings_file).read_bytes()


def test_what_a_dead_process_left_is_removed_by_the_next_write(home: Home) -> None:
    for name in (".settings.json.4711.tmp", ".settings.json.bak.4711.tmp"):
        (home.root / name).write_text("half")
    (home.root / ".connections.json.4711.tmp").write_text("another's")
    SettingsFile(home).change({"request_seconds": 17})
    assert [file.name for file in home.root.glob(".*.tmp")] == [".connections.json.4711.tmp"]


async def test_the_pace_of_an_account_names_its_file(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace = RateLimiter(home.pace_dir / "account", rate=5.0)
    with full(monkeypatch, "write"), pytest.raises(StorageError, match="pace/account cannot be"):
        await pace.acquire()
    await pace.acquire()


def test_the_audit_names_its_file(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    audit = Audit(home, {})
    with full(monkeypatch, "write"), pytest.raises(StorageError, match=r"jsonl cannot be written"):
        audit.record("ran")
    audit.record("ran")
    assert len(list(audit.lines())) == 1


def test_a_crash_that_cannot_be_reported_is_told_all_the_same(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACTUI_HOME", str(home.root))

    def bug() -> int:
        raise ZeroDivisionError

    with full(monkeypatch, "open"):
        assert guarded(bug) == 70
    assert capsys.readouterr().err == (
        "actui: actui met a bug (ZeroDivisionError). No report could be written.\n"
    )
    assert guarded(bug) == 70
    (report,) = home.logs_dir.glob("crash-*")
    assert report.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "failure",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/some/file"),
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
    ],
    ids=["full", "quota"],
)
def test_a_full_disk_anywhere_ends_with_what_to_do(
    failure: OSError, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> int:
        raise failure

    assert guarded(fails) == 2
    assert capsys.readouterr().err.endswith("Free some space on its disk, then try again.\n")


def test_a_run_that_ended_while_its_history_could_not_be_written_has_ended_so(
    tmp_path: Path, home: Home
) -> None:
    history = History(home, "c-1")
    history.save(RunSummary(run="r1", connection="N", state=RunState.RUNNING, started="then"))
    with open_ledger(tmp_path / "l" / "ledger.db") as ledger:
        ledger.runs.write_progress(
            RunSnapshot(run="r1", connection_id="c-1", state=RunState.FINISHED, updated="now")
        )
        closed = _closed(history, ledger)
    assert (closed.state, closed.ok, closed.code, closed.ended) == (
        *(RunState.FINISHED, True, ""),
        "now",
    )


def _closed(history: History, ledger: SqliteLedger) -> RunSummary:
    (latest,) = history.all()
    closed = close_cut_off(latest, ledger.runs.read_progress(), datetime.now(UTC))
    assert closed is not None
    return closed
