"""What is typed while the console is busy, or comes over the line at once, goes where it is meant.

A burst stands for both: all of it is there before the first key has had its effect.
"""

from __future__ import annotations

import asyncio
import unicodedata
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from actui.app import ConsoleApp
from screens import typing
from screens.connection import ConnectionScreen
from tests.screens.fakes import seen, services, until
from tests.screens.goalpages import Opened
from tests.screens.keyboard import LIMIT_SECONDS

NAMED = {"\t": "tab", "\r": "enter", "\x15": "ctrl+u", "\x13": "ctrl+s", "\x1b": "escape"}
FIELDS = {
    "name": "Walk",
    "activecampaign-url": "acme.api-us1.com",
    "activecampaign-key": "a key",
    "blueconic-url": "acme.blueconic.net",
    "client-id": "actui",
    "blueconic-secret": "a secret",
}


def burst(pilot: Pilot[Any], text: str) -> None:
    """Everything at once, as a terminal gives it that has waited."""
    for character in text:
        name = NAMED.get(character, character)
        if not character.isalnum() and name == character:
            name = unicodedata.name(character).lower().replace(" ", "_").replace("-", "_")
        pilot.app.post_message(events.Key(name, None if character in NAMED else character))


async def test_a_connection_is_typed_blindly_from_the_first_page_on() -> None:
    made = services()
    app = ConsoleApp(made)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "There is no connection yet" in seen(pilot))
        name, url, key, host, client, secret = FIELDS.values()
        burst(
            pilot,
            f"aactive\r\x15{name}\t\t\t{url}\t{key}\t\t{host}\t{client}\t{secret}\x13",
        )
        await until(pilot, lambda: bool(made.connections.held), "it is stored")
        (stored,) = (one.connection for one in made.connections.held.values())
        assert (stored.name, stored.blueconic.client_id) == (name, client)
        assert stored.activecampaign.url == f"https://{url}"
        assert stored.blueconic.url == f"https://{host}"
        await until(pilot, lambda: made.vault.kept["blueconic"] == (stored.blueconic.url, secret))
        assert made.vault.kept["activecampaign"] == (stored.activecampaign.url, key)


async def test_a_key_that_leaves_a_page_is_not_followed_by_one_there(opened: Opened) -> None:
    _, pilot = opened
    pages = len(pilot.app.screen_stack)
    burst(pilot, "?\x1b+\x1bn")
    await until(pilot, lambda: len(pilot.app.screen_stack) == pages, "the page as before")
    assert isinstance(pilot.app.screen, ConnectionScreen)


async def test_what_is_pasted_goes_to_the_field_that_tab_leads_to(opened: Opened) -> None:
    _, pilot = opened
    fields = pilot.app.screen.query(Input)
    pilot.app.screen.query_one("#activecampaign-url").focus()
    burst(pilot, "\t")
    pilot.app.post_message(events.Paste("a pasted key"))
    burst(pilot, "\t\t")
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
    burst(pilot, "x")
    name = pilot.app.screen.query_one("#name", Input)
    name.focus()
    burst(pilot, "yz")
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            while name.value != "yz":  # noqa: ASYNC110  the pilot would wait for what is stuck
                await asyncio.sleep(0)
    finally:
        held.set()
