"""The help article's plain behavior on the goal pages: each setting as the file has it."""

from __future__ import annotations

from typing import Any

import pytest

from actui.console.forms.form import Key
from actui.model.document import dump, load
from actui.model.goals import Mode
from tests.ui.screens.fakes import connection, seen, services, until
from tests.ui.screens.goalpages import (
    form_of,
    go,
    goals_of,
    on_connection,
    on_the_page,
    open_goal,
    save,
)

IMPORT, EXPORT = 0, 1
EVERY_STATUS = ["unconfirmed", "active", "unsubscribed", "bounced"]
SETTINGS: list[tuple[int, str, Any, list[tuple[Key, str]]]] = [
    (EXPORT, "unsubscribe", "all", [(Key("unsubscribe", part="all"), "space")]),
    (EXPORT, "unsubscribe", "own", [(Key("unsubscribe", part="own"), "space")]),
    (
        EXPORT,
        "unsubscribe",
        "never",
        [(Key("unsubscribe", part="all"), "space"), (Key("unsubscribe", part="never"), "space")],
    ),
    (EXPORT, "resubscribe", "all", [(Key("resubscribe", part="all"), "space")]),
    (EXPORT, "resubscribe", "own", [(Key("resubscribe", part="own"), "space")]),
    (
        EXPORT,
        "resubscribe",
        "never",
        [(Key("resubscribe", part="all"), "space"), (Key("resubscribe", part="never"), "space")],
    ),
    (EXPORT, "recreate_deleted", True, [(Key("recreate_deleted"), "space")]),
    (
        EXPORT,
        "recreate_deleted",
        False,
        [(Key("recreate_deleted"), "space"), (Key("recreate_deleted"), "space")],
    ),
]


@pytest.mark.parametrize(("index", "setting", "value", "keys"), SETTINGS)
async def test_the_page_makes_the_same_goal_as_the_file(
    index: int, setting: str, value: Any, keys: list[tuple[Key, str]]
) -> None:
    made = services(connection())
    in_file = goals_of(made)[index].model_copy(update={setting: value})
    stored = made.connections.held["c-1"].connection
    goals = [in_file if n == index else goal for n, goal in enumerate(stored.goals)]
    text = dump(stored.model_copy(update={"goals": goals}))
    async with on_connection(made) as pilot:
        await open_goal(pilot, index)
        for line, key in keys:
            await go(pilot, line, key)
        # a change that was taken back leaves the goal as it was: something else is saved then
        await go(pilot, Key("mode", part="full"), "space")
        await save(pilot, made)
    wanted = load(text).goals[index].model_copy(update={"mode": Mode.FULL})
    by_page = goals_of(made)[index]
    assert getattr(by_page, setting) == getattr(wanted, setting) == value
    assert by_page.config_hash() == wanted.config_hash()


async def test_every_status_is_chosen_on_the_import_page() -> None:
    made = services(connection())
    async with on_connection(made, (100, 40)) as pilot:
        await open_goal(pilot, IMPORT)
        assert "does not ask for a status" in seen(pilot)
        await go(pilot, Key("statuses"), "enter")
        await pilot.press("space", *["down", "space"] * 3, "ctrl+s")
        await on_the_page(pilot)
        await until(pilot, lambda: "does not ask for a status" not in seen(pilot))
        await save(pilot, made)
    assert set(goals_of(made)[IMPORT].statuses) == set(EVERY_STATUS)
    again = load(dump(made.connections.held["c-1"].connection)).goals[IMPORT]
    assert again.read_statuses == frozenset(EVERY_STATUS)


async def test_the_page_says_where_actui_is_stricter_than_the_help_article() -> None:
    made = services(connection())
    async with on_connection(made) as pilot:
        await open_goal(pilot, EXPORT)
        text = "\n".join(line.text for line in form_of(pilot).form.lines())
    assert text.count("In the help article this is a checkbox; checked, it means all.") == 2
    assert "The help article creates a contact whenever it finds none: check this." in text
