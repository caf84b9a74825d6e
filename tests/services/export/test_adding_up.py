"""A goal whose outcomes do not add up to what it read never ends as if all were well."""

from __future__ import annotations

import re
from typing import Any

import pytest

from actui.model.errors import ActuiError, GoalError, StoppedError
from actui.model.run import GoalSummary, Record, RunState
from actui.sync.exporting import exporter
from actui.sync.run import meter
from actui.sync.run.goal_run import MiscountError
from tests.services.export.desk import Desk

WORDS = "The goal 'Readers' read 2 records and counted 1 outcome."


@pytest.fixture(autouse=True)
def loses_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug: for the first person two are read, and one has an outcome."""
    add = meter._add

    def add_one_too_many(summary: GoalSummary, record: Record, times: int) -> None:
        is_first = summary.read == 0
        add(summary, record, times)
        summary.read += is_first

    monkeypatch.setattr(meter, "_add", add_one_too_many)


def fails_after_sending(monkeypatch: pytest.MonkeyPatch, failure: ActuiError) -> None:
    async def fail(*_: Any) -> None:
        raise failure

    monkeypatch.setattr(exporter, "learn_newcomers", fail)


async def test_a_miscount_is_a_bug_and_moves_nothing(desk: Desk) -> None:
    await desk.profile("ada@x.org")
    with pytest.raises(MiscountError, match=re.escape(WORDS)) as raised:
        await desk.export()
    # no error that somebody can act on: it ends the command as a bug, with a report
    assert not isinstance(raised.value, ActuiError)
    with desk.ledger() as ledger:
        assert ledger.goals.state("g-1").watermark is None
        run = ledger.runs.open_run()
        assert run is not None
        assert not ledger.runs.goal_is_done(run, "g-1")


async def test_a_goal_that_fails_is_checked_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.profile("ada@x.org")
    fails_after_sending(monkeypatch, GoalError("It cannot go on."))
    with pytest.raises(MiscountError):
        await desk.export()


async def test_what_ends_the_run_is_not_hidden(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await desk.profile("ada@x.org")
    fails_after_sending(monkeypatch, StoppedError("The run was stopped."))
    summary = await desk.run(desk.connection())
    assert (summary.state, summary.code) == (RunState.STOPPED, "stopped")
