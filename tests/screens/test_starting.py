"""A run that is started from the console and does not come to be, and one with another account."""

from __future__ import annotations

import pytest

from actui.app import ConsoleApp
from actui.model.run import RunSnapshot, RunState
from screens.confirm import ConfirmScreen
from screens.connection import ConnectionScreen
from screens.run import RunScreen
from tests.screens.fakes import connection, seen, services, until
from tests.screens.goalpages import on_connection


async def test_a_run_that_never_shows_itself_says_why() -> None:
    made = services(connection())
    made.reader(connection()).words = "The disk is full."

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
