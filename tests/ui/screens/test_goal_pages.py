"""Both goal pages step by step, by keys alone, at the size of a window and of a telephone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from actui.console.forms.form import ADD, Key
from actui.model.goals import ExportGoal, ImportGoal
from tests.ui.screens.fakes import connection, seen, services, until
from tests.ui.screens.goalpages import (
    Opened,
    choose,
    go,
    goals_of,
    map_field,
    on_connection,
    on_the_page,
    open_goal,
    save,
)


@pytest.fixture
async def opened(size: tuple[int, int]) -> AsyncIterator[Opened]:
    made = services(connection())
    async with on_connection(made, size) as pilot:
        yield made, pilot


async def test_an_import_goal_is_changed_step_by_step(opened: Opened) -> None:
    made, pilot = opened
    await open_goal(pilot, 0)
    await go(pilot, Key("lists", 0), "enter")
    await go(pilot, Key("lists", part=ADD), "enter")
    await choose(pilot, "Newsletter")
    await pilot.press("ctrl+s")
    await on_the_page(pilot)
    await go(pilot, Key("save_lists_to"), "enter")
    await choose(pilot, "ac_lists")
    await on_the_page(pilot)
    await go(pilot, Key("identifiers", part=ADD), "enter")
    await choose(pilot, "phone")
    await choose(pilot, "E-mail")
    await on_the_page(pilot)
    await map_field(pilot, "%POINTS%", "score")
    await go(pilot, Key("mappings", 1, "rule"), "enter")
    await choose(pilot, "sum")
    await on_the_page(pilot)
    await go(pilot, Key("mappings", 1, "of"), "enter")
    await go(pilot, Key("mappings", 1, "sum_start"), "enter")
    await choose(pilot, "remember")
    await on_the_page(pilot)
    await go(pilot, Key("mappings", 1, "when_empty"), "enter")
    await go(pilot, Key("mode", part="full"), "enter")
    await save(pilot, made)
    goal = goals_of(made)[0]
    assert isinstance(goal, ImportGoal)
    assert [(c.list.name, c.create_profiles) for c in goal.lists] == [
        ("Leads [vip]", False),
        ("Newsletter", False),
    ]
    assert goal.lists[1].list.id is not None
    assert goal.save_lists_to == "ac_lists"
    assert [link.field for link in goal.identifiers] == ["email", "phone"]
    added = goal.mappings[1]
    assert (added.field, added.property, added.rule.value) == ("%POINTS%", "score", "sum")
    assert (added.of, added.sum_start, added.when_empty.value) == ("change", "baseline", "clear")
    assert goal.mode.value == "full"


async def test_an_export_goal_is_changed_step_by_step(opened: Opened) -> None:
    made, pilot = opened
    await open_goal(pilot, 1)
    await until(pilot, lambda: "12,431 profiles" in seen(pilot))
    await go(pilot, Key("segment"), "enter")
    await choose(pilot, "Buyers")
    await on_the_page(pilot)
    await until(pilot, lambda: "7 profiles" in seen(pilot))
    for source in ("identifier", "lifecycles", "interactions", "permission"):
        await map_field(pilot, source, f"%{source[:3]}%".upper())
    await go(pilot, Key("lists", part=ADD), "enter")
    await choose(pilot, "List 299")
    await pilot.press("ctrl+s")
    await on_the_page(pilot)
    await go(pilot, Key("resubscribe", part="own"), "enter")
    await go(pilot, Key("unsubscribe", part="own"), "space")
    await go(pilot, Key("automations"), "space")
    await go(pilot, Key("lifecycle"), "enter")
    await choose(pilot, "Welcome")
    await choose(pilot, "First")
    await on_the_page(pilot)
    await go(pilot, Key("lifecycle", part="clicked"), "enter")
    await save(pilot, made)
    goal = goals_of(made)[1]
    assert isinstance(goal, ExportGoal)
    assert (goal.segment.name, goal.segment.id) == ("Buyers", "s2")
    assert [m.source for m in goal.mappings[1:]] == [
        "profile_id",
        "lifecycles",
        "viewed_interactions",
        "permission_level",
    ]
    assert [one.name for one in goal.lists] == ["Newsletter", "List 299"]
    assert (goal.resubscribe, goal.unsubscribe, goal.automations) == ("own", "own", False)
    assert goal.lifecycle is not None
    assert (goal.lifecycle.stage.id, goal.lifecycle.events) == ("st1", ["opened", "clicked"])
