"""What is typed while the console is busy, or comes over the line at once, goes where it is meant.

All of it is there here before the first key has had its effect.
"""

from __future__ import annotations

import asyncio

import pytest
from textual import events
from textual.widgets import Input, OptionList

from actui.app import ConsoleApp
from screens import typing
from screens.connections import ConnectionsScreen
from screens.schedule import ScheduleScreen
from tests.screens.fakes import seen, services, until
from tests.screens.goalpages import Opened
from tests.screens.keyboard import LIMIT_SECONDS, at_once

NAME, URL, KEY = "Walk", "acme.api-us1.com", "a key"
HOST, CLIENT, SECRET = "acme.blueconic.net", "actui", "a secret"


async def test_a_connection_is_typed_blindly_from_the_first_page_on() -> None:
    made = services()
    app = ConsoleApp(made)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "There is no connection yet" in seen(pilot))
        at_once(pilot, *"aactive", "enter", "ctrl+u", *NAME, "tab", "tab", "tab", *URL)
        at_once(pilot, "tab", *KEY, "tab", "tab", *HOST, "tab", *CLIENT, "tab", *SECRET, "ctrl+s")
        await until(pilot, lambda: bool(made.connections.held), "it is stored")
        (stored,) = (one.connection for one in made.connections.held.values())
        assert (stored.name, stored.blueconic.client_id) == (NAME, CLIENT)
        assert stored.activecampaign.url == f"https://{URL}"
        assert stored.blueconic.url == f"https://{HOST}"
        await until(pilot, lambda: made.vault.kept["blueconic"] == (stored.blueconic.url, SECRET))
        assert made.vault.kept["activecampaign"] == (stored.activecampaign.url, KEY)


async def test_keys_that_open_and_leave_pages_are_followed_by_one_for_the_page_below(
    opened: Opened,
) -> None:
    _, pilot = opened
    pages = len(pilot.app.screen_stack)
    at_once(pilot, "f1", "escape", "+", "escape", "f8")
    await until(pilot, lambda: isinstance(pilot.app.screen, ScheduleScreen))
    assert len(pilot.app.screen_stack) == pages + 1


async def test_who_saves_and_goes_is_not_asked_whether_to_save(opened: Opened) -> None:
    made, pilot = opened
    at_once(pilot, "ctrl+o", "ctrl+s", "escape")
    await until(pilot, lambda: isinstance(pilot.app.screen, ConnectionsScreen))
    assert not made.connections.held["c-1"].connection.enabled


async def test_what_is_pasted_goes_to_the_field_that_tab_leads_to(opened: Opened) -> None:
    _, pilot = opened
    fields = pilot.app.screen.query(Input)
    pilot.app.screen.query_one("#activecampaign-url").focus()
    at_once(pilot, "tab")
    pilot.app.post_message(events.Paste("a pasted key"))
    at_once(pilot, "tab", "tab")
    pilot.app.post_message(events.Paste("acme.example"))
    await until(pilot, lambda: pilot.app.screen.query_one("#blueconic-url").has_focus)
    await until(pilot, lambda: any(field.value.endswith("acme.example") for field in fields))
    assert {field.id: field.value for field in fields if field.value} == {
        "name": "Newsletter",
        "activecampaign-url": "https://acme.api-us1.com",
        "activecampaign-key": "a pasted key",
        "blueconic-url": "acme.example",
        "client-id": "client",
    }


async def test_a_key_that_never_comes_to_an_end_keeps_the_others_for_a_moment_only(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, pilot = opened
    monkeypatch.setattr(typing, "PATIENCE_SECONDS", 0.01)
    await until(pilot, lambda: pilot.app.screen.query_one("#left").has_focus)
    held = asyncio.Event()

    async def stuck(_: OptionList, event: events.Key) -> None:
        event.stop()
        await held.wait()

    monkeypatch.setattr(OptionList, "on_key", stuck, raising=False)
    at_once(pilot, "x")
    name = pilot.app.screen.query_one("#name", Input)
    name.focus()
    at_once(pilot, *"yz")
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            while name.value != "yz":  # noqa: ASYNC110  the pilot would wait for what is stuck
                await asyncio.sleep(0)
    finally:
        held.set()
