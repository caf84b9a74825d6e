"""A ledger to try things on leaves nothing behind, and holds what the real one holds."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from actui.model.errors import ConfigError
from actui.model.journal import BatchCommit
from actui.model.run import GoalSummary, Outcome, Reason, Record
from store.ledger import open_ledger
from store.ledger.scratch import scratch_ledger

SUMMARY = GoalSummary(goal="Contacts", goal_id="g", kind="import")
ANN = ("7", Record(Outcome.CREATED, contact_id=7, email="ann@x.org"), b"mark")


def files(place: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in place.rglob("*") if file.is_file()}


def test_it_is_a_copy_that_is_gone_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        ledger.runs.begin("r1", "manual", "2026-11-24T02:50:00Z", 1)
        ledger.commits.write("r1", "g", BatchCommit(records=[ANN]), SUMMARY)
        ledger.batches.journal("r1", "g", ["p"], "[]", 0.0)
    before = files(tmp_path)
    with scratch_ledger(path) as scratch:
        assert scratch.people.fingerprints("g", ["7", "8"]) == {"7": b"mark"}
        assert scratch.batches.unfinished("r1", "g") == []
        scratch.commits.write("r1", "g", BatchCommit(records=[("8", ANN[1], b"other")]), SUMMARY)
        scratch.runs.end("r1", resumable=False)
        assert files(tmp_path) == before
    with open_ledger(path) as ledger:
        assert ledger.people.fingerprints("g", ["7", "8"]) == {"7": b"mark"}
        assert len(ledger.batches.unfinished("r1", "g")) == 1
        assert ledger.runs.open_run() == "r1"


def test_where_there_is_no_ledger_none_is_made(tmp_path: Path) -> None:
    with scratch_ledger(tmp_path / "none" / "ledger.db") as scratch:
        assert scratch.runs.open_run() is None
    assert files(tmp_path) == {}


def test_a_run_that_is_writing_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    open_ledger(path).close()
    writing = sqlite3.connect(path, isolation_level=None)
    writing.execute("BEGIN IMMEDIATE")
    with scratch_ledger(path) as scratch:
        scratch.runs.begin("r1", "manual", "2026-11-24T02:50:00Z", 1)
    writing.close()


def test_a_ledger_of_a_newer_actui_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 999")
    newer.close()
    with pytest.raises(ConfigError, match="newer actui"):
        scratch_ledger(path)


def record(outcome: Outcome, reason: Reason | None = None) -> Record:
    return Record(outcome, reason, contact_id=7)


def test_who_failed_is_told_by_the_last_outcome_or_by_a_runs(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "ledger.db") as ledger:
        for run, rows in (
            (
                "r1",
                [
                    ("1", record(Outcome.REJECTED, Reason.INVALID_EMAIL), None),
                    ("2", record(Outcome.UNKNOWN, Reason.UNRESOLVED), None),
                    ("3", record(Outcome.REJECTED, Reason.EXCLUDED), None),
                    ("4", record(Outcome.SKIPPED, Reason.NO_MATCH), None),
                    ("5", record(Outcome.CREATED), b"mark"),
                ],
            ),
            (
                "r2",
                [
                    ("1", record(Outcome.UPDATED), b"mark"),
                    ("3", record(Outcome.UNCHANGED), None),
                    ("5", record(Outcome.REJECTED, Reason.EXCLUDED), None),
                ],
            ),
        ):
            ledger.runs.begin(run, "manual", "2026-11-24T02:50:00Z", 1)
            ledger.commits.write(run, "g", BatchCommit(records=rows), SUMMARY)
            ledger.runs.end(run, resumable=False)
        assert ledger.outcomes.failed() == {"g": {"2", "5"}}
        assert ledger.outcomes.failed(run="r1") == {"g": {"2"}}
        assert ledger.outcomes.failed(run="r2", reason="excluded") == {"g": {"5"}}
        assert ledger.outcomes.failed(outcomes=[Outcome.SKIPPED], goal="g") == {"g": {"4"}}
        assert ledger.outcomes.failed(goal="other") == {}
