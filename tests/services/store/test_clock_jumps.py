"""What is kept in order by when it happened, on a machine whose clock is moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from actui.model.journal import BatchCommit
from actui.model.run import GoalSummary, Outcome, Record, RunState, RunSummary
from actui.sync.run.unfinished import new_run_id
from store.history import MOST_RUNS, History
from store.home import Home
from store.ledger import open_ledger
from tests.services.export.test_clock_jumps import JUMPS

NOW = datetime(2026, 3, 2, 10, 7, tzinfo=UTC)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(Home.open({"ACTUI_HOME": str(tmp_path)}), "c-1")


def run(number: int, off: float, state: RunState = RunState.FINISHED) -> RunSummary:
    at = NOW + timedelta(minutes=number, seconds=off)
    ended = f"{at + timedelta(seconds=9):%Y-%m-%dT%H:%M:%SZ}" if state.is_final else None
    return RunSummary(
        run=f"r{number}",
        connection="N",
        state=state,
        started=f"{at:%Y-%m-%dT%H:%M:%SZ}",
        ended=ended,
    )


@pytest.mark.parametrize("off", JUMPS.values(), ids=JUMPS)
def test_the_history_is_in_the_order_in_which_runs_ended(history: History, off: float) -> None:
    for number, moved in enumerate([0.0, off, off, 0.0, 0.0]):
        history.save(run(number, moved, RunState.RUNNING))
        assert history.all(limit=1)[0].run == f"r{number}"
        history.save(run(number, moved))
    assert [one.run for one in history.all()] == ["r4", "r3", "r2", "r1", "r0"]


@pytest.mark.parametrize("off", JUMPS.values(), ids=JUMPS)
def test_the_oldest_runs_go_first_whatever_they_are_stamped(
    history: History, off: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.history.MOST_RUNS", 3)
    for number, moved in enumerate([0.0, 0.0, off, off, 0.0]):
        history.save(run(number, moved, RunState.RUNNING))
        history.save(run(number, moved))
    assert [one.run for one in history.all()] == ["r4", "r3", "r2"]
    assert MOST_RUNS == 500


@pytest.mark.parametrize("off", JUMPS.values(), ids=JUMPS)
def test_a_story_is_in_the_order_of_runs(tmp_path: Path, off: float) -> None:
    record = Record(Outcome.CREATED, None, contact_id=7, email="a@b.c")
    with open_ledger(tmp_path / "l" / "ledger.db") as ledger:
        for number, moved in enumerate([0.0, off, 0.0]):
            name = new_run_id(NOW + timedelta(minutes=number, seconds=moved))
            ledger.runs.begin(name, str(number), "", 1)
            done = BatchCommit(records=[("7", record, b"0123456789ab")])
            ledger.commits.write(name, "g", done, GoalSummary(goal="G", goal_id="g", kind="import"))
            ledger.runs.end(name, resumable=False)
            newest = ledger.outcomes.of_person("a@b.c")[-1]["run"]
            assert newest == name
