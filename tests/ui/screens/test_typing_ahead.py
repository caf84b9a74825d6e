"""What is typed while the console is busy, or comes over the line at once, goes where it is meant.

All of it is there here before the first key has had its effect.
"""

from __future__ import annotations

import asyncio

import pytest
from textual import events
from textual.widgets import Input, OptionList

from actui.app.console_app import ConsoleApp
from screens.dialogs.schedule import ScheduleScreen
from screens.terminal import input_serializer as typing
from tests.ui.screens.fakes import seen, services, until
from tests.ui.screens.goalpages import Opened
from tests.ui.screens.keyboard import LIMIT_SECONDS, at_once

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
        await until(
            pilot, lambda: made.credentials.kept["blueconic"] == (stored.blueconic.url, SECRET)
        )
        assert made.credentials.kept["activecampaign"] == (stored.activecampaign.url, KEY)
        # and out and in again: what the first page offered is gone, and takes no enter
        at_once(pilot, "escape", "enter", "f8")
        await until(pilot, lambda: isinstance(app.screen, ScheduleScreen))
        await until(pilot, lambda: "Schedule of Walk" in seen(pilot))


async def test_keys_that_open_and_leave_pages_are_followed_by_one_for_the_page_below(
    opened: Opened,
) -> None:
    _, pilot = opened
    pages = len(pilot.app.screen_stack)
    at_once(pilot, "f1", "escape", "+", "escape", "f8")
    await until(pilot, lambda: isinstance(pilot.app.screen, ScheduleScreen))
    assert len(pilot.app.screen_stack) == pages + 1


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


async def test_a_click_waits_for_the_keys_before_it(opened: Opened) -> None:
    _, pilot = opened
    page = pilot.app.screen
    name, url = page.query_one("#name", Input), page.query_one("#activecampaign-url", Input)
    name.focus()
    await until(pilot, lambda: name.has_focus)
    await pilot.press("ctrl+u")
    at_once(pilot, *"abcdef")
    x, y = url.region.offset + (1, 0)
    for kind in (events.MouseDown, events.MouseUp):
        pilot.app.post_message(
            kind(None, x, y, 0, 0, 1, False, False, False, screen_x=x, screen_y=y)
        )
    at_once(pilot, "end", *"XY")
    await until(pilot, lambda: url.value.endswith("XY"))
    assert name.value == "abcdef"
    assert url.value == "https://acme.api-us1.comXY"


async def test_keys_that_never_come_to_an_end_keep_the_others_for_a_moment_only(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, pilot = opened
    await until(pilot, lambda: pilot.app.screen.query_one("#left").has_focus)
    monkeypatch.setattr(typing, "TURN_SECONDS", 0.01)
    held = asyncio.Event()
    came = []

    async def stuck(_: OptionList, event: events.Key) -> None:
        event.stop()
        came.append(event.key)
        await held.wait()

    monkeypatch.setattr(OptionList, "on_key", stuck, raising=False)
    name = pilot.app.screen.query_one("#name", Input)
    # two of them go to the part that is stuck
    at_once(pilot, *"vwx")
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            while pilot.app._typing._serial < 2:  # type: ignore[attr-defined]  # noqa: ASYNC110
                await asyncio.sleep(0)
            name.focus()
            at_once(pilot, *"yz")
            # the pilot would wait for what is stuck
            while not name.value.endswith("yz"):  # noqa: ASYNC110
                await asyncio.sleep(0)
    finally:
        held.set()
    assert came[0] == "v"
