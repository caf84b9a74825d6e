"""The parts of a pop-up with a search bar: the bar, and the list of what it finds."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.widgets import Input

from screens.base import ChoiceList


class Mark(Message):
    """Somebody wants the line under the cursor."""


class SearchBar(Input):
    """Space marks a line of the list as long as nothing is typed."""

    async def _on_key(self, event: events.Key) -> None:
        if not self.value and event.key in ("space", "slash"):
            event.stop()
            event.prevent_default()
            if event.key == "space":
                self.post_message(Mark())
            return  # a slash leads here from everywhere else, so it is no text to look for
        await super()._on_key(event)


class Found(ChoiceList):
    """A click marks its line, as space does; Textual's own would be enter, which ends it."""

    async def on_click(self, event: events.Click) -> None:
        event.prevent_default()
        line = event.style.meta.get("option")
        if line is not None:
            self.highlighted = line
            self.post_message(Mark())
