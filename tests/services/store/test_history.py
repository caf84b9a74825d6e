"""The run history of one connection."""

import pytest

from actui.model.run import RunState, RunSummary
from store.history import History
from store.home import Home


@pytest.fixture
def history(tmp_path):
    return History(Home.open({"ACTUI_HOME": str(tmp_path)}), "c-1")


def run(name, state, started, ended):
    def day(number):
        return f"2026-03-{number:02}T09:00:00Z" if number else None

    return RunSummary(run=name, connection="N", state=state, started=day(started), ended=day(ended))


def test_the_newest_is_the_one_that_something_happened_to_last(history):
    history.save(run("a", RunState.STOPPED, 1, 1))
    history.save(run("b", RunState.FAILED, 2, 2))
    assert [one.run for one in history.all()] == ["b", "a"]
    # continued: the same run, its first start kept
    history.save(run("a", RunState.RUNNING, 1, None))
    assert [one.run for one in history.all()] == ["a", "b"]
    history.save(run("a", RunState.FINISHED, 1, 3))
    assert [one.run for one in history.all()] == ["a", "b"]
    history.save(run("c", RunState.FINISHED, 4, 4))
    assert [one.run for one in history.all(limit=2)] == ["c", "a"]


def test_a_notice_is_kept_with_a_run_that_ended(history):
    history.save(run("a", RunState.FINISHED, 1, 1))
    history.note("a", "No mail was sent.")
    assert history.find("a").notice == "No mail was sent."
    history.save(run("a", RunState.RUNNING, 1, None))
    history.note("a", "late words")
    assert history.find("a").notice == ""
