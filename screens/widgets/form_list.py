"""A list of a form's lines: draws them, runs their actions, asks their questions in a pop-up."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from actui.console.formatting import Glyphs
from actui.console.forms.form import Enter, Form, Key, Line, line_of
from actui.console.read_only import SENTENCE
from actui.model.errors import ConfigError
from screens.base import READ_ONLY, ChoiceList
from screens.dialogs.ask import ask
from screens.terminal.textual_internals import first_line, line_count
from screens.widgets.hanging import Hanging
from screens.widgets.text import shown

_STYLES = {"heading": "bold", "line": "", "hint": "dim", "error": "bold", "warning": ""}


class FormList(ChoiceList):
    """Shows a form; the keys act on the line under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space", "select", "Change", show=False, tooltip="Change the line", id="form.space"
        ),
        Binding(
            "plus,a", "add", "Add", key_display="+", tooltip="Add one like this line", id="form.add"
        ),
        Binding(
            "x,delete", "remove", "Remove", key_display="x", tooltip="Remove the line", id="form.x"
        ),
        Binding(
            "J", "shift(1)", "Move down", show=False, tooltip="Move the line down", id="form.down"
        ),
        Binding("K", "shift(-1)", "Move up", show=False, tooltip="Move the line up", id="form.up"),
    ]

    class Changed(Message):
        """An action of the form has run, or an answer was taken."""

    class Refused(Message):
        """A change was refused; `sentence` says why."""

        def __init__(self, sentence: str) -> None:
            super().__init__()
            self.sentence = sentence

    def __init__(
        self, form: Form, glyphs: Glyphs, *, id: str, offers: tuple[str, ...] = ("add", "remove")
    ) -> None:
        """`offers` are the keys that some line of the form has an action for."""
        super().__init__(id=id)
        self._offers = offers
        self.form = form
        self._glyphs = glyphs
        self._held: list[Line] = []

    def on_mount(self) -> None:
        self.show()

    def show(self, key: Key | None = None) -> None:
        """Draw the form as it is now; the cursor stays on its line, or goes to the one of `key`."""
        lines = self.form.lines()
        wanted = key or self.key
        if lines != self._held:
            before = self.highlighted or 0
            if self._held:
                self.call_after_refresh(lambda: self._show_said(self.highlighted))
            self._draw(lines)
        else:
            before = self.highlighted or 0
        self.highlighted = self._place(wanted, before)

    def _draw(self, lines: list[Line]) -> None:
        held, self._held = self._held, lines
        if [(line.key, line.kind) for line in held] == [(line.key, line.kind) for line in lines]:
            for index, (old, new) in enumerate(zip(held, lines, strict=True)):
                if old != new:
                    self.replace_option_prompt_at_index(index, self._painted(new))
            return
        top = self.scroll_offset.y
        options = [Option(self._painted(line), disabled=line.kind != "line") for line in lines]
        with self.prevent(OptionList.OptionHighlighted):
            self.clear_options()
            self.add_options(options)
        self.scroll_to(y=top, animate=False, force=True)

    def _place(self, key: Key | None, before: int) -> int | None:
        choosable = [i for i, line in enumerate(self._held) if line.kind == "line"]
        for index in choosable:
            if key and self._held[index].key == key:
                return index
        return min(choosable, key=lambda index: abs(index - before), default=None)

    def _painted(self, line: Line) -> Text | Hanging:
        text, sign = line.text, 0
        if line.kind == "error":
            text = f"  {self._glyphs.failed} {text.strip()}"
            sign = len(self._glyphs.failed) + 1
        elif line.kind == "warning":
            text = f"  {self._glyphs.incomplete} {text.strip()}"
            sign = len(self._glyphs.incomplete) + 1
        drawn = shown(text, _STYLES[line.kind])
        if line.kind in ("hint", "error", "warning"):
            return Hanging(drawn, len(text) - len(text.lstrip()) + sign)
        return drawn

    @property
    def key(self) -> Key | None:
        """The key of the line under the cursor."""
        at = self.highlighted
        return self._held[at].key if at is not None and at < len(self._held) else None

    @property
    def _current(self) -> Line | None:
        """The line under the cursor with its actions on the form as it is now.

        The form may have changed since it was drawn: another page may share what it edits.
        """
        return line_of(self.form, self.key)

    def watch_highlighted(self, before: int | None, after: int | None) -> None:  # type: ignore[override]
        """Show the hints below the line under the cursor as well."""
        super().watch_highlighted(before, after)
        if before is not None:
            self._show_said(after)

    def _show_said(self, after: int | None) -> None:
        if after is None or after >= len(self._held):
            return
        end = after + 1
        while end < len(self._held) and self._belongs(after, end):
            end += 1
        if end == len(self._held) or end > after + 1:
            top = first_line(self, after) or 0
            height = sum(line_count(self, index) for index in range(after, end))
            room = self.scrollable_content_region.height
            message = Region(0, top, self.size.width, min(height, room))
            self.scroll_to_region(message, animate=False, force=True)

    def _belongs(self, to: int, index: int) -> bool:
        """Whether a line is a hint of another, or one of its details."""
        line = self._held[index]
        if line.key is None:
            return line.kind != "heading"
        return line.key.is_part_of(self._held[to].key)

    # changing

    @on(OptionList.OptionSelected)
    def _enter(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._try(lambda line: line.on_enter)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Lines are not changed while only watching, and only as the form can be changed."""
        if action in ("add", "remove") and action not in self._offers:
            return False
        if action in ("add", "remove", "shift"):
            return not self.app.has_class(READ_ONLY)
        return super().check_action(action, parameters)

    def action_add(self) -> None:
        """Add one like the line under the cursor."""
        self._try(lambda line: line.item.add)

    def action_remove(self) -> None:
        """Remove the line under the cursor."""
        self._try(lambda line: line.item.remove)

    def action_shift(self, by: int) -> None:
        """Move the line's item in its list."""
        line = self._current
        try:
            self.show(line.item.move(by) if line and line.item.move else None)
        except ConfigError as wrong:
            self.post_message(self.Refused(wrong.message))
        self.post_message(self.Changed())

    def _try(self, action_of: Callable[[Line], Enter | None]) -> None:
        if self.app.has_class(READ_ONLY):
            self.post_message(self.Refused(SENTENCE))
            return
        line = self._current
        action = action_of(line) if line else None
        try:
            question = action() if action else None
        except ConfigError as wrong:
            self.post_message(self.Refused(wrong.message))
            return
        self._took()
        if question is not None:
            ask(self.app, question, lambda _: self._took())

    def _took(self) -> None:
        self.show()
        self.post_message(self.Changed())
