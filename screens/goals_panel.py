"""The left panel of a connection: *Set up and run*, its goals in order, *Add goal*."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from actui.console.draft import Draft
from actui.console.formatting import plain, shortened
from actui.console.forms.form import Choose, Type, labelled
from actui.console.read_only import SENTENCE
from actui.model.errors import ConfigError
from actui.model.goals import ExportGoal, ImportGoal
from screens.base import READ_ONLY, ChoiceList
from screens.dialogs.ask import ask
from screens.dialogs.confirm import ConfirmScreen
from screens.widgets.text import lines

SETUP = "set-up-and-run"
ADD = "add-goal"
_WIDTH = 20
_KINDS = {"import": "Import data into BlueConic", "export": "Export data to ActiveCampaign"}


class GoalsPanel(ChoiceList):
    """Goals are switched, renamed, copied, deleted and moved here; saving stores it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space",
            "switch_goal",
            "Goal on/off",
            tooltip="Switch the goal on or off",
            id="goals.on",
        ),
        Binding(
            "plus,a",
            "add_goal",
            "Add goal",
            key_display="+",
            show=False,
            tooltip="Add an import or export goal",
            id="goals.add",
        ),
        Binding(
            "n", "rename_goal", "Rename", show=False, tooltip="Rename the goal", id="goals.rename"
        ),
        Binding("c", "copy_goal", "Copy", show=False, tooltip="Copy the goal", id="goals.copy"),
        Binding(
            "d,delete",
            "delete_goal",
            "Delete",
            key_display="d",
            show=False,
            tooltip="Delete the goal",
            id="goals.delete",
        ),
        Binding(
            "pagedown,ctrl+d",
            "page(True)",
            "Page down",
            show=False,
            tooltip="Scroll what stands beside",
            id="goals.page-down",
        ),
        Binding(
            "pageup,ctrl+u",
            "page(False)",
            "Page up",
            show=False,
            tooltip="Scroll it back",
            id="goals.page-up",
        ),
        Binding(
            "J", "move_goal(1)", "Down", show=False, tooltip="Run the goal later", id="goals.later"
        ),
        Binding(
            "K",
            "move_goal(-1)",
            "Up",
            show=False,
            tooltip="Run the goal earlier",
            id="goals.earlier",
        ),
    ]

    class Changed(Message):
        """The goals are others than before."""

    class Refused(Message):
        """Something cannot be done to a goal."""

        def __init__(self, sentence: str) -> None:
            super().__init__()
            self.sentence = sentence

    class Page(Message):
        """Somebody wants to see more of what stands beside."""

        def __init__(self, down: bool) -> None:
            super().__init__()
            self.down = down

    class Open(Message):
        """Somebody wants to see a goal's page."""

        def __init__(self, goal_id: str) -> None:
            super().__init__()
            self.goal_id = goal_id

    def __init__(self, draft: Draft, *, id: str) -> None:
        super().__init__(*_rows(draft), id=id)
        self._draft = draft

    def show(self, goal_id: str = "") -> None:
        """Draw the goals as they are now; the cursor stays, or goes to a goal."""
        before = self.highlighted or 0
        wanted = goal_id or self.chosen
        rows = _rows(self._draft)
        with self.prevent(OptionList.OptionHighlighted):
            self.clear_options()
            self.add_options(rows)
        ids = [row.id for row in rows]
        self.highlighted = ids.index(wanted) if wanted in ids else min(before, len(ids) - 2)

    @property
    def chosen(self) -> str:
        """The id under the cursor: a goal's, SETUP or ADD."""
        option = self.highlighted_option
        return (option.id if option else None) or SETUP

    @property
    def goal(self) -> ImportGoal | ExportGoal | None:
        """The goal under the cursor."""
        return self._draft.goal(self.chosen)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is done to a goal is offered on a goal, and not while only watching."""
        if action.endswith("_goal") and self.app.has_class(READ_ONLY):
            return False
        if action in ("switch_goal", "rename_goal", "copy_goal", "delete_goal", "move_goal"):
            return self.is_mounted and self.goal is not None
        return super().check_action(action, parameters)

    @on(OptionList.OptionHighlighted)
    def _other(self) -> None:
        self.refresh_bindings()

    @on(OptionList.OptionSelected)
    def _enter(self, event: OptionList.OptionSelected) -> None:
        if event.option_id == ADD:
            event.stop()
            if self.app.has_class(READ_ONLY):
                self.post_message(self.Refused(SENTENCE))
            else:
                self.action_add_goal()
        elif event.option_id != SETUP:
            event.stop()
            self.post_message(self.Open(event.option_id or ""))

    def _try(self, change: Callable[[], object], goal_id: str = "") -> None:
        try:
            change()
        except ConfigError as wrong:
            self.post_message(self.Refused(wrong.message))
            return
        self.show(goal_id)
        self.post_message(self.Changed())

    # acting

    def action_page(self, down: bool) -> None:
        """Scroll what stands beside, for the panel itself is short."""
        self.post_message(self.Page(down))

    def action_add_goal(self) -> None:
        """Add a goal and open it."""

        def chosen(answer: tuple[str, ...]) -> None:
            made = self._draft.add_goal(answer[0])
            self._try(lambda: None, made.id)
            self.post_message(self.Open(made.id))

        ask(self.app, Choose("Add goal", labelled(_KINDS.items()), chosen))

    def action_switch_goal(self) -> None:
        """Switch the goal on or off."""
        self._try(lambda: self._draft.switch_goal(self.chosen))

    def action_rename_goal(self) -> None:
        """Give the goal another name."""
        goal = self.goal
        if goal is None:
            return

        def typed(answer: str) -> None:
            if answer != plain(goal.name):
                self._draft.rename_goal(goal.id, answer)
                self.show(goal.id)
                self.post_message(self.Changed())

        ask(self.app, Type("The goal's name", goal.name, typed))

    def action_copy_goal(self) -> None:
        """Copy the goal; the copy is off."""
        made = self._draft.copy_goal(self.chosen)
        self._try(lambda: None, made.id)

    def action_delete_goal(self) -> None:
        """Delete the goal, after a question."""
        goal = self.goal
        if goal is None:
            return
        question = ConfirmScreen(
            f"Delete the goal '{plain(goal.name)}'?\n\n"
            "It is gone once the connection is saved. What it sent stays where it is.",
            do="Delete",
            keep="Keep",
        )

        def answered(yes: bool | None) -> None:
            if yes:
                self._try(lambda: self._draft.remove_goal(goal.id))

        self.app.push_screen(question, answered)

    def action_move_goal(self, by: int) -> None:
        """Move the goal in the order in which goals run."""
        goal_id = self.chosen
        self._try(lambda: self._draft.move_goal(goal_id, by), goal_id)


def _rows(draft: Draft) -> list[Option]:
    rows = [Option("Set up and run", id=SETUP)]
    for goal in draft.connection.goals:
        state = "on" if goal.enabled else "off"
        name = shortened(plain(goal.name), _WIDTH - 1)
        rows.append(Option(lines(f"{name}\n  {goal.kind} goal, {state}"), id=goal.id))
    return [*rows, Option("+ Add goal", id=ADD)]
