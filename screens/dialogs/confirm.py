"""A question before what cannot be undone; the safe answer has the focus."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button

from screens.base import TextLine
from screens.widgets.text import shown


class ConfirmScreen(ModalScreen[bool]):
    """Answers True when the user wants it done."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "answer(False)", "No", tooltip="Leave it as it is", id="confirm.no"),
        Binding(
            "left,right,h,l",
            "other",
            "Other",
            key_display="left",
            tooltip="Go to the other answer",
            show=False,
            id="confirm.other",
        ),
    ]

    def __init__(self, question: str, *, do: str, keep: str) -> None:
        super().__init__()
        self._question = question
        self._do = do
        self._keep = keep

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield TextLine(self._question, id="question")
            with Horizontal(id="answers"):
                yield Button(shown(self._keep), id="keep", compact=True)
                yield Button(shown(self._do), id="do", compact=True)

    def on_mount(self) -> None:
        self.query_one("#keep", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "do")

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)

    def action_other(self) -> None:
        self.focus_next()
