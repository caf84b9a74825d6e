"""F6: what a run would do, for people chosen by number or by address, drafts included."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from textual.pilot import Pilot

from actui.app.console_app import ConsoleApp
from actui.console.views.preview import asked
from actui.model.errors import ConfigError
from actui.model.omitted import Omitted, OmittedList, OmittedValues
from actui.model.preview import Ask, Change, Preview, PreviewedGoal, PreviewedPerson
from actui.model.run import Outcome, Reason, Record
from screens.connection_page import ConnectionScreen
from screens.goal_page import GoalScreen
from screens.preview_page import PreviewScreen
from tests.ui.screens.fakes import (
    HOSTILE_IN_A_SIZE,
    FakeServices,
    connection,
    seen,
    services,
    until,
)

Opened = tuple[FakeServices, Pilot[Any]]


def person(email: str, *changes: Change, **more: Any) -> PreviewedPerson:
    record = Record(Outcome.UPDATED, contact_id=7, email=email)
    return PreviewedPerson(email, more.pop("record", record), changes, **more)


def answer(*people: PreviewedPerson) -> Preview:
    return Preview((PreviewedGoal("Contacts", "import", people, notes=("Mind this.",)),))


@pytest.fixture
async def opened(size: tuple[int, int]) -> AsyncIterator[Opened]:
    made = services(connection())
    skipped = Record(Outcome.SKIPPED, Reason.NO_MATCH, contact_id=8, email="bo@x.org")
    made.previews.answer = answer(
        person("ann@x.org", Change("first_name", ("An",), ("Ann",))),
        person("bo@x.org", record=skipped),
    )
    app = ConsoleApp(made)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        yield made, pilot


def told(pilot: Pilot[Any]) -> str:
    return str(pilot.app.screen.query_one("#about").text)  # type: ignore[attr-defined]


async def test_people_are_shown_with_before_and_after_or_the_reason(opened: Opened) -> None:
    made, pilot = opened
    await pilot.press("f6")
    await until(pilot, lambda: isinstance(pilot.app.screen, PreviewScreen))
    await until(pilot, lambda: "first_name: An ⟶ Ann" in seen(pilot))
    assert "Mind this." in seen(pilot)
    await pilot.press("j")
    await until(pilot, lambda: "no profile matches" in told(pilot))
    assert made.previews.asked[0][1] == Ask()
    await pilot.press("escape")
    await until(pilot, lambda: isinstance(pilot.app.screen, ConnectionScreen))


async def test_what_would_be_omitted_is_shown(opened: Opened) -> None:
    made, pilot = opened
    left = OmittedList("News [vip]", "unsubscribed", "2026-03-02T10:00:00Z")
    omitted = Omitted((OmittedValues("%AGE%", "which are no dates"),), (left,))
    record = Record(Outcome.UPDATED, contact_id=7, email="ann@x.org", omitted=omitted)
    made.previews.answer = answer(person("ann@x.org", record=record))
    await pilot.press("f6")
    await until(pilot, lambda: "%AGE%: 1 value omitted" in told(pilot))
    assert "list News [vip] not joined: unsubscribed since 2026-03-02" in told(pilot)


async def test_people_are_chosen_by_address_or_number(opened: Opened) -> None:
    made, pilot = opened
    await pilot.press("f6")
    await until(pilot, lambda: "Ann" in seen(pilot))
    for typed, ask in (("x@y.z q@r.s", Ask(emails=("x@y.z", "q@r.s"))), ("3", Ask(first=3))):
        await pilot.press("e")
        await until(pilot, lambda: bool(pilot.app.screen.query("#typed")))
        await pilot.press("ctrl+u", *["backspace"] * 20, *typed, "enter")
        await until(pilot, lambda ask=ask: made.previews.asked[-1][1] == ask)  # type: ignore[misc]
    await until(pilot, lambda: "the first 3" in seen(pilot))


@pytest.mark.parametrize("size", [(80, 24)])
async def test_addresses_are_whole_in_the_rows_and_counted_in_the_title(opened: Opened) -> None:
    made, pilot = opened
    first, second = "dimitra.nikolaou2@firma.example.org", "bo@x.org"
    made.previews.answer = answer(person(first), person(second))
    await pilot.press("f6")
    await until(pilot, lambda: f" {first}  would be updated" in seen(pilot))
    await pilot.press("e")
    await until(pilot, lambda: bool(pilot.app.screen.query("#typed")))
    await pilot.press("ctrl+u", *["backspace"] * 20, *f"{first} {second}", "enter")
    await until(pilot, lambda: "Preview of 2 people" in seen(pilot))
    await pilot.press("e")
    await until(pilot, lambda: bool(pilot.app.screen.query("#typed")))
    await pilot.press("ctrl+u", *["backspace"] * 60, "1", "enter")
    await until(pilot, lambda: "Preview of the first 1 person" in seen(pilot))


async def test_a_goal_is_previewed_as_it_stands_on_its_page(opened: Opened) -> None:
    made, pilot = opened
    await pilot.press("down", "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, GoalScreen))
    await pilot.press("ctrl+o", "f6")
    await until(pilot, lambda: isinstance(pilot.app.screen, PreviewScreen))
    await until(pilot, lambda: bool(made.previews.asked))
    meant, ask = made.previews.asked[0]
    assert ask.goals == ("g-1",)
    assert not meant.goals[0].enabled
    assert made.connections.find("c-1").connection.goals[0].enabled


async def test_what_keeps_a_run_from_starting_is_said(opened: Opened) -> None:
    made, pilot = opened
    made.previews.failure = ConfigError("Enter the BlueConic [b]client id.")
    await pilot.press("f6")
    await until(pilot, lambda: "[b]client id" in seen(pilot))


@pytest.mark.parametrize(
    ("name", "size"), [*HOSTILE_IN_A_SIZE, pytest.param("", (80, 24), id="empty")]
)
async def test_hostile_people_act_nowhere(name: str, opened: Opened) -> None:
    made, pilot = opened
    change = Change(name, (name,), (name, "b"))
    made.previews.answer = answer(person(name, change, lists=(change,)), person("", absent=name))
    await pilot.press("f6")
    await until(pilot, lambda: "would be updated" in told(pilot))
    assert not {"\x1b", "\u202e"} & set(seen(pilot))


@pytest.mark.parametrize(("typed", "ask"), [("0", None), ("501", None), ("ann", None), ("", None)])
def test_what_is_neither_a_number_nor_an_address_is_refused(typed: str, ask: Ask | None) -> None:
    assert asked(typed) is ask
