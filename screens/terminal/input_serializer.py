"""Handle input events one after the other, each after the effects of the one before."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode

TURN_SECONDS = 2.0
"""How long an event may delay those after it if its effects do not end."""
_ROUNDS = 8
"""How often a moving focus is followed: two parts that focus each other would never end."""


class InputSerializer:
    """Passes input events to `handle` in turn, each after the effects of the one before.

    Textual sends a key to the part that has the focus when the key arrives. A tab right before it
    has not moved the focus by then, so that keys which arrive together would go into the field
    before: a secret into one that is not masked. Pasted text and mouse buttons are queued as well.

    How the end of an event's effects is found:

      1. `handle` puts the event into the queue of the focused part.
      2. `_follow` puts a callback behind it, in the queues of that part and its ancestors in turn
         up to the app, as messages caused by the event travel the same way.
      3. `_arrive` compares the focus. If it moved, the new part is followed the same way, because
         a page may still be opening; if not, `_end` handles the next event.
      4. A timer ends this after TURN_SECONDS if events wait.
    """

    def __init__(self, app: App[Any], handle: Callable[[events.Event], Awaitable[None]]) -> None:
        self._app = app
        self._handle = handle
        self._waiting: deque[events.Event] = deque()
        self._serial = 0
        self._is_busy = False

    async def take(self, event: events.Event) -> None:
        """Handle an event now, or queue it while another one has effects."""
        if self._is_busy:
            self._waiting.append(event)
            if len(self._waiting) == 1:
                self._limit_turn()
            return
        self._is_busy = True
        serial, place = self._serial, self._place
        await self._handle(event)
        self._follow(serial, _ROUNDS, None, place.ancestors_with_self)

    @property
    def _place(self) -> DOMNode:
        return self._app.focused or self._app.screen

    def _limit_turn(self) -> None:
        # in the app's own queue, as all that is typed
        end = partial(self._app.call_later, self._end, self._serial)
        self._app.set_timer(TURN_SECONDS, end)

    def _follow(self, serial: int, rounds: int, before: DOMNode | None, way: list[DOMNode]) -> None:
        """Call `_arrive` once the parts in `way`, up to the app, have emptied their queues.

        `before` is the part that had the focus a round ago, None in the first round.
        """
        for index, part in enumerate(way):
            # one that has been closed takes nothing any more, and has nothing left to do
            if part.call_later(self._follow, serial, rounds, before, way[index + 1 :]):
                return
        self._app.call_later(self._arrive, serial, rounds, before)

    async def _arrive(self, serial: int, rounds: int, before: DOMNode | None) -> None:
        """Follow the focus again if it moved, at most `rounds` times; otherwise end the turn."""
        place = self._place
        if place is before or not rounds:
            await self._end(serial)
        else:
            self._follow(serial, rounds - 1, place, place.ancestors_with_self)

    async def _end(self, serial: int) -> None:
        if serial != self._serial:
            return  # its time was over before
        self._serial += 1
        self._is_busy = False
        if self._waiting:
            await self.take(self._waiting.popleft())
            if self._waiting:
                self._limit_turn()
