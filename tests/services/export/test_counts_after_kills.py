"""Counts belong to what is durable: a run that dies at a commit and goes on counts as any other."""

from __future__ import annotations

import pytest

from actui.model.journal import BatchCommit
from actui.model.run import GoalSummary
from store.ledger.commits import CommitWriter
from store.ledger.runs import Runs
from tests.services.export.desk import NEWSLETTER, UNSUBSCRIBED, Desk

COLORS = [
    {"from": {"property": "first_name"}, "field": "firstName"},
    {"from": {"property": "city"}, "field": "%BIRTHDAY%"},
]


class Died(BaseException):
    """The process is gone."""


def gone(*_: object, **__: object) -> None:
    raise Died


@pytest.mark.parametrize(
    ("is_durable", "is_gone"),
    [(False, True), (True, True), (False, False)],
    ids=["killed before it", "killed after it", "it fails"],
)
@pytest.mark.parametrize("at", [1, 2])
async def test_a_run_that_dies_at_a_commit_counts_nothing_twice_and_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, at: int, is_durable: bool, is_gone: bool
) -> None:
    await desk.contact("left@x.org", {NEWSLETTER: UNSUBSCRIBED})
    for email in ("left@x.org", "new@x.org", "competitor@example.com"):
        await desk.profile(email, city="no date")
    await desk.profile("no address")
    commit, met = CommitWriter.write, 0

    def dies(
        writer: CommitWriter, run: str, goal: str, done: BatchCommit, summary: GoalSummary
    ) -> None:
        nonlocal met
        met += 1
        if met != at:
            return commit(writer, run, goal, done, summary)
        if is_durable:
            commit(writer, run, goal, done, summary)
        if is_gone:  # a dead process writes nothing more
            patched.setattr(Runs, "save_goal_summary", gone)
        raise Died

    connection = desk.connection({"mappings": COLORS})
    with monkeypatch.context() as patched:
        patched.setattr(CommitWriter, "write", dies)
        with pytest.raises(Died):
            await desk.run(connection)
    assert desk.kept is not None
    summary = await desk.go_on()
    assert summary.adds_up
    assert (summary.read, summary.created, summary.updated, summary.rejected) == (4, 1, 1, 2)
    assert summary.lists.model_dump() == {
        **{"subscribed": 1, "resubscribed": 0},
        **{"unsubscribed": 0, "left": 1},
    }
    assert (summary.warnings, sum(summary.omitted.values())) == (3, 4)
