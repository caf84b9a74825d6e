"""The settings of this home."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType

from actui.console.forms.settings_form import SettingsForm
from actui.console.workbench import Workbench
from screens.base import ActuiScreen, TextLine
from screens.widgets.footer import KeyFooter
from screens.widgets.form_list import FormList


class SettingsScreen(ActuiScreen):
    """Each change is kept at once; another theme is shown at once as well."""

    CSS_PATH = "settings_page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self._home = workbench.services.home
        self._glyphs = workbench.glyphs

    def compose(self) -> ComposeResult:
        yield TextLine("Settings of this home", id="head")
        form = SettingsForm(
            lambda: self._home.settings,
            self._home.change_settings,
            sorted(self.app.available_themes),
        )
        yield FormList(form, self._glyphs, id="settings", offers=("remove",))
        yield TextLine("enter changes a line, x makes it what it is by itself.", classes="hint")
        yield KeyFooter(compact=True)

    def on_mount(self) -> None:
        self.query_one("#settings").focus()

    @on(FormList.Changed)
    def _changed(self) -> None:
        theme = self._home.settings.theme
        if theme in self.app.available_themes and self.app.has_class("-colour"):
            self.app.theme = theme

    @on(FormList.Refused)
    def _refused(self, event: FormList.Refused) -> None:
        self.say(event.sentence, severity="error")
