"""Settings, the remembered theme, the palette, a console that only watches, and plain ASCII."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from actui.app.console_app import ConsoleApp
from actui.console.forms.form import Key
from actui.model.settings import Settings
from screens.connection_list import ConnectionsScreen
from screens.connection_page import ConnectionScreen
from screens.dialogs.ask import ChooseScreen, TypeScreen
from screens.dialogs.schedule import ScheduleScreen
from screens.goal_page import GoalScreen
from screens.goals_panel import GoalsPanel
from screens.settings_page import SettingsScreen
from screens.widgets.form_list import FormList
from tests.ui.screens.fakes import connection, seen, services, until
from tests.ui.screens.keyboard import down_to


async def go(pilot: Pilot[Any], form: FormList, key: Key) -> None:
    await pilot.press("g")
    await down_to(pilot, lambda: form.key == key, str(key))


async def test_settings_are_changed_one_by_one_and_kept(size: tuple[int, int]) -> None:
    made = services(connection())
    app = ConsoleApp(made)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ConnectionsScreen))
        await pilot.press("f9")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        form = app.screen.query_one("#settings", FormList)
        await go(pilot, form, Key("theme"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ChooseScreen))
        app.screen.query_one("#search").focus()
        await pilot.press(*"dracula", "enter")
        await until(pilot, lambda: app.theme == "dracula")
        assert made.settings.theme == "dracula"
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        await go(pilot, form, Key("request_seconds"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TypeScreen))
        await pilot.press("ctrl+u", *"9000", "enter")
        await until(pilot, lambda: "less than or equal" in seen(pilot))
        assert made.settings.request_seconds == 60.0
        await pilot.press("ctrl+u", *"90", "enter")
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        await until(pilot, lambda: made.settings.request_seconds == 90.0)
        await pilot.press("x")
        await until(pilot, lambda: made.settings.request_seconds == 60.0)
        await go(pilot, form, Key("mail", part="host"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TypeScreen))
        await pilot.press(*"smtp.example.com", "enter")
        await until(pilot, lambda: made.settings.mail.host == "smtp.example.com")
        await go(pilot, form, Key("mail", part="port"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TypeScreen))
        await pilot.press(*"2525", "enter")
        await until(pilot, lambda: made.settings.mail.port == 2525)
        await until(pilot, lambda: isinstance(app.screen, SettingsScreen))
        await pilot.press("x")
        await until(pilot, lambda: made.settings.mail.port is None)
        assert made.settings.mail.host == "smtp.example.com"
        await go(pilot, form, Key("secrets_in_file"))
        await pilot.press("space")
        await until(pilot, lambda: made.settings.secrets_in_file)
        await pilot.press("f9", "escape")
        await until(pilot, lambda: isinstance(app.screen, ConnectionsScreen))


async def test_a_theme_from_the_palette_is_remembered_and_a_colourless_one_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = services(connection())
    app = ConsoleApp(made)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        app.theme = "nord"
        await until(pilot, lambda: made.settings.theme == "nord")
    again = ConsoleApp(made)
    assert again.theme == "nord"
    monkeypatch.setenv("NO_COLOR", "1")
    plain = ConsoleApp(made)
    async with plain.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        assert plain.theme == "ansi-dark"
        assert made.settings.theme == "nord"


async def test_the_palette_has_the_actions_of_the_left_panel_too() -> None:
    made = services(connection())
    app = ConsoleApp(made)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        app.screen.query_one("#activecampaign-url").focus()
        app.screen.query_one(GoalsPanel).highlighted = 1
        await pilot.pause()
        found = {command.title: command for command in app.get_system_commands(app.screen)}
        wanted = {"Save", "Run", "Test", "Schedule", "Details", "Why", "Settings", "Help"}
        assert wanted | {"Add goal", "Rename", "Copy", "Delete", "Goal on/off"} <= set(found)
        found["Copy"].callback()
        panel = app.screen.query_one(GoalsPanel)
        await until(pilot, lambda: panel.goal is not None and panel.goal.name == "Contacts 2")


async def test_who_only_watches_changes_nothing() -> None:
    made = services(connection())
    app = ConsoleApp(made, read_only=True)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: "read-only" in seen(pilot))
        for key in ("e", "f", "c", "d", "a"):
            await pilot.press(key)
        await pilot.pause()
        assert isinstance(app.screen, ConnectionsScreen)
        titles = {command.title for command in app.get_system_commands(app.screen)}
        assert not titles & {"Add", "Delete", "On/off", "Copy", "Favorite"}
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        assert "Save" not in seen(pilot)
        await pilot.press("down", "space", "c", "d", "K", "ctrl+o", "ctrl+s", "f5")
        await until(pilot, lambda: "is read-only" in seen(pilot))
        assert isinstance(app.screen, ConnectionScreen)
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, ScheduleScreen))
        await pilot.press("down", "enter", "ctrl+s", "escape")
        await until(pilot, lambda: isinstance(app.screen, ConnectionScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, GoalScreen))
        await pilot.press("x", "enter", "ctrl+s", "escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, ConnectionsScreen))
    assert made.connections.held["c-1"].connection == connection()
    assert made.connections.held["c-1"].version == 1
    assert made.starter.started == []
    assert made.settings == Settings()


async def test_who_only_watches_cannot_stop_a_run() -> None:
    made = services(connection())
    read_only = ConsoleApp(made, read_only=True)
    async with read_only.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Newsletter" in seen(pilot))
        reader = read_only._services.reader(connection())
        with pytest.raises(Exception, match="read-only"):
            reader.request_stop()
    assert made.reader(connection()).stops == 0


async def test_plain_ascii_on_every_page(size: tuple[int, int]) -> None:
    app = ConsoleApp(services(connection()), ascii_only=True)
    async with app.run_test(size=size, notifications=True) as pilot:

        async def ascii_on(page: type[object]) -> None:
            await until(pilot, lambda: isinstance(app.screen, page))
            await pilot.pause()
            odd = {letter for letter in seen(pilot) if not letter.isascii()}
            assert not odd, f"{odd}\n{seen(pilot)}"

        await ascii_on(ConnectionsScreen)
        await pilot.press("question_mark")
        await ascii_on(object)
        await pilot.press("escape", "ctrl+p", "s")
        await ascii_on(object)
        await pilot.press("escape", "f9")
        await ascii_on(SettingsScreen)
        await pilot.press("escape", "enter")
        await ascii_on(ConnectionScreen)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Saved" in seen(pilot))
        await ascii_on(ConnectionScreen)
        await pilot.press("f8")
        await ascii_on(ScheduleScreen)
        await pilot.press("escape", "down", "enter")
        await ascii_on(GoalScreen)
        await pilot.press("enter")
