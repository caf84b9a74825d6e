"""Goals are made, changed and stored by keys alone, whatever the accounts' names are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from textual.pilot import Pilot

from actui.app import ConsoleApp
from actui.model.connection import Connection
from actui.model.errors import CredentialsError
from actui.model.goals import ExportGoal, ImportGoal, Named
from screens.ask import ChooseScreen, TypeScreen
from screens.connection import ConnectionScreen
from screens.form import FormList
from screens.goal import GoalScreen
from screens.goals import GoalsPanel
from tests.screens.fakes import HOSTILE, FakeServices, connection, seen, services, until
from tests.screens.keyboard import down_to

Opened = tuple[FakeServices, Pilot[Any]]


@pytest.fixture
async def opened(size: tuple[int, int]) -> AsyncIterator[Opened]:
    made = services(connection())
    app = ConsoleApp(made)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        yield made, pilot


async def open_goal(pilot: Pilot[Any], index: int) -> None:
    app = pilot.app
    app.screen.query_one(GoalsPanel).focus()
    await pilot.press("g", *["down"] * (index + 1), "enter")
    await until(pilot, lambda: isinstance(app.screen, GoalScreen))
    form = form_of(pilot)
    await until(pilot, lambda: form.form.choices.blueconic is not None, "the accounts' answer")  # type: ignore[attr-defined]


def form_of(pilot: Pilot[Any]) -> FormList:
    found: FormList = pilot.app.screen.query_one("#form", FormList)
    return found


async def go(pilot: Pilot[Any], key: str, *keys: str) -> None:
    """Put the cursor on a line of the form, as the arrow keys do, and type."""
    form = form_of(pilot)
    await pilot.press("g")
    await down_to(pilot, lambda: form.key == key, key)
    await pilot.press(*keys)


async def choose(pilot: Pilot[Any], text: str) -> None:
    """Search and take the first that is found."""
    await until(pilot, lambda: isinstance(pilot.app.screen, ChooseScreen))
    pilot.app.screen.query_one("#search").focus()
    await pilot.press(*text, "enter")


async def on_the_page(pilot: Pilot[Any]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, GoalScreen))


def goals_of(made: FakeServices) -> Sequence[Any]:
    return made.connections.held["c-1"].connection.goals


async def save(pilot: Pilot[Any], made: FakeServices) -> None:
    before = made.connections.held["c-1"].version
    await pilot.press("ctrl+s")
    await until(pilot, lambda: made.connections.held["c-1"].version == before + 1)


async def test_an_import_goal_is_changed_step_by_step(opened: Opened) -> None:
    made, pilot = opened
    await open_goal(pilot, 0)
    await go(pilot, "list:0", "enter")
    await go(pilot, "list+", "enter")
    await choose(pilot, "Newsletter")
    await pilot.press("ctrl+s")
    await on_the_page(pilot)
    await go(pilot, "save", "enter")
    await choose(pilot, "ac_lists")
    await on_the_page(pilot)
    await go(pilot, "link+", "enter")
    await choose(pilot, "phone")
    await choose(pilot, "E-mail")
    await on_the_page(pilot)
    await go(pilot, "map+", "enter")
    await choose(pilot, "%POINTS%")
    await choose(pilot, "score")
    await on_the_page(pilot)
    await go(pilot, "map:1:rule", "enter")
    await choose(pilot, "sum")
    await on_the_page(pilot)
    await go(pilot, "map:1:of", "enter")
    await go(pilot, "map:1:start", "enter")
    await choose(pilot, "remember")
    await on_the_page(pilot)
    await go(pilot, "map:1:empty", "enter")
    await go(pilot, "mode=full", "enter")
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
    await go(pilot, "segment", "enter")
    await choose(pilot, "Buyers")
    await on_the_page(pilot)
    await until(pilot, lambda: "7 profiles" in seen(pilot))
    for source in ("identifier", "lifecycles", "interactions", "permission"):
        await go(pilot, "map+", "enter")
        await choose(pilot, source)
        await choose(pilot, f"%{source[:3]}%".upper())
        await on_the_page(pilot)
    await go(pilot, "list+", "enter")
    await choose(pilot, "List 299")
    await pilot.press("ctrl+s")
    await on_the_page(pilot)
    await go(pilot, "resubscribe=own", "enter")
    await go(pilot, "unsubscribe", "space")
    await go(pilot, "automations", "space")
    await go(pilot, "lifecycle", "enter")
    await choose(pilot, "Welcome")
    await choose(pilot, "First")
    await on_the_page(pilot)
    await go(pilot, "event=clicked", "enter")
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
    assert (goal.resubscribe, goal.unsubscribe, goal.automations) == ("own", True, False)
    assert goal.lifecycle is not None
    assert (goal.lifecycle.stage.id, goal.lifecycle.events) == ("st1", ["opened", "clicked"])


async def test_text_and_segments_are_sources_too(opened: Opened) -> None:
    made, pilot = opened
    await open_goal(pilot, 1)
    await go(pilot, "map+", "enter")
    await choose(pilot, "Text")
    await until(pilot, lambda: isinstance(pilot.app.screen, TypeScreen))
    await pilot.press(*"hi [b]", "enter")
    await choose(pilot, "%TIER%")
    await on_the_page(pilot)
    await go(pilot, "map+", "enter")
    await choose(pilot, "segments")
    await choose(pilot, "Buyers")
    await pilot.press("ctrl+s")
    await choose(pilot, "%POINTS%")
    await on_the_page(pilot)
    await go(pilot, "map:0", "x")
    await save(pilot, made)
    first, second = goals_of(made)[1].mappings
    assert (first.source.text, second.source.segments) == ("hi [b]", ["s2"])


async def test_remaining_fields_of_the_same_name_are_added_at_once(opened: Opened) -> None:
    made, pilot = opened
    await open_goal(pilot, 0)
    await go(pilot, "map*", "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ChooseScreen))
    await pilot.press("ctrl+s")
    await on_the_page(pilot)
    await save(pilot, made)
    mapped = {m.field: m.property for m in goals_of(made)[0].mappings}
    assert mapped["%TIER%"] == "tier"
    assert mapped["firstName"] == "first_name"


async def test_what_is_typed_stays_when_the_accounts_cannot_be_reached(
    size: tuple[int, int],
) -> None:
    made = services(connection())
    made.chooser.failure = CredentialsError("ActiveCampaign refused [x] the key.")
    app = ConsoleApp(made)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, GoalScreen))
        await until(pilot, lambda: "refused [x] the" in seen(pilot))
        await go(pilot, "list+", "enter")
        await choose(pilot, "Autumn [new]")
        await pilot.press("ctrl+s")
        await on_the_page(pilot)
        await go(pilot, "map+", "enter")
        await choose(pilot, "%no_such%")
        await choose(pilot, "city")
        await on_the_page(pilot)
        await pilot.press("ctrl+r")
        await save(pilot, made)
        goal = goals_of(made)[0]
        assert [choice.list.name for choice in goal.lists] == ["Leads [vip]", "Autumn [new]"]
        assert (goal.mappings[1].field, goal.mappings[1].property) == ("%NO_SUCH%", "city")


async def test_choices_that_come_late_join_the_open_question(size: tuple[int, int]) -> None:
    made = services(connection())
    made.chooser.answers = asyncio.Event()
    app = ConsoleApp(made)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        await pilot.press("down", "enter")
        await until(pilot, lambda: "asking both" in seen(pilot))
        await go(pilot, "list+", "enter")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        assert "List 7" not in seen(pilot)
        app.screen.query_one("#search").focus()
        await pilot.press(*"List 7")
        made.chooser.answers.set()
        await until(pilot, lambda: "[ ] List 7 " in seen(pilot))
        await pilot.press("enter", "ctrl+s")
        await on_the_page(pilot)
        await save(pilot, made)
        assert [choice.list.id for choice in goals_of(made)[0].lists] == [None, "13"]


async def test_a_property_is_created_when_the_connection_is_saved(opened: Opened) -> None:
    made, pilot = opened
    app = pilot.app
    await open_goal(pilot, 0)
    await go(pilot, "map+", "enter")
    await choose(pilot, "%POINTS%")
    await choose(pilot, "Create a property")
    await until(pilot, lambda: isinstance(app.screen, TypeScreen))
    assert app.screen.query_one("#typed").value == "points_b"  # type: ignore[attr-defined]
    await pilot.press("ctrl+u", *"no spaces", "enter")
    await until(pilot, lambda: "takes letters" in seen(pilot))
    assert isinstance(app.screen, TypeScreen)
    await pilot.press("ctrl+u", *"loyalty", "enter")
    await choose(pilot, "Decimal")
    await on_the_page(pilot)
    await until(pilot, lambda: "loyalty  (new)" in seen(pilot))
    assert made.chooser.created == {}
    await go(pilot, "save", "enter")
    await choose(pilot, "ac_lists")
    await on_the_page(pilot)
    await save(pilot, made)
    await until(pilot, lambda: made.chooser.created == {"loyalty": "DECIMAL", "ac_lists": "SELECT"})
    await go(pilot, "map:1")
    await until(pilot, lambda: "loyalty  set" in seen(pilot))


async def test_a_property_that_cannot_be_created_is_told_and_tried_again(opened: Opened) -> None:
    made, pilot = opened
    await open_goal(pilot, 0)
    await go(pilot, "save", "enter")
    await choose(pilot, "ac_lists")
    await on_the_page(pilot)
    made.chooser.failure = CredentialsError("no right")
    await save(pilot, made)
    await until(pilot, lambda: "no right" in seen(pilot))
    made.chooser.failure = None
    await save(pilot, made)
    await until(pilot, lambda: made.chooser.created == {"ac_lists": "SELECT"})


async def test_choices_with_consequences_say_how_many(opened: Opened) -> None:
    made, pilot = opened
    if pilot.app.size.height < 24:
        pytest.skip("the lines do not fit at 40x12 at once")
    await open_goal(pilot, 0)
    await go(pilot, "list+", "enter")
    await choose(pilot, "Newsletter")
    await pilot.press("ctrl+s")
    await on_the_page(pilot)
    await go(pilot, "list:1", "enter")
    await until(pilot, lambda: "up to 40 contacts without a match becomes a new" in seen(pilot))
    await go(pilot, "map:0", "enter")
    await go(pilot, "map:0:rule", "enter")
    await choose(pilot, "sum")
    await on_the_page(pilot)
    await until(pilot, lambda: "adds the whole value of up to 40 contacts" in seen(pilot))
    await go(pilot, "map:0:empty", "enter")
    await until(pilot, lambda: "Each of up to 40 people without a value" in seen(pilot))
    await pilot.press("escape")
    await until(pilot, lambda: isinstance(pilot.app.screen, ConnectionScreen))
    await open_goal(pilot, 1)
    await go(pilot, "resubscribe=all", "enter")
    await until(pilot, lambda: "Concerns up to 12,431 people" in seen(pilot))
    await go(pilot, "automations")
    await until(pilot, lambda: "start mails to up to 12,431 people" in seen(pilot))


async def test_a_finding_stands_in_the_step_it_is_about(opened: Opened) -> None:
    _, pilot = opened
    if pilot.app.size.height < 24:
        pytest.skip("both lines of the step do not fit at 40x12")
    await open_goal(pilot, 0)
    await go(pilot, "list:0", "x")
    await until(pilot, lambda: "Select at least one list." in seen(pilot))
    text = seen(pilot)
    assert text.index("1 Contacts") < text.index("Select at least one") < text.index("2 Link")


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
    await down_to(pilot, lambda: details.key == "label+", "label+")
    await pilot.press("enter")
    await choose(pilot, "vip [x]")
    await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
    await down_to(pilot, lambda: details.key == "notify", "notify")
    await pilot.press("enter")
    await choose(pilot, "fails")
    await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
    await pilot.press("down", "enter")
    await until(pilot, lambda: isinstance(app.screen, TypeScreen))
    await pilot.press(*"nobody", "enter")
    await until(pilot, lambda: "'nobody' is no e-mail address." in seen(pilot))
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
    await until(pilot, lambda: any(line.key == "needed" for line in privacy.form.lines()))
    await pilot.press("G")
    await until(pilot, lambda: privacy.has_focus and privacy.key == "needed")
    await pilot.press("enter")
    await save(pilot, made)
    stored = made.connections.held["c-1"].connection
    assert [(one.name, one.id) for one in stored.objectives] == [("Marketing [x]", "o1")]
    assert stored.consent_where_needed


@pytest.mark.parametrize("name", [*HOSTILE, "x" * 10_000])
async def test_hostile_names_act_on_no_goal_page(name: str, size: tuple[int, int]) -> None:
    plain = connection()
    goals = [
        plain.goals[0].model_copy(update={"name": name, "save_lists_to": name}),
        plain.goals[1].model_copy(update={"name": "Out", "segment": Named(name=name)}),
    ]
    facts = dict(plain) | {"goals": goals, "labels": [name], "description": name}
    made = services(Connection.model_construct(**facts))
    app = ConsoleApp(made)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        await pilot.press("ctrl+e", "ctrl+e")
        for index, key in ((0, "list+"), (1, "segment")):
            await open_goal(pilot, index)
            await go(pilot, key, "enter")
            await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
            assert "\x1b[31m" not in seen(pilot)
            assert "\u202e" not in seen(pilot)
            await pilot.press("escape")
            await on_the_page(pilot)
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
