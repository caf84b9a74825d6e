"""Who saves or runs and goes at once, as one can over a slow line: what was begun is done first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.connection_list import ConnectionsScreen
from screens.connection_page import ConnectionScreen
from screens.dialogs.confirm import ConfirmScreen
from screens.dialogs.schedule import ScheduleScreen
from screens.run_page import RunScreen
from tests.ui.screens.fakes import FakeServices, seen, until
from tests.ui.screens.goalpages import Opened
from tests.ui.screens.keyboard import LIMIT_SECONDS, at_once

Held = tuple[FakeServices, Pilot[Any], threading.Event]


@pytest.fixture
def slow(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """A page with a new secret typed, in front of a key store that answers when it is let."""
    made, pilot = opened
    let = threading.Event()
    status = made.credentials.secret_source

    def slow_status(*asked: Any) -> str:
        let.wait(LIMIT_SECONDS)
        return status(*asked)

    monkeypatch.setattr(made.credentials, "secret_source", slow_status)
    pilot.app.screen.query_one("#activecampaign-key").focus()
    yield made, pilot, let
    let.set()


def is_leaving(pilot: Pilot[Any]) -> bool:
    return any(
        isinstance(page, ConnectionScreen) and page._is_leaving for page in pilot.app.screen_stack
    )


async def test_it_is_stored_and_then_left_without_a_question(slow: Held) -> None:
    made, pilot, let = slow
    at_once(pilot, *"new", "ctrl+o", "ctrl+s", "escape", "escape")
    await until(pilot, lambda: is_leaving(pilot))
    assert isinstance(pilot.app.screen, ConnectionScreen)
    let.set()
    await until(pilot, lambda: isinstance(pilot.app.screen, ConnectionsScreen))
    assert not made.connections.held["c-1"].connection.enabled
    assert made.credentials.kept["activecampaign"] == ("https://acme.api-us1.com", "new")


async def test_a_page_that_was_opened_meanwhile_stays(slow: Held) -> None:
    made, pilot, let = slow
    at_once(pilot, *"new", "ctrl+s", "escape", "f8")
    await until(pilot, lambda: isinstance(pilot.app.screen, ScheduleScreen))
    let.set()
    await until(pilot, lambda: not is_leaving(pilot))
    assert isinstance(pilot.app.screen, ScheduleScreen)
    assert made.credentials.kept["activecampaign"][1] == "new"


async def test_a_question_of_the_save_comes_first(slow: Held) -> None:
    made, pilot, let = slow
    at_once(pilot, *"new", "ctrl+s", "escape")
    await until(pilot, lambda: is_leaving(pilot))
    held = made.connections.held["c-1"]
    theirs = held.connection.model_copy(update={"description": "theirs"})
    made.connections.held["c-1"] = replace(held, connection=theirs, version=2, saved_by="bob")
    let.set()
    await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
    await until(pilot, lambda: "was changed by bob meanwhile" in seen(pilot))
    await until(pilot, lambda: not is_leaving(pilot))
    assert "was changed by bob meanwhile" in seen(pilot)
    await pilot.press("escape")
    await until(pilot, lambda: isinstance(pilot.app.screen, ConnectionScreen))
    assert "not saved" in seen(pilot)


async def test_a_run_is_started_and_shown(slow: Held) -> None:
    made, pilot, let = slow
    at_once(pilot, "f5", "escape")
    await until(pilot, lambda: is_leaving(pilot))
    assert "Starting the run." in seen(pilot)
    let.set()
    await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
    assert made.starter.started == ["Newsletter"]
    await until(pilot, lambda: not is_leaving(pilot))
    assert isinstance(pilot.app.screen, RunScreen)
