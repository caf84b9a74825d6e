"""What single steps of the goal pages offer, create and say."""

from __future__ import annotations

from actui.console.forms.form import ADD, Key
from actui.model.errors import CredentialsError
from actui.model.mapping import Rule
from screens.dialogs.ask import ChooseScreen, TypeScreen
from tests.ui.screens.fakes import seen, until
from tests.ui.screens.goalpages import (
    Opened,
    back,
    choose,
    go,
    goals_of,
    map_field,
    on_the_page,
    open_goal,
    save,
)


async def test_text_and_segments_are_sources_too(opened: Opened) -> None:
    made, pilot = opened
    await open_goal(pilot, 1)
    await go(pilot, Key("mappings", part=ADD), "enter")
    await choose(pilot, "Text")
    await until(pilot, lambda: isinstance(pilot.app.screen, TypeScreen))
    await pilot.press(*"hi [b]", "enter")
    await choose(pilot, "%TIER%")
    await on_the_page(pilot)
    await go(pilot, Key("mappings", part=ADD), "enter")
    await choose(pilot, "segments")
    await choose(pilot, "Buyers")
    await pilot.press("ctrl+s")
    await choose(pilot, "%POINTS%")
    await on_the_page(pilot)
    await go(pilot, Key("mappings", 0), "x")
    await save(pilot, made)
    first, second = goals_of(made)[1].mappings
    assert (first.source.text, second.source.segments) == ("hi [b]", ["s2"])


async def test_the_rule_of_a_mapping_is_turned_where_it_was_added(opened: Opened) -> None:
    made, pilot = opened
    await open_goal(pilot, 0)
    await map_field(pilot, "%POINTS%", "first_name")
    await pilot.press("r")
    await save(pilot, made)
    assert goals_of(made)[0].mappings[-1].rule is Rule.SET_IF_EMPTY
    await pilot.press("g", "r")
    await until(pilot, lambda: "Go to a mapping first" in seen(pilot))


async def test_remaining_fields_of_the_same_name_are_added_at_once(opened: Opened) -> None:
    made, pilot = opened
    await open_goal(pilot, 0)
    await go(pilot, Key("mappings", part="remaining"), "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ChooseScreen))
    await pilot.press("ctrl+s")
    await on_the_page(pilot)
    await save(pilot, made)
    mapped = {m.field: m.property for m in goals_of(made)[0].mappings}
    assert mapped["%TIER%"] == "tier"
    assert mapped["firstName"] == "first_name"


async def test_a_property_is_created_when_the_connection_is_saved(opened: Opened) -> None:
    made, pilot = opened
    app = pilot.app
    await open_goal(pilot, 0)
    await go(pilot, Key("mappings", part=ADD), "enter")
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
    assert made.catalog.created == {}
    await go(pilot, Key("save_lists_to"), "enter")
    await choose(pilot, "ac_lists")
    await on_the_page(pilot)
    await save(pilot, made)
    await until(pilot, lambda: made.catalog.created == {"loyalty": "DECIMAL", "ac_lists": "SELECT"})
    await go(pilot, Key("mappings", 1))
    await until(pilot, lambda: "loyalty  set" in seen(pilot))


async def test_a_property_that_cannot_be_created_is_told_and_tried_again(opened: Opened) -> None:
    made, pilot = opened
    await open_goal(pilot, 0)
    await go(pilot, Key("save_lists_to"), "enter")
    await choose(pilot, "ac_lists")
    await on_the_page(pilot)
    made.catalog.failure = CredentialsError("no right")
    await save(pilot, made)
    await until(pilot, lambda: "no right" in seen(pilot))
    made.catalog.failure = None
    await save(pilot, made)
    await until(pilot, lambda: made.catalog.created == {"ac_lists": "SELECT"})


async def test_choices_with_consequences_say_how_many(opened: Opened) -> None:
    made, pilot = opened
    await open_goal(pilot, 0)
    await go(pilot, Key("lists", part=ADD), "enter")
    await choose(pilot, "Newsletter")
    await pilot.press("ctrl+s")
    await on_the_page(pilot)
    await go(pilot, Key("lists", 1), "enter")
    await until(pilot, lambda: "up to 40 contacts without a match becomes a new" in seen(pilot))
    await go(pilot, Key("mappings", 0), "enter")
    await go(pilot, Key("mappings", 0, "rule"), "enter")
    await choose(pilot, "sum")
    await on_the_page(pilot)
    await until(pilot, lambda: "adds the whole value of up to 40 contacts" in seen(pilot))
    await go(pilot, Key("mappings", 0, "when_empty"), "enter")
    await until(pilot, lambda: "Each of up to 40 people without a value" in seen(pilot))
    await back(pilot)
    await open_goal(pilot, 1)
    await go(pilot, Key("resubscribe", part="all"), "enter")
    await until(pilot, lambda: "Concerns up to 12,431 people" in seen(pilot))
    await go(pilot, Key("automations"))
    await until(pilot, lambda: "start mails to up to 12,431 people" in seen(pilot))


async def test_one_person_is_no_people(opened: Opened) -> None:
    _, pilot = opened
    await open_goal(pilot, 1)
    await go(pilot, Key("segment"), "enter")
    await until(pilot, lambda: " 1 profile" in seen(pilot))
    assert " 1 profiles" not in seen(pilot)
    await choose(pilot, "Ambassador")
    await on_the_page(pilot)
    await until(pilot, lambda: "Ambassador  1 profile" in seen(pilot))
    assert " 1 profiles" not in seen(pilot)
    await go(pilot, Key("resubscribe", part="all"), "enter")
    await until(pilot, lambda: "Concerns up to 1 person" in seen(pilot))
    await go(pilot, Key("automations"))
    await until(pilot, lambda: "start mails to up to 1 person." in seen(pilot))


async def test_a_finding_stands_in_the_step_it_is_about(opened: Opened) -> None:
    _, pilot = opened
    await open_goal(pilot, 0)
    await go(pilot, Key("lists", 0), "x")
    await until(pilot, lambda: "Select at least one list." in seen(pilot))
    text = seen(pilot)
    assert text.index("1 Contacts") < text.index("Select at least one") < text.index("2 Link")
