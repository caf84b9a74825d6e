"""The schedule dialog by keys, and what the pages say of the schedule."""

from __future__ import annotations

from actui.app.console_app import ConsoleApp
from actui.console.forms.form import Key
from screens.connection_page import ConnectionScreen
from screens.dialogs.ask import ChooseScreen, TypeScreen
from screens.dialogs.schedule import ScheduleScreen
from screens.widgets.form_list import FormList
from tests.ui.screens.fakes import connection, seen, services, until
from tests.ui.screens.keyboard import down_to

WEEKLY = {"type": "weekly", "days": ["mon", "fri"], "at": "01:30"}


async def test_a_schedule_is_chosen_saved_and_shown(size: tuple[int, int]) -> None:
    made = services(connection())
    app = ConsoleApp(made)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, ScheduleScreen))
        form = app.screen.query_one("#schedule", FormList)

        async def go(key: Key) -> None:
            await pilot.press("g")
            await down_to(pilot, lambda: form.key == key, str(key))
            await pilot.press("enter")

        await go(Key("type", part="weekly"))
        await go(Key("days"))
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        await pilot.press("down", "space", "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, ScheduleScreen))
        await go(Key("at"))
        await until(pilot, lambda: isinstance(app.screen, TypeScreen))
        await pilot.press("ctrl+u", *"25:00", "enter")
        await until(pilot, lambda: "Type a time" in seen(pilot))
        assert isinstance(app.screen, TypeScreen)
        await pilot.press("ctrl+u", *"7:05", "enter")
        await until(pilot, lambda: isinstance(app.screen, ScheduleScreen))
        if size == (80, 24):
            assert "Next due" in seen(pilot)
            assert seen(pilot).count("07:05 UTC") == 3
            assert "(not saved)" in seen(pilot)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: made.connections.held["c-1"].version == 2)
        stored = made.connections.held["c-1"].connection.schedule
        assert stored.model_dump() == {"type": "weekly", "days": ["mon", "tue"], "at": "07:05"}
        await until(pilot, lambda: "(not saved)" not in seen(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        words = app.screen.query_one("#schedule-words").text  # type: ignore[attr-defined]
        assert words.startswith("Runs Mon, Tue at 07:05 (UTC); next ")


async def test_a_schedule_not_saved_is_asked_about_when_leaving() -> None:
    app = ConsoleApp(services(connection(schedule=WEEKLY)))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("enter", "f8")
        await until(pilot, lambda: isinstance(app.screen, ScheduleScreen))
        await pilot.press("g", "enter", "escape", "escape")
        await until(pilot, lambda: "not saved" in seen(pilot))


async def test_the_table_tells_the_next_run_and_sorts_by_it() -> None:
    made = services(
        connection("By hand", id="c-2"),
        connection("Late", id="c-3", schedule={"type": "monthly", "day": 15, "at": "01:30"}),
        connection("Soon", schedule={"type": "weekly", "days": [*DAYS], "at": "01:30"}),
    )
    app = ConsoleApp(made)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Next run" in seen(pilot))
        assert "by hand" in seen(pilot)
        assert " 01:30" in seen(pilot)
        await pilot.press("s", "s", "s")

        def order() -> list[str]:
            text = seen(pilot)
            return sorted(("By hand", "Late", "Soon"), key=text.index)

        await until(pilot, lambda: order()[-1] == "By hand")
        await pilot.press("g")
        await until(pilot, lambda: "Labels: email." in seen(pilot))


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


async def test_a_star_is_given_and_words_are_left_out() -> None:
    made = services(connection(), connection("Webinar", id="c-2", labels=["events"]))
    app = ConsoleApp(made)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "2 connections" in seen(pilot))
        await pilot.press("f")
        await until(pilot, lambda: "★ Newsletter" in seen(pilot))
        assert made.connections.held["c-1"].connection.favorite
        await pilot.press("slash", *"!events")
        await until(pilot, lambda: "1 of 2" in seen(pilot))
        assert "Webinar" not in seen(pilot)


async def test_a_schedule_that_nothing_acts_on_says_so_beside_itself() -> None:
    made = services(connection(schedule=WEEKLY))
    made.idle = "Nothing has ever looked what is due here."
    app = ConsoleApp(made)
    async with app.run_test(size=(80, 50)) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "▲ Nothing has ever looked" in seen(pilot))
        text = seen(pilot)
        assert text.index("Run history") < text.index("Nothing has ever looked")
