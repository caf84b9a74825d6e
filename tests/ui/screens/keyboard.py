"""Somebody at a keyboard: presses keys, reads the screen, waits for what is to be seen."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from textual import events
from textual.app import App
from textual.keys import _character_to_key, _get_unicode_name_from_key
from textual.pilot import Pilot
from textual.widgets import OptionList

from actui.app.console_app import ConsoleApp
from tests.ui.screens.fakes import seen

LIMIT_SECONDS = 30.0
"""Only for what never comes about; nothing waits for a time."""
_FAR = 80


def key_event(key: str) -> events.Key:
    """A key by its character or by Textual's name for it, as the pilot takes them."""
    name = key if len(key) > 1 else _character_to_key(key)
    try:
        character: str | None = unicodedata.lookup(_get_unicode_name_from_key(name))
    except KeyError:
        character = key if len(key) == 1 else None
    return events.Key(name, character)


async def press(pilot: Pilot[Any], *keys: str) -> None:
    """Press keys and wait until they have had their effect, as far as no worker is to bring it.

    For Textual's own, which rests 40 ms at each key.
    """
    at_once(pilot, *keys)
    app = pilot.app
    assert isinstance(app, ConsoleApp)
    taken = asyncio.Event()
    if app.call_later(taken.set):  # in its queue behind the keys
        while app.is_running and not taken.is_set():  # noqa: ASYNC110  an app that ends never says
            await asyncio.sleep(0)
    while app.is_running and app._typing._is_busy:  # noqa: ASYNC110  there is no event for it
        await asyncio.sleep(0.001)
    # every part of the page is asked, which costs more than most keys: once is enough
    await pilot._wait_for_screen()


def at_once(pilot: Pilot[Any], *keys: str) -> None:
    """Type without waiting for what a key does, as what comes over a slow line together."""
    for key in keys:
        pilot.app.post_message(key_event(key))


async def down_to(pilot: Pilot[Any], holds: Callable[[], bool], what: str) -> None:
    """Go down the list that has the focus, with its key, until its line is the wanted one.

    Without the pilot's rests, which are 40 ms a key: it is seen when the cursor has moved.
    """
    lines = pilot.app.focused
    assert isinstance(lines, OptionList)
    with suppress(TimeoutError):
        async with asyncio.timeout(LIMIT_SECONDS):
            for _ in range(_FAR):
                if holds():
                    return
                before = lines.highlighted
                at_once(pilot, "down")
                while lines.highlighted == before:  # noqa: ASYNC110  there is no event for it
                    await asyncio.sleep(0)
    raise AssertionError(f"no line {what}\n{seen(pilot)}")


class Keyboard:
    """The only way to the app is its keys; widgets are looked at and never called."""

    def __init__(self, pilot: Pilot[Any]) -> None:
        self._pilot = pilot

    @property
    def _app(self) -> App[Any]:
        return self._pilot.app

    @property
    def screen(self) -> str:
        """What can be read, as text."""
        return seen(self._pilot)

    @property
    def place(self) -> str:
        """The id of what has the focus."""
        return (self._app.focused.id if self._app.focused else None) or ""

    @property
    def cursor(self) -> str:
        """The line under the cursor of a list."""
        focused = self._app.focused
        if not isinstance(focused, OptionList) or focused.highlighted is None:
            return ""
        return str(focused.get_option_at_index(focused.highlighted).prompt).strip()

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait for something to be as somebody wants it."""
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                while not holds():  # noqa: ASYNC110  there is no event for it
                    await asyncio.sleep(0.03)
        except TimeoutError:
            raise AssertionError(f"did not come about: {what}\n{self.screen}") from None

    async def reads(self, *texts: str) -> None:
        """Wait for texts on the screen."""
        for text in texts:
            await self.until(lambda text=text: text in self.screen, text)  # type: ignore[misc]

    async def is_gone(self, text: str) -> None:
        """Wait for a text to leave the screen."""
        await self.until(lambda: text not in self.screen, f"without {text}")

    async def still(self) -> str:
        """What can be read once nothing moves any more."""
        seen = ""
        while seen != self.screen:
            seen = self.screen
            for _ in range(3):
                await self._pilot.pause()
        return seen

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self._pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Type a text, all of it at once."""
        at_once(self._pilot, *text[:-1])
        await self._pilot.press(text[-1])

    async def fill(self, field: str, text: str) -> None:
        """Go to a field and type into it."""
        await self.tab_to(field)
        await self.type(text)

    async def tab_to(self, place: str) -> None:
        """Go somewhere with tab."""
        for _ in range(_FAR):
            if self.place == place:
                return
            await self.press("tab")
        raise AssertionError(f"tab does not lead to {place}\n{self.screen}")

    async def go(self, text: str, *keys: str) -> None:
        """Go down a list from its first line to the one with this text, and press keys there."""
        await self.press("g")
        await down_to(self._pilot, lambda: text in self.cursor, text)
        await self.press(*keys)

    async def choose(self, title: str, *wanted: str) -> None:
        """Answer a question by its search bar; several answers where it takes several."""
        await self.reads(title)
        if self.place != "search":
            await self.press("slash")
        await self.until(lambda: self.place == "search", "the search bar")
        for one in wanted:
            await self.type(one)
            await self.press("enter")

    async def answer(self, title: str, text: str) -> None:
        """Answer a question by typing."""
        await self.reads(title)
        await self.until(lambda: self.place == "typed", "the field")
        await self.press("end", "ctrl+u")
        await self.type(text)
        await self.press("enter")
        await self.until(lambda: self.place != "typed", "the page below")
