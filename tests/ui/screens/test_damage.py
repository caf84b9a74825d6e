"""A ledger or a history that cannot be read is shown as that, with what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actui.app.console_app import ConsoleApp
from screens.base import TextLine
from tests.ui.screens.fakes import FakeServices, connection, seen, services, until
from tests.ui.screens.goalpages import on_connection

SAID = "/h/x is damaged: a page. Use actui restore."


def ledger(made: FakeServices) -> None:
    made.reader(connection()).broken = SAID


def history(made: FakeServices) -> None:
    made.history(connection()).broken = SAID


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(("spoil", "last"), [(ledger, "never"), (history, "unknown")])
async def test_the_list_names_the_damage(
    spoil: Callable[[FakeServices], None], last: str, size: tuple[int, int]
) -> None:
    made = services(connection())
    spoil(made)
    app = ConsoleApp(made)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: seen(pilot).count("damaged") >= 3)
        assert SAID in flat(seen(pilot))
        assert last in seen(pilot) or size[0] < 80


@pytest.mark.parametrize("spoil", [ledger, history])
async def test_the_page_names_the_damage_instead_of_nothing(
    spoil: Callable[[FakeServices], None],
) -> None:
    made = services(connection())
    spoil(made)
    async with on_connection(made) as pilot:
        await until(pilot, lambda: SAID in flat(seen(pilot)))
        assert seen(pilot).count("◆ damaged") == 2
        await pilot.press("f4")
        said, instead = "Unique profiles are unknown.", "Unique profiles imported"
        if spoil is history:
            said, instead = "The run history cannot be read.", "No run yet."
        await until(pilot, lambda: said in seen(pilot))
        assert instead not in seen(pilot)
        words = " ".join(one.text for one in pilot.app.screen.query(TextLine))
        assert f"{said} {SAID}" in words
