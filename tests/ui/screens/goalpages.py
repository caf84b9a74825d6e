"""The connection page and its goals in the tests: opened, gone through and saved by keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from actui.app.console_app import ConsoleApp
from actui.console.forms.form import ADD, Key
from screens.connection_page import ConnectionScreen
from screens.dialogs.ask import ChooseScreen
from screens.goal_page import GoalScreen
from screens.goals_panel import GoalsPanel
from screens.widgets.form_list import FormList
from tests.ui.screens.fakes import FakeServices, seen, until
from tests.ui.screens.keyboard import down_to

Opened = tuple[FakeServices, Pilot[Any]]


@asynccontextmanager
async def on_connection(
    made: FakeServices, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Pilot[Any]]:
    """The console on the page of the only connection there is."""
    app = ConsoleApp(made)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        yield pilot


async def back(pilot: Pilot[Any]) -> None:
    """From a goal's page to the connection's."""
    await pilot.press("escape")
    await until(pilot, lambda: isinstance(pilot.app.screen, ConnectionScreen))


async def open_goal(pilot: Pilot[Any], index: int) -> None:
    """Open the goal with this number, once both accounts have answered."""
    app = pilot.app
    app.screen.query_one(GoalsPanel).focus()
    await pilot.press("g", *["down"] * (index + 1), "enter")
    await until(pilot, lambda: isinstance(app.screen, GoalScreen))
    page = app.screen
    assert isinstance(page, GoalScreen)
    await until(pilot, lambda: page._editor.choices.blueconic is not None, "the accounts' answer")


def form_of(pilot: Pilot[Any]) -> FormList:
    """The form of a goal's page."""
    found: FormList = pilot.app.screen.query_one("#form", FormList)
    return found


async def go(pilot: Pilot[Any], key: Key, *keys: str) -> None:
    """Put the cursor on a line of the form, as the arrow keys do, and type."""
    form = form_of(pilot)
    await pilot.press("g")
    await down_to(pilot, lambda: form.key == key, str(key))
    await pilot.press(*keys)


async def choose(pilot: Pilot[Any], text: str) -> None:
    """Search and take the first that is found."""
    await until(pilot, lambda: isinstance(pilot.app.screen, ChooseScreen))
    pilot.app.screen.query_one("#search").focus()
    await pilot.press(*text, "enter")


async def map_field(pilot: Pilot[Any], source: str, target: str) -> None:
    """Add a mapping by its two questions."""
    await go(pilot, Key("mappings", part=ADD), "enter")
    await choose(pilot, source)
    await choose(pilot, target)
    await on_the_page(pilot)


async def on_the_page(pilot: Pilot[Any]) -> None:
    """Wait for the last question to be closed."""
    await until(pilot, lambda: isinstance(pilot.app.screen, GoalScreen))


def goals_of(made: FakeServices) -> Sequence[Any]:
    """The goals as they are stored."""
    return made.connections.held["c-1"].connection.goals


async def save(pilot: Pilot[Any], made: FakeServices) -> None:
    """Save, and wait until it is stored."""
    before = made.connections.held["c-1"].version
    await pilot.press("ctrl+s")
    await until(pilot, lambda: made.connections.held["c-1"].version == before + 1)
