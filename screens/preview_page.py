"""What a run would do, person by person, before it does it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import DataTable

from actui.console.formatting import counted, plain
from actui.console.forms.form import Type
from actui.console.views.preview import MOST, Row, asked, changes, rows, summary, who, would
from actui.console.workbench import Workbench
from actui.model.connection import Connection
from actui.model.errors import ActuiError, ConfigError
from actui.model.preview import Ask
from screens.base import NARROW, ActuiScreen, ListTable, TextLine
from screens.dialogs.ask import ask
from screens.widgets.footer import KeyFooter
from screens.widgets.text import fitted, shown

_HEADINGS: tuple[str, ...] = ("Person", "A run", "Goal")


class PreviewScreen(ActuiScreen):
    """A preview of a connection as it is meant, or of one of its goals."""

    CSS_PATH = "preview_page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "e,slash", "people", "People", tooltip="Choose how many, or whom", id="preview.people"
        ),
        Binding(
            "f6,ctrl+r", "again", "Again", tooltip="Ask both accounts again", id="preview.again"
        ),
    ]

    def __init__(self, workbench: Workbench, connection: Connection, goal_id: str = "") -> None:
        super().__init__()
        self._workbench = workbench
        self._connection = connection
        self._ask = Ask(goals=(goal_id,) if goal_id else ())
        self._rows: list[Row] = []

    def compose(self) -> ComposeResult:
        yield TextLine(self._head(), id="head")
        yield TextLine("", id="remarks")
        yield ListTable(id="people")
        with VerticalScroll(id="detail"):
            yield TextLine("", id="about")
        yield KeyFooter(compact=True)

    def _head(self) -> str:
        many = f"the first {counted(self._ask.first, 'person', 'people')}"
        if self._ask.emails:
            many = counted(len(self._ask.emails), "person", "people")
        return f"{plain(self._connection.name)} - Preview of {many}"

    def on_mount(self) -> None:
        self.query_one("#people").focus()
        self.action_again()

    def action_again(self) -> None:
        """Ask both accounts again."""
        self.attempt(self._show, "preview")

    async def _show(self) -> None:
        remarks = self.query_one("#remarks", TextLine)
        self.query_one("#head", TextLine).put(self._head())
        remarks.put("Asking both accounts; nothing is written.")
        self._fill([])
        try:
            previews = self._workbench.services.previews
            preview = await previews.show(self._connection, self._ask, self._show_phase)
        except ActuiError as failure:
            message = failure.message
            if failure.code == "other-account":
                message = f"{failure.trouble} F5, once it is saved, asks whether to start anew."
            remarks.put(f"A run would not start: {plain(message)}")
            return
        remarks.put(summary(preview))
        self._fill(rows(preview))

    def _show_phase(self, phase: str) -> None:
        if phase:
            self.query_one("#remarks", TextLine).put(f"Nothing is written. {plain(phase)}")

    def fit(self) -> None:
        """Give the columns the widths that this page has room for."""
        self.query_one("#people", ListTable).keep_place(partial(self._fill, self._rows))

    def _fill(self, found: list[Row]) -> None:
        self._rows = found
        with_goal = self.size.width > NARROW and not self._ask.goals
        many = 3 if with_goal else 2
        cells = [_HEADINGS[:many]]
        cells += [
            (who(row.person), would(row.person), plain(row.goal.goal))[:many] for row in found
        ]
        # a space on both sides of each column, and the scrollbar
        widths = fitted(self.size.width - 2 * many - 1, cells)
        self.query_one("#people", ListTable).fill(
            zip(cells[0], widths, strict=True),
            ((str(index), map(shown, texts)) for index, texts in enumerate(cells[1:])),
        )
        self._explain()

    @on(DataTable.RowHighlighted)
    def _explain(self) -> None:
        key = self.query_one("#people", ListTable).chosen
        if key is None or int(key) >= len(self._rows):
            self.query_one("#about", TextLine).put("")
            return
        row = self._rows[int(key)]
        lines = [f"{plain(row.goal.goal)}: {who(row.person)} {would(row.person)}."]
        lines += changes(row.person, self._workbench.glyphs.rightwards)
        self.query_one("#about", TextLine).put("\n".join(lines))

    def action_people(self) -> None:
        """Choose how many people, or whom."""
        before = ", ".join(self._ask.emails) or str(self._ask.first)
        hint = f"A number up to {MOST}, or e-mail addresses with spaces between them."
        ask(self.app, Type("Preview whom?", before, self._chose, hint))

    def _chose(self, answer: str) -> None:
        whom = asked(answer)
        if whom is None:
            raise ConfigError("Type a number of people, or e-mail addresses.")
        self._ask = replace(whom, goals=self._ask.goals)
        self.action_again()
