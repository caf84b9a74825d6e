"""The pop-up that adds a connection: a search bar and what it finds."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static
from textual.widgets.option_list import Option

from screens.base import ChoiceList, TextLine

KINDS = ("ActiveCampaign connection",)


class AddConnectionScreen(ModalScreen[str]):
    """Answers the kind of connection to add, or None."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", tooltip="Add nothing", id="add.close"),
        Binding("down", "to_list", "Results", tooltip="Go to the results", show=False, id="add.to"),
    ]

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Static("Add connection", classes="heading")
            yield Input(placeholder="Search, for instance ActiveCampaign", id="search")
            yield ChoiceList(*(Option(kind, id=kind) for kind in KINDS), id="found")
            yield TextLine("", id="none")
            yield TextLine("enter adds it, esc closes.", classes="hint")

    def on_mount(self) -> None:
        self.query_one("#search", Input).focus()

    def _found(self) -> list[str]:
        wanted = self.query_one("#search", Input).value.strip().casefold()
        return [kind for kind in KINDS if wanted in kind.casefold()]

    @on(Input.Changed, "#search")
    def _search(self) -> None:
        found = self._found()
        results = self.query_one("#found", ChoiceList)
        results.clear_options()
        results.add_options([Option(kind, id=kind) for kind in found])
        self.query_one("#none", TextLine).put("" if found else "No connection has this name.")

    @on(Input.Submitted, "#search")
    def _first(self) -> None:
        found = self._found()
        if found:
            self.dismiss(found[0])

    @on(ChoiceList.OptionSelected)
    def _chosen(self, event: ChoiceList.OptionSelected) -> None:
        self.dismiss(event.option.id)

    def action_to_list(self) -> None:
        self.query_one("#found", ChoiceList).focus()

    def action_close(self) -> None:
        self.dismiss(None)
