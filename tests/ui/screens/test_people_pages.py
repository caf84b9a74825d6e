"""A past run's people: filtered by reason, written to a file, one of them explained."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from actui.app.console_app import ConsoleApp
from actui.console.views.outcomes import Filter, Person
from actui.model.omitted import Omitted, OmittedValues
from actui.model.run import GoalSummary, RunSnapshot, RunState, RunSummary
from screens.connection_page import ConnectionScreen
from screens.dialogs.ask import ChooseScreen, TypeScreen
from screens.outcomes_page import OutcomesScreen, WhyScreen
from screens.run_page import RunScreen
from tests.ui.screens.fakes import (
    HOSTILE_IN_A_SIZE,
    FakeHistory,
    FakeServices,
    connection,
    seen,
    services,
    until,
)

Opened = tuple[FakeServices, Pilot[Any]]
AGE = Omitted((OmittedValues("%AGE%", "which are no dates", 2),))
AT = "2026-11-24T01:00:05Z"


def ended() -> RunSummary:
    goal = GoalSummary(goal="Contacts", goal_id="g-1", kind="import", read=900, created=899)
    goal.skipped, goal.reasons = 1, {"no-match": 1}
    goal.omitted = {"%AGE%": 1}
    return RunSummary(
        run="r1",
        connection="Newsletter",
        state=RunState.FINISHED,
        ok=True,
        started="2026-11-24T01:00:00+00:00",
        ended="2026-11-24T01:00:09+00:00",
        goals=[goal],
    )


def going() -> RunSnapshot:
    at = "2026-11-24T03:00:00+00:00"
    facts = {"run": "r2", "connection_id": "c-1", "state": RunState.RUNNING}
    return RunSnapshot.model_validate({**facts, "started": at, "updated": at})


@pytest.fixture
async def opened(size: tuple[int, int]) -> AsyncIterator[Opened]:
    made = services(connection())
    made.histories["c-1"] = FakeHistory([ended()])
    made.outcomes.rows = [
        *(Person("r1", "g-1", "created", email=f"p{n}@example.com", at=AT) for n in range(898)),
        Person("r1", "g-1", "created", email="odd@example.com", at=AT, omitted=AGE),
        Person("r1", "g-1", "skipped", "no-match", contact_id="7", email="left@[b]out.com", at=AT),
    ]
    app = ConsoleApp(made)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        app.screen.query_one("#history").focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await until(pilot, lambda: bool(app.screen.query(".goal-block")))
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, OutcomesScreen))
        yield made, pilot


async def filtered(pilot: Pilot[Any], words: str) -> None:
    await pilot.press("f")
    await until(pilot, lambda: isinstance(pilot.app.screen, ChooseScreen))
    pilot.app.screen.query_one("#search").focus()
    await pilot.press(*words, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, OutcomesScreen))


async def test_outcomes_are_filtered_by_reason_and_say_why(opened: Opened) -> None:
    _, pilot = opened
    await until(pilot, lambda: "500 shown" in seen(pilot))
    await filtered(pilot, "no-match")
    await until(pilot, lambda: "left@[b]out.com" in seen(pilot))
    assert "p1@example.com" not in seen(pilot)
    await until(pilot, lambda: "no profile matches" in seen(pilot))
    await filtered(pilot, "all")
    await until(pilot, lambda: "p1@example.com" in seen(pilot))


async def test_people_for_whom_a_field_was_omitted_are_found(opened: Opened) -> None:
    _, pilot = opened
    await filtered(pilot, "age")
    await until(pilot, lambda: "odd@example.com" in seen(pilot))
    assert "p1@example.com" not in seen(pilot)
    await until(pilot, lambda: "%AGE%: 2 values omitted" in " ".join(seen(pilot).split()))
    await pilot.press("t")
    await until(pilot, lambda: "Correct what was omitted" in said(pilot))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, WhyScreen))
    await until(pilot, lambda: "%AGE%: 2 values omitted" in " ".join(seen(pilot).split()))


async def test_one_persons_story_is_told(opened: Opened) -> None:
    _, pilot = opened
    await filtered(pilot, "no-match")
    await until(pilot, lambda: "left@[b]out.com" in seen(pilot))
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, WhyScreen))
    await until(pilot, lambda: "Contacts: skipped" in seen(pilot))
    await pilot.press("slash")
    await until(pilot, lambda: pilot.app.screen.query_one("#email").has_focus)
    await pilot.press(*["backspace"] * 20, *"x@y.z", "enter")
    await until(pilot, lambda: "Nothing is known of x@y.z" in seen(pilot))


@pytest.fixture
def _taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory in which the file that is offered is there already."""
    (tmp_path / "r1.csv").touch()
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_taken")
async def test_people_are_written_to_a_file(opened: Opened) -> None:
    made, pilot = opened
    await filtered(pilot, "no-match")
    await pilot.press("x")
    await until(pilot, lambda: isinstance(pilot.app.screen, TypeScreen))
    await pilot.press("enter")
    await until(pilot, lambda: "r1.csv is there already." in seen(pilot))
    await pilot.press("ctrl+u", *"x/r2.csv", "enter")
    await until(pilot, lambda: "There is no folder x." in seen(pilot))
    for nowhere in ("~nobody-is-called-so/x", "x" * 300):
        pilot.app.screen.query_one("#typed", Input).value = nowhere
        await pilot.press("enter")
        await until(pilot, lambda: "cannot be written" in seen(pilot))
    pilot.app.screen.query_one("#typed", Input).value = "r2.csv"
    await pilot.press("enter")
    await until(pilot, lambda: made.outcomes.written == [("r2.csv", Filter("g-1", "", "no-match"))])
    await until(pilot, lambda: "7 lines" in seen(pilot))


async def test_the_people_shown_are_sent_again(opened: Opened) -> None:
    made, pilot = opened
    await filtered(pilot, "no-match")
    made.starter.then = lambda: made.reader(connection()).show(going())
    await pilot.press("t")
    await until(pilot, lambda: "Send 1 person" in seen(pilot))
    await pilot.press("right", "enter")
    await until(pilot, lambda: made.starter.retried == [("r1", Filter("g-1", "", "no-match"))])
    await until(pilot, lambda: "running" in seen(pilot))


def said(pilot: Pilot[Any]) -> str:
    """What was told in passing, which wraps on a small screen."""
    return " ".join(str(one.message) for one in pilot.app._notifications)


async def test_a_run_without_failures_has_nobody_to_send_again(opened: Opened) -> None:
    made, pilot = opened
    await pilot.press("t")
    await until(pilot, lambda: "Nobody of this run" in said(pilot))
    await filtered(pilot, "created")
    await pilot.press("t")
    await until(pilot, lambda: "They were accepted" in said(pilot))
    await pilot.press("escape", "t")
    await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
    assert made.starter.retried == []


async def test_why_opens_from_the_connection(size: tuple[int, int]) -> None:
    app = ConsoleApp(services(connection()))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        await pilot.press("f7")
        await until(pilot, lambda: isinstance(app.screen, WhyScreen))


@pytest.mark.parametrize(("name", "size"), HOSTILE_IN_A_SIZE)
async def test_hostile_people_act_nowhere(name: str, size: tuple[int, int]) -> None:
    made = services(connection())
    made.histories["c-1"] = FakeHistory([ended()])
    made.outcomes.rows = [Person("r1", name, "rejected", name, name, name, name, name, AT)]
    app = ConsoleApp(made)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        app.screen.query_one("#history").focus()
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.screen.query(".goal-block")))
        await pilot.press("o")
        await until(pilot, lambda: "1" in seen(pilot) and "rejected" in seen(pilot))
        assert "\x1b[31m" not in seen(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "run r1" in app.screen.query_one("#about").text)  # type: ignore[attr-defined]
        assert "\u202e" not in seen(pilot)


@pytest.mark.parametrize("read_only", [False, True])
async def test_leavers_are_confirmed_after_a_question(read_only: bool) -> None:
    made = services(connection())
    goal = GoalSummary(goal="x [/y]", goal_id="g-2", kind="export", ok=False, leavers=1_025)
    goal.code, goal.message = "leavers-need-confirmation", "1025 of 1032 members seem to have left."
    run = RunSummary(
        run="r1", connection="Newsletter", started="2026-11-24T02:50:00Z", goals=[goal]
    )
    run.state, run.ended = RunState.FINISHED, "2026-11-24T02:51:00Z"
    made.histories["c-1"] = FakeHistory([run])
    made.starter.then = lambda: made.reader(connection()).show(going())
    app = ConsoleApp(made, read_only=read_only)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("enter", "f4")
        await until(pilot, lambda: app.screen.query_one("#history").has_focus)
        # it opens the run, and starts none
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
        await until(pilot, lambda: "seem to have left" in seen(pilot))
        await until(pilot, lambda: "esc Back" in seen(pilot))
        assert made.starter.started == []
        assert ("l Confirm leavers" in seen(pilot)) is not read_only
        if read_only:
            return
        await pilot.press("l")
        await until(pilot, lambda: "1,025 people seem" in seen(pilot))
        await pilot.press("right", "enter")
        await until(pilot, lambda: made.starter.confirmed == [{"g-2": 1_025}])
