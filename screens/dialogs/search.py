"""The parts of a pop-up with a search bar: the bar, and the list of what it finds."""

from __future__ import annotations

from textual import events
from textual.message import Message

from screens.base import ChoiceList
from screens.terminal.textual_internals import FirstKeyInput, clicked_option


class ToggleRow(Message):
    """The line under the cursor is to be chosen, or not any more."""


class SearchBar(FirstKeyInput):
    """Space marks a line of the list as long as nothing is typed."""

    def takes_key(self, event: events.Key) -> bool:
        """While nothing is typed, space marks; a slash only leads here, so it is no text."""
        if self.value or event.key not in ("space", "slash"):
            return False
        if event.key == "space":
            self.post_message(ToggleRow())
        return True


class Found(ChoiceList):
    """A click marks its line, as space does; Textual's own would be enter, which ends it."""

    async def on_click(self, event: events.Click) -> None:
        event.prevent_default()
        line = clicked_option(event)
        if line is not None:
            self.highlighted = line
            self.post_message(ToggleRow())
