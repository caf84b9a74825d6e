"""Keys one after the other: each goes where those before it have led."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode

PATIENCE_SECONDS = 2.0
"""How long a key may keep those after it, should what it does never come to an end."""
_ROUNDS = 8
"""How often the focus is followed: parts that hand it to one another would never end."""


class InputSerializer:
    """Hands what was typed to `handle` in turn, the next once the last has had its effect.

    Textual gives a key to what has the focus as it arrives. A tab that came just before has not
    moved the focus yet then, so what comes over the line at once, or is typed while the console
    is busy, would go into the field before: a secret into one that is not masked. Pasted texts
    and the mouse's buttons take their turns among the keys.
    """

    def __init__(self, app: App[Any], handle: Callable[[events.Event], Awaitable[None]]) -> None:
        self._app = app
        self._handle = handle
        self._waiting: deque[events.Event] = deque()
        self._serial = 0
        self._is_busy = False

    async def take(self, event: events.Event) -> None:
        """Handle what was typed, or keep it until its turn."""
        if self._is_busy:
            self._waiting.append(event)
            if len(self._waiting) == 1:
                self._be_patient()
            return
        self._is_busy = True
        serial, place = self._serial, self._place
        await self._handle(event)
        self._follow(serial, _ROUNDS, None, place.ancestors_with_self)

    @property
    def _place(self) -> DOMNode:
        return self._app.focused or self._app.screen

    def _be_patient(self) -> None:
        # in the app's own queue, as all that is typed
        end = partial(self._app.call_later, self._end, self._serial)
        self._app.set_timer(PATIENCE_SECONDS, end)

    def _follow(self, serial: int, rounds: int, before: DOMNode | None, way: list[DOMNode]) -> None:
        """Stand in the queue of each part of `way` up to the app, behind the key and its messages.

        `before` is what had the focus a round before, None in the first.
        """
        for index, part in enumerate(way):
            # one that has been closed takes nothing any more, and has nothing left to do
            if part.call_later(self._follow, serial, rounds, before, way[index + 1 :]):
                return
        self._app.call_later(self._arrive, serial, rounds, before)

    async def _arrive(self, serial: int, rounds: int, before: DOMNode | None) -> None:
        """Once more from where the key led, until it leads nowhere else: a page may be opening."""
        place = self._place
        if place is before or not rounds:
            await self._end(serial)
        else:
            self._follow(serial, rounds - 1, place, place.ancestors_with_self)

    async def _end(self, serial: int) -> None:
        if serial != self._serial:
            return  # patience came to an end before
        self._serial += 1
        self._is_busy = False
        if self._waiting:
            await self.take(self._waiting.popleft())
            if self._waiting:
                self._be_patient()
