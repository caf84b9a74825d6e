"""The pop-up with a search bar by mouse, which over SSH is there in most terminals."""

from __future__ import annotations

import pytest

from actui.app.console_app import ConsoleApp
from actui.console.forms.form import Choose, Option
from screens.dialogs.ask import ChooseScreen, ask
from tests.ui.screens.fakes import connection, seen, services, until

NAMES = ("Readers", "Buyers", "Staff")


@pytest.mark.parametrize("many", [True, False], ids=["several", "one"])
async def test_a_click_chooses_a_line_as_space_does(many: bool) -> None:
    taken: list[tuple[str, ...]] = []
    question = Choose(
        "Which lists?",
        lambda: [Option(name.lower(), name) for name in NAMES],
        lambda chosen: taken.append(tuple(chosen)),
        many=many,
    )
    app = ConsoleApp(services(connection()))
    async with app.run_test(size=(80, 24)) as pilot:
        ask(app, question)
        await until(pilot, lambda: "Staff" in seen(pilot))
        await pilot.click("#found", offset=(4, 1))
        if many:
            await until(pilot, lambda: "Chosen: Buyers" in seen(pilot))
            await pilot.click("#found", offset=(4, 0))
            await until(pilot, lambda: "Chosen: Buyers, Readers" in seen(pilot))
            await pilot.click("#found", offset=(4, 1))
            await until(pilot, lambda: "Chosen: Readers" in seen(pilot))
            assert taken == []
            await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, ChooseScreen))
        assert taken == [("readers",) if many else ("buyers",)]


async def test_several_are_searched_or_typed_one_after_the_other() -> None:
    question = Choose(
        "Which lists?",
        lambda: [Option(name.lower(), name) for name in NAMES],
        lambda _: None,
        many=True,
        typed="a list's name",
    )
    app = ConsoleApp(services(connection()))
    async with app.run_test(size=(80, 24)) as pilot:
        ask(app, question)
        await until(pilot, lambda: "space chooses" in seen(pilot))
        await pilot.press(*"buy")
        await until(pilot, lambda: "enter chooses it" in seen(pilot))
        assert "space chooses" not in seen(pilot)
        await pilot.press("enter", *"vip", "enter")
        await until(pilot, lambda: "Chosen: Buyers, vip (as typed)" in seen(pilot))


async def test_an_answer_that_comes_as_the_question_opens_is_offered() -> None:
    known: list[str] = []
    question = Choose(
        "Which lists?", lambda: [Option(name.lower(), name) for name in known], lambda _: None
    )
    app = ConsoleApp(services(connection()))
    async with app.run_test(size=(80, 24)) as pilot:
        ask(app, question)
        # nothing of the pop-up is there yet
        assert isinstance(app.screen, ChooseScreen)
        known.extend(NAMES)
        app.screen.renew()
        await until(pilot, lambda: "Staff" in seen(pilot))
