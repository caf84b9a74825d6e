"""Goal pages with accounts that are slow, cannot be reached, or have hostile names in them."""

from __future__ import annotations

import asyncio

import pytest

from actui.console.forms.form import ADD, Key
from actui.model.connection import Connection
from actui.model.errors import CredentialsError
from actui.model.goals import Named
from screens.dialogs.ask import ChooseScreen
from screens.goal_page import GoalScreen
from tests.ui.screens.fakes import HOSTILE_IN_A_SIZE, connection, seen, services, until
from tests.ui.screens.goalpages import (
    back,
    choose,
    go,
    goals_of,
    map_field,
    on_connection,
    on_the_page,
    open_goal,
    save,
)


async def test_what_is_typed_stays_when_the_accounts_cannot_be_reached() -> None:
    made = services(connection())
    made.catalog.failure = CredentialsError("ActiveCampaign refused [x] the key.")
    async with on_connection(made) as pilot:
        app = pilot.app
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, GoalScreen))
        await until(pilot, lambda: "refused [x] the" in seen(pilot))
        await go(pilot, Key("lists", part=ADD), "enter")
        await choose(pilot, "Autumn [new]")
        await pilot.press("ctrl+s")
        await on_the_page(pilot)
        await map_field(pilot, "%no_such%", "city")
        await pilot.press("ctrl+r")
        await save(pilot, made)
        goal = goals_of(made)[0]
        assert [choice.list.name for choice in goal.lists] == ["Leads [vip]", "Autumn [new]"]
        assert (goal.mappings[1].field, goal.mappings[1].property) == ("%NO_SUCH%", "city")


async def test_choices_that_come_late_join_the_open_question() -> None:
    made = services(connection())
    made.catalog.answers = asyncio.Event()
    async with on_connection(made) as pilot:
        app = pilot.app
        await pilot.press("down", "enter")
        await until(pilot, lambda: "asking both" in seen(pilot))
        await go(pilot, Key("lists", part=ADD), "enter")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        assert "List 7" not in seen(pilot)
        app.screen.query_one("#search").focus()
        await pilot.press(*"List 7")
        made.catalog.answers.set()
        await until(pilot, lambda: "[ ] List 7 " in seen(pilot))
        await pilot.press("enter", "ctrl+s")
        await on_the_page(pilot)
        await save(pilot, made)
        assert [choice.list.id for choice in goals_of(made)[0].lists] == [None, "13"]


@pytest.mark.parametrize(("name", "size"), HOSTILE_IN_A_SIZE)
async def test_hostile_names_act_on_no_goal_page(name: str, size: tuple[int, int]) -> None:
    plain = connection()
    goals = [
        plain.goals[0].model_copy(update={"name": name, "save_lists_to": name}),
        plain.goals[1].model_copy(update={"name": "Out", "segment": Named(name=name)}),
    ]
    facts = dict(plain) | {"goals": goals, "labels": [name], "description": name}
    made = services(Connection.model_construct(**facts))
    async with on_connection(made, size) as pilot:
        app = pilot.app
        await pilot.press("ctrl+e", "ctrl+e")
        for index, key in ((0, Key("lists", part=ADD)), (1, Key("segment"))):
            await open_goal(pilot, index)
            await go(pilot, key, "enter")
            await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
            assert "\x1b[31m" not in seen(pilot)
            assert "\u202e" not in seen(pilot)
            await pilot.press("escape")
            await on_the_page(pilot)
            await back(pilot)
