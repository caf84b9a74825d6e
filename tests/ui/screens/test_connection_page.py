"""The goals, the details and the objectives of a connection, changed by keys alone."""

from __future__ import annotations

from actui.console.forms.form import ADD, Key
from screens.connection_page import ConnectionScreen
from screens.dialogs.ask import TypeScreen
from screens.goals_panel import GoalsPanel
from screens.widgets.form_list import FormList
from tests.ui.screens.fakes import seen, until
from tests.ui.screens.goalpages import (
    Opened,
    choose,
    goals_of,
    on_the_page,
    save,
)
from tests.ui.screens.keyboard import down_to


async def test_goals_are_added_renamed_copied_moved_switched_and_deleted(opened: Opened) -> None:
    made, pilot = opened
    app = pilot.app
    await pilot.press("plus")
    await choose(pilot, "Export")
    await on_the_page(pilot)
    await until(pilot, lambda: "Select a segment" in seen(pilot))
    await pilot.press("escape")
    await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
    panel = app.screen.query_one(GoalsPanel)
    await until(pilot, lambda: panel.goal is not None and panel.goal.name == "Export")
    await pilot.press("n")
    await until(pilot, lambda: isinstance(app.screen, TypeScreen))
    await pilot.press(*"Exports [/y]", "enter")
    await until(pilot, lambda: panel.goal is not None and panel.goal.name == "Exports [/y]")
    await pilot.press("K", "space", "g", "down", "c")
    await until(pilot, lambda: panel.goal is not None and panel.goal.name == "Contacts 2")
    await pilot.press("g", "down", "d", "right", "enter")
    await until(pilot, lambda: len(panel._draft.connection.goals) == 3)
    await save(pilot, made)
    assert [(goal.name, goal.enabled) for goal in goals_of(made)] == [
        ("Contacts 2", False),
        ("Exports [/y]", False),
        ("x [/y]", True),
    ]
    assert len({goal.id for goal in goals_of(made)}) == 3


async def test_details_are_folded_out_and_changed(opened: Opened) -> None:
    made, pilot = opened
    app = pilot.app
    assert not app.screen.query_one("#details").display
    await pilot.press("ctrl+e")
    details = app.screen.query_one("#details", FormList)
    await until(pilot, lambda: details.has_focus)
    await pilot.press("enter")
    await down_to(pilot, lambda: details.key == Key("labels", part=ADD), "label+")
    await pilot.press("enter")
    await choose(pilot, "vip [x]")
    await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
    await down_to(pilot, lambda: details.key == Key("notify", part="when"), "notify")
    await pilot.press("enter")
    await choose(pilot, "fails")
    await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
    await pilot.press("down", "enter")
    await until(pilot, lambda: isinstance(app.screen, TypeScreen))
    await pilot.press(*"nobody", "enter")
    await until(pilot, lambda: "'nobody' is not an e-mail address" in seen(pilot))
    assert isinstance(app.screen, TypeScreen)
    await pilot.press("ctrl+u", *"a@example.com", "enter")
    await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
    await save(pilot, made)
    stored = made.connections.held["c-1"].connection
    assert stored.favorite
    assert stored.labels == ["email", "vip [x]"]
    assert (stored.notify.when, stored.notify.recipients) == ("failure", ["a@example.com"])


async def test_objectives_are_chosen_from_those_of_the_account(opened: Opened) -> None:
    made, pilot = opened
    app = pilot.app
    privacy = app.screen.query_one("#privacy", FormList)
    privacy.focus()
    await until(pilot, lambda: privacy.has_focus)
    await pilot.press("enter")
    await until(pilot, lambda: "Marketing [x]" in seen(pilot), "the account's answer")
    await choose(pilot, "Marketing")
    await pilot.press("ctrl+s")
    await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
    await until(
        pilot, lambda: any(line.key == Key("consent_where_needed") for line in privacy.form.lines())
    )
    await pilot.press("G")
    await until(pilot, lambda: privacy.has_focus and privacy.key == Key("consent_where_needed"))
    await pilot.press("enter")
    await save(pilot, made)
    stored = made.connections.held["c-1"].connection
    assert [(one.name, one.id) for one in stored.objectives] == [("Marketing [x]", "o1")]
    assert stored.consent_where_needed
