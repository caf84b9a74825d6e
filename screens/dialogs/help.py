"""The keys of a page, made from its bindings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual.actions import parse
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.dom import DOMNode
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.base import ListTable, TextLine

_NAMES = {"escape": "esc", "question_mark": "?", "slash": "/", "enter": "enter"}


def bindings_of(kind: type[DOMNode]) -> Iterator[Binding]:
    """A page's own keys with those of what it is built on, the nearest first."""
    seen: set[str] = set()
    for base in kind.__mro__:
        if not base.__module__.startswith(("screens.", "actui.")):
            continue
        for binding in base.__dict__.get("BINDINGS", []):
            if isinstance(binding, Binding) and binding.action not in seen:
                seen.add(binding.action)
                yield binding


def key_words(binding: Binding) -> str:
    """How a key is written for a person."""
    if binding.key_display:
        return binding.key_display
    first = binding.key.split(",")[0]
    return _NAMES.get(first, first.replace("ctrl+", "^"))


class HelpScreen(ModalScreen[None]):
    """The keys that the page beneath offers as it stands."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,question_mark,f1,q",
            "close",
            "Close",
            key_display="esc",
            tooltip="Back to the page",
            id="help.close",
        ),
    ]

    def __init__(self, page: DOMNode, focused: type[DOMNode] | None = None) -> None:
        super().__init__()
        self._page = page
        self._focused = focused

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="box", can_focus=True):
            yield Static("Keys of this page", classes="heading")
            yield TextLine("\n".join(self._lines()))
            yield TextLine("esc closes this page; arrows scroll it.", classes="hint")

    def _lines(self) -> Iterator[str]:
        for binding in bindings_of(type(self._page)):
            _, action, parameters = parse(binding.action)
            if self._page.check_action(action, parameters) is False:
                continue  # the page does not offer it as it stands
            yield f"{key_words(binding):>7}  {binding.description}: {binding.tooltip}"
        here = list(bindings_of(self._focused)) if self._focused else []
        lists = {binding.action for binding in bindings_of(ListTable)}
        own = [binding for binding in here if binding.action not in lists | {"first", "last"}]
        if own:
            yield ""
            yield "Where the cursor is"
        for binding in own:
            yield f"{key_words(binding):>7}  {binding.description}: {binding.tooltip}"
        yield ""
        yield "In lists"
        for binding in bindings_of(ListTable):
            yield f"{key_words(binding):>7}  {binding.tooltip}"
        yield "  enter  Open"
        yield ""
        yield "Everywhere"
        for binding in bindings_of(type(self.app)):
            yield f"{key_words(binding):>7}  {binding.description}: {binding.tooltip}"
        yield "     ^p  Commands: every action by name"
        yield "    tab  Next field"

    def action_close(self) -> None:
        self.dismiss()
