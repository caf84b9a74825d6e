"""Warnings are told in few sentences, whose words hold nobody's values."""

from __future__ import annotations

from datetime import UTC, datetime

from actui.model.omitted import NOTHING, Omitted, OmittedValues
from actui.model.run import GoalProgress, GoalSummary, RunSnapshot, RunState, RunSummary
from actui.sync.run.unfinished import close_cut_off
from actui.sync.run.warnings import Warnings, count_omission, count_once, tell


def test_each_sentence_says_field_count_and_reason() -> None:
    found, summary = Warnings(), GoalSummary(goal="In", kind="import")
    found.add("phone", ("secret one", "secret two"), "which are no dates")
    found.add("phone", ("a",), "which cannot be summed")
    count_omission(summary, found.take())
    assert found.take() == NOTHING
    found.add("phone", ("b",), "which are no dates")
    count_omission(summary, found.take())
    summary.message = "It failed."
    tell(summary)
    tell(summary)
    assert summary.warnings == 4
    assert summary.message == (
        "It failed. phone: 3 values left out, which are no dates. "
        "phone: 1 value left out, which cannot be summed."
    )


def test_however_many_there_are_the_sentences_are_few() -> None:
    summary = GoalSummary(goal="In", kind="import")
    told = [count_once(summary, f"Refused: {number}.") for number in range(30) for _ in range(2)]
    assert told.count(True) == 8
    values = [OmittedValues(f"f{number}", "which are no dates") for number in range(30)]
    count_omission(summary, Omitted(tuple(values)))
    tell(summary)
    assert summary.warnings == 60
    assert summary.message.count(".") == 10
    assert "There were 26 more warnings." in summary.message
    assert summary.message.endswith("Other values left out: 26.")


def test_a_run_whose_process_is_gone_tells_them_too() -> None:
    goal = GoalSummary(goal="In", kind="import")
    count_omission(goal, Omitted((OmittedValues("phone", "which are no dates", 2),)))
    snapshot = RunSnapshot(
        run="r", connection_id="c", state=RunState.RUNNING, goals=[GoalProgress(summary=goal)]
    )
    open_ = RunSummary(run="r", connection="c", state=RunState.RUNNING, started="")
    closed = close_cut_off(open_, snapshot, datetime.now(UTC))
    assert closed is not None
    assert closed.goals[0].message == "phone: 2 values left out, which are no dates."
    assert "warned" not in closed.printed()["goals"][0]
