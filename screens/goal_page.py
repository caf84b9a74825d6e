"""An import or export goal, step by step as the help article has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from actui.console.draft import Draft
from actui.console.formatting import plain
from actui.console.forms.export_form import ExportForm, available
from actui.console.forms.form import Form
from actui.console.forms.goal_editor import AnyEditor, GoalEditor
from actui.console.forms.import_form import ImportForm
from actui.console.workbench import Workbench
from actui.model.errors import ConfigError
from actui.model.goals import ExportGoal, ImportGoal
from screens.base import NARROW, ActuiScreen, TextLine
from screens.dialogs.ask import learn
from screens.preview_page import PreviewScreen
from screens.widgets.footer import KeyFooter
from screens.widgets.form_list import FormList


class GoalScreen(ActuiScreen):
    """One goal of a connection being edited; `save` stores the whole connection."""

    CSS_PATH = "goal_page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save", tooltip="Store the connection", id="goal.save"),
        Binding("ctrl+o", "switch", "On/off", tooltip="Switch the goal on or off", id="goal.on"),
        Binding("r", "rule", "Rule", tooltip="Give the mapping the next rule", id="goal.rule"),
        Binding("f6", "preview", "Preview", tooltip="Show what a run would do", id="goal.preview"),
        Binding(
            "ctrl+r",
            "ask_again",
            "Reload",
            show=False,
            tooltip="Ask both accounts again what there is to choose from",
            id="goal.reload",
        ),
    ]

    def __init__(
        self, workbench: Workbench, draft: Draft, goal_id: str, save: Callable[[], None]
    ) -> None:
        super().__init__()
        self._workbench = workbench
        self._draft = draft
        self._save = save
        self._asking = False
        goal = draft.goal(goal_id)
        assert goal is not None
        glyphs, check = workbench.glyphs, draft.findings_of
        self._editor: AnyEditor
        self._form: Form
        if isinstance(goal, ImportGoal):
            importing = GoalEditor(goal, draft.choices, glyphs, check, draft.coming)
            self._editor, self._form = importing, ImportForm(importing)
        else:
            exporting = GoalEditor(goal, draft.choices, glyphs, check)
            self._editor, self._form = exporting, ExportForm(exporting)

    def compose(self) -> ComposeResult:
        with Horizontal(id="goal-head"):
            yield TextLine(self._title(), id="goal-title", fixed=True)
            yield TextLine("", id="available")
        yield FormList(self._form, self._workbench.glyphs, id="form")
        yield KeyFooter(compact=True)

    def on_mount(self) -> None:
        self._show()
        self.query_one("#form").focus()
        choices = self._draft.choices
        if choices.activecampaign is None or choices.blueconic is None:
            self.action_ask_again()

    def _title(self) -> str:
        goal = self._editor.goal
        state = "on" if goal.enabled else "off"
        changed = " (not saved)" if self._draft.is_dirty else ""
        return f"{plain(goal.name)} - {goal.kind} goal, {state}{changed}"

    def _show(self) -> None:
        self.query_one("#goal-title", TextLine).put(self._title())
        message = "asking both accounts" if self._asking else ""
        goal = self._editor.goal
        if isinstance(goal, ExportGoal):
            short = self.size.width < NARROW
            message = available(goal, self._editor.choices, short=short) or message
        self.query_one("#available", TextLine).put(message)

    def on_resize(self, _: events.Resize) -> None:
        """Shorten the number of profiles on a narrow page."""
        self._show()

    # the accounts

    def action_ask_again(self) -> None:
        """Ask both accounts what there is to choose from."""
        self.attempt(self._learn, "learn")

    async def _learn(self) -> None:
        self._asking = True
        self._show()
        await learn(self, self._workbench, self._draft, self._learnt)
        self._asking = False
        self._show()

    def _learnt(self) -> None:
        self._editor.choices = self._draft.choices
        self.query_one(FormList).show()

    # changing

    @on(FormList.Changed)
    def _changed(self) -> None:
        try:
            self._draft.put_goal(self._editor.goal)
        except ConfigError as wrong:
            self.say(wrong.message, severity="error")
        self._show()

    @on(FormList.Refused)
    def _refused(self, event: FormList.Refused) -> None:
        self.say(event.sentence, severity="error")

    def action_switch(self) -> None:
        """Switch the goal on or off; it is stored with the connection."""
        self._editor.put(enabled=not self._editor.goal.enabled)
        self._changed()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only import goals have rules."""
        if action == "rule" and not isinstance(self._form, ImportForm):
            return False
        return super().check_action(action, parameters)

    def action_rule(self) -> None:
        """Give the mapping under the cursor the next rule."""
        form = self.query_one(FormList)
        if isinstance(self._form, ImportForm):
            try:
                self._form.mappings.turn_rule(form.key)
            except ConfigError as wrong:
                self.say(wrong.message, severity="error")
            form.show()
            self._changed()

    def action_preview(self) -> None:
        """Show what a run of this goal as it stands here would do."""
        goal = self._editor.goal.id
        self.app.push_screen(PreviewScreen(self._workbench, self._draft.connection, goal))

    def action_save(self) -> None:
        """Store the connection."""
        self._save()

    def on_screen_resume(self, _: events.ScreenResume) -> None:
        """Close the page if its goal was removed while a question stood above it."""
        if self._draft.goal(self._editor.goal.id) is None:
            self._close_removed()

    def _close_removed(self) -> None:
        """Go back; a question above the page is answered or closed first."""
        if self.app.screen is self:
            self.say(f"The goal {self._editor.goal.name} has been removed.")
            self.dismiss()

    def saved(self) -> None:
        """The connection was stored: show the goal as it now is."""
        goal = self._draft.goal(self._editor.goal.id)
        if goal is None:
            self._close_removed()
            return
        self._editor.goal = goal
        self.query_one(FormList).show()
        self._show()
        if self._draft.choices.blueconic is None:
            self.action_ask_again()
