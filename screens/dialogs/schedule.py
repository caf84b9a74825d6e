"""The schedule dialog of a connection's run history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from actui.console.draft import Draft
from actui.console.formatting import Glyphs, plain
from actui.console.forms.schedule_form import ScheduleForm
from screens.base import READ_ONLY, TextLine
from screens.widgets.form_list import FormList

LOOK_SECONDS = 20.0
"""The next times are shown to the minute."""


class ScheduleScreen(ModalScreen[None]):
    """Changes the draft's schedule; `save` stores the whole connection."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Back", tooltip="Back to the connection", id="schedule.close"),
        Binding("ctrl+s", "save", "Save", tooltip="Store the connection", id="schedule.save"),
    ]

    def __init__(
        self,
        draft: Draft,
        glyphs: Glyphs,
        now: Callable[[], datetime],
        save: Callable[[], None],
    ) -> None:
        super().__init__()
        self._draft = draft
        self._glyphs = glyphs
        self._now = now
        self._save = save

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield TextLine(self._title(), id="schedule-title", classes="heading")
            form = ScheduleForm(self._draft, self._now)
            yield FormList(form, self._glyphs, id="schedule", offers=())
            yield TextLine(
                "enter changes a line, ^s saves the connection, esc goes back.", classes="hint"
            )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is stored while only watching."""
        if action == "save" and self.app.has_class(READ_ONLY):
            return False
        return super().check_action(action, parameters)

    def on_mount(self) -> None:
        self.query_one("#schedule").focus()
        self.set_interval(LOOK_SECONDS, self.show)

    def show(self) -> None:
        """Draw the schedule as it is now."""
        self.query_one("#schedule", FormList).show()
        self.query_one("#schedule-title", TextLine).put(self._title())

    def _title(self) -> str:
        changed = " (not saved)" if self._draft.is_dirty else ""
        return f"Schedule of {plain(self._draft.connection.name)}{changed}"

    @on(FormList.Changed)
    def _changed(self) -> None:
        self.show()

    @on(FormList.Refused)
    def _refused(self, event: FormList.Refused) -> None:
        self.notify(plain(event.sentence), severity="error", markup=False)

    def action_save(self) -> None:
        """Store the connection."""
        self._save()

    def action_close(self) -> None:
        """Back to the connection."""
        self.dismiss()
