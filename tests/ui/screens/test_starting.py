"""A run that is started from the console and does not come to be, and one with another account."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from actui.app.console_app import ConsoleApp
from actui.console.workbench import Workbench
from actui.model.run import GoalSummary, RunSnapshot, RunState, RunSummary
from screens.connection_page import ConnectionScreen
from screens.dialogs.confirm import ConfirmScreen
from screens.run_page import RunScreen
from tests.ui.screens.fakes import FakeServices, connection, seen, services, until
from tests.ui.screens.goalpages import on_connection


async def test_a_run_that_never_shows_itself_says_why() -> None:
    made = services(connection())
    made.reader(connection()).text = "The disk is full."

    def ends_at_once() -> None:
        made.reader(connection()).number += 1

    made.starter.then = ends_at_once
    async with on_connection(made) as pilot:
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        await until(pilot, lambda: "not started" in seen(pilot))
        text = seen(pilot)
        assert "The run ended before it wrote anything. The disk is full." in text
        assert "Stop" not in text


@pytest.mark.parametrize("anew", [True, False])
async def test_a_changed_account_is_asked_about_before_people_are_met_anew(anew: bool) -> None:
    made = services(connection())
    made.starter.elsewhere = "'Newsletter' has worked with https://a and https://b until now."
    async with on_connection(made) as pilot:
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        said = "has worked with https://a and https://b until now."
        await until(pilot, lambda: said in seen(pilot))
        assert "--fresh" not in seen(pilot)
        await pilot.press(*(("right", "enter") if anew else ("enter",)))
        page = RunScreen if anew else ConnectionScreen
        await until(pilot, lambda: isinstance(pilot.app.screen, page))
        assert made.starter.started == (["Newsletter"] if anew else [])


async def test_the_list_runs_a_connection_and_an_ended_run_is_run_again() -> None:
    made = services(connection())
    app = ConsoleApp(made)

    def runs() -> None:
        made.reader(connection()).show(ended(RunState.RUNNING))

    made.starter.then = runs
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await until(pilot, lambda: "s Stop" in seen(pilot))
        assert "f5" not in seen(pilot)
        made.reader(connection()).show(ended(RunState.STOPPED), running=False)
        await until(pilot, lambda: "f5 Run" in seen(pilot))
        await pilot.press("f5")
        await until(pilot, lambda: made.starter.started == ["Newsletter", "Newsletter"])


def ended(state: RunState) -> RunSnapshot:
    return RunSnapshot(run="r1", connection_id="c-1", state=state, updated=state.value)


DOUBT = "'Newsletter' may not remember all it has done. It was restored from a backup."


def doubtful() -> FakeServices:
    made = services(connection())
    made.starter.doubt = DOUBT
    return made


async def answer(pilot: Pilot[Any], *, yes: bool) -> None:
    """Answer the question that a run asks whose memory may be older than the last one."""
    await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
    await until(pilot, lambda: DOUBT in " ".join(seen(pilot).replace("│", " ").split()))
    assert "--confirm-restored" not in seen(pilot)
    await pilot.press(*(("right", "enter") if yes else ("enter",)))


@pytest.mark.parametrize("yes", [True, False])
async def test_a_run_with_an_older_ledger_asks_first(yes: bool) -> None:
    made = doubtful()
    async with on_connection(made) as pilot:
        await pilot.press("f5")
        await answer(pilot, yes=yes)
        page = RunScreen if yes else ConnectionScreen
        await until(pilot, lambda: isinstance(pilot.app.screen, page))
        assert made.starter.started == (["Newsletter"] if yes else [])


@pytest.mark.parametrize("yes", [True, False])
@pytest.mark.parametrize("key", ["f5", "t", "l"])
async def test_every_way_to_start_a_run_from_an_ended_one_asks_first(key: str, yes: bool) -> None:
    """Run again, retry, and run with leavers confirmed."""
    made = doubtful()
    goal = GoalSummary(goal="x [/y]", goal_id="g-2", kind="export", rejected=2, leavers=7)
    run = RunSummary(
        run="r1",
        connection="Newsletter",
        state=RunState.FINISHED,
        started="2026-11-24T02:00:00+00:00",
        goals=[goal],
    )
    made.history(connection()).runs = [run]
    bench = Workbench(made)
    app = ConsoleApp(made)
    async with app.run_test(size=(80, 24)) as pilot:
        page = RunScreen(bench, connection(), past=run)
        await app.push_screen(page)
        await until(pilot, lambda: "finished" in seen(pilot))
        await pilot.press(key)
        if key != "f5":
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            assert DOUBT not in seen(pilot)
            await pilot.press("right", "enter")
            await until(pilot, lambda: DOUBT[:40] in seen(pilot))
        await answer(pilot, yes=yes)
        await until(pilot, lambda: (app.screen is not page) is yes and is_page(app.screen))
        done = made.starter.started + [one for one, _ in made.starter.retried]
        assert done == ([] if not yes else ["r1"] if key == "t" else ["Newsletter"])
        if key == "l" and yes:
            assert made.starter.confirmed == [{"g-2": 7}]


def is_page(screen: object) -> bool:
    return isinstance(screen, RunScreen)
