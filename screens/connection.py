"""A connection: name, switch and arrows above; *Set up and run* and its goals below."""

from __future__ import annotations

import asyncio
import shlex
from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Checkbox, DataTable, Footer, Input, OptionList
from textual.widgets.option_list import Option

from actui.console.goalwords import describe
from actui.console.ports import Stored, Which
from actui.console.words import plain, shortened
from actui.console.workbench import SECRET_WORDS, ConnectionForm, Workbench
from actui.model.connection import Connection
from actui.model.errors import ActuiError, CredentialsError
from screens.base import ActuiScreen, ChoiceList, Words
from screens.confirm import ConfirmScreen
from screens.run import RunScreen
from screens.setup import SetupPanel
from screens.text import lines

LOOK_SECONDS = 1.0
_SETUP = "setup-choice"
_PANEL_WIDTH = 20


class OnOff(Checkbox):
    """The connection's switch; its word says the state, which a check box shows by colour alone."""

    BUTTON_INNER = " "

    def __init__(self, value: bool) -> None:
        super().__init__(_on_off(value), value, id="enabled", compact=True)

    def watch_value(self) -> None:
        """Say the new state."""
        super().watch_value()
        self.label = _on_off(self.value)


def _on_off(value: bool) -> str:
    return "On " if value else "Off"


class ConnectionScreen(ActuiScreen):
    """One connection; `stored` is None while it has never been saved."""

    CSS_PATH = "connection.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save", tooltip="Store what was typed", id="connection.save"),
        Binding(
            "f5", "run", "Run", tooltip="Run now, or watch the run that is going", id="run.start"
        ),
        Binding(
            "ctrl+o",
            "switch",
            "On/off",
            tooltip="Switch the connection on or off; save it then",
            id="connection.on",
        ),
        Binding(
            "ctrl+t",
            "test",
            "Test",
            tooltip="Test the credentials of both services",
            id="connection.test",
        ),
    ]

    def __init__(self, workbench: Workbench, connection: Connection, stored: Stored | None) -> None:
        super().__init__()
        self._workbench = workbench
        self._connection = connection
        self._stored = stored
        self._seen: tuple[int, bool] | None = None

    def compose(self) -> ComposeResult:
        with Horizontal(id="top"):
            yield Input(self._connection.name, placeholder="Name", id="name", compact=True)
            yield OnOff(self._connection.enabled)
        yield Words("", id="arrows")
        yield Words("", id="why")
        with Horizontal(id="body"):
            yield ChoiceList(*self._choices(), id="left")
            yield SetupPanel(self._connection, self._workbench.glyphs)
            with VerticalScroll(id="goal", can_focus=True) as goal:
                # hidden before the first paint: each repaint of a page costs the line 8 kB
                goal.display = False
                yield Words("", id="goal-words")
        yield Footer(compact=True)

    def _choices(self) -> list[Option]:
        options = [Option("Set up and run", id=_SETUP)]
        for index, goal in enumerate(self._connection.goals):
            state = "on" if goal.enabled else "off"
            name = shortened(plain(goal.name), _PANEL_WIDTH - 1)
            options.append(
                Option(lines(f"{name}\n  {goal.kind} goal, {state}"), id=f"goal-{index}")
            )
        return options

    def on_mount(self) -> None:
        self.query_one("#left").focus()
        if self._stored is None:
            self.query_one("#name").focus()
        self.attempt(self._show_secrets, "secrets")
        self._look()

    # looking

    async def watch_world(self) -> None:
        """See each second whether a run began, moved or ended."""
        while True:
            self._look()
            await asyncio.sleep(LOOK_SECONDS)

    def _look(self) -> None:
        panel = self.query_one(SetupPanel)
        if self._stored is None:
            self.query_one("#why", Words).put("A new connection: nothing is stored before ^s Save.")
            return
        reader = self._workbench.reader(self._connection)
        now = (reader.version(), reader.is_running())
        if now == self._seen:
            return
        self._seen = now
        overview = self._workbench.overview(self._connection.id)
        glyphs = self._workbench.glyphs
        into, out = (arrow.long(glyphs) for arrow in overview.arrows)
        self.query_one("#arrows", Words).put(f"{into}   {out}")
        self.query_one("#why", Words).put(overview.why)
        panel.put_running(overview.running)
        panel.put_unique(self._workbench.unique(self._connection))
        panel.put_history(self._workbench.history(self._connection), self._connection.timezone)

    async def _show_secrets(self) -> None:
        panel = self.query_one(SetupPanel)
        for which in SECRET_WORDS:
            sentence = "Not stored yet."
            if self._stored is not None:
                sentence = await self._workbench.secret_status(self._connection, which)
            panel.put_stored(which, sentence)

    # the left panel

    @on(OptionList.OptionHighlighted, "#left")
    def _choose(self, event: OptionList.OptionHighlighted) -> None:
        chosen = event.option_id or _SETUP
        self.query_one(SetupPanel).display = chosen == _SETUP
        self.query_one("#goal").display = chosen != _SETUP
        if chosen != _SETUP:
            self._show_goal(int(chosen.removeprefix("goal-")))

    def _show_goal(self, index: int) -> None:
        goal = self._connection.goals[index]
        named = shlex.quote(plain(self._connection.name))
        text = [
            f"{plain(goal.name)}: {goal.kind} goal, {'on' if goal.enabled else 'off'}",
            "",
            *describe(goal),
            "",
            "Change it with:",
            f"  actui export {named} > connection.yaml",
            "  (edit the file)",
            "  actui apply connection.yaml",
        ]
        self.query_one("#goal-words", Words).put("\n".join(text))

    @on(OptionList.OptionSelected, "#left")
    def _enter(self, event: OptionList.OptionSelected) -> None:
        target = "#activecampaign-url" if event.option_id == _SETUP else "#goal"
        self.query_one(target).focus()

    # the form

    def _form(self) -> ConnectionForm:
        name = self.query_one("#name", Input).value
        return self.query_one(SetupPanel).form(name, self.query_one(OnOff).value)

    @property
    def is_dirty(self) -> bool:
        """Whether something typed is not stored."""
        return self._form() != ConnectionForm.of(self._connection)

    def action_save(self) -> None:
        """Store what was typed."""
        self.attempt(self._save, "save")

    async def _save(self) -> None:
        form = self._form()
        expected = self._stored.version if self._stored else None
        try:
            stored = await self._workbench.save(self._connection, form, expected=expected)
            self._stored, self._connection = stored, stored.connection
            await self._workbench.save_secrets(stored.connection, form)
        except CredentialsError as failure:
            self._ask_again(form)
            self.say(failure.message, severity="error")
            return
        finally:
            self._seen = None
            self._look()
        self.query_one("#name", Input).value = self._connection.name
        self.query_one(SetupPanel).put_fields(self._connection)
        self.say("Saved.")
        self.attempt(self._show_secrets, "secrets")

    def _ask_again(self, form: ConnectionForm) -> None:
        changed: Which = "activecampaign"
        if form.activecampaign_url == self._connection.activecampaign.url:
            changed = "blueconic"
        if changed not in form.secrets:
            self.query_one("#left", ChoiceList).highlighted = 0
            self.query_one(SetupPanel).ask_for(changed)

    def action_switch(self) -> None:
        """Switch the connection on or off; nothing is stored by it."""
        self.query_one(OnOff).toggle()

    @on(SetupPanel.Test)
    def _test_one(self, wanted: SetupPanel.Test) -> None:
        self.attempt(partial(self._test, wanted.which), f"test-{wanted.which}")

    def action_test(self) -> None:
        """Test both services with the fields as they stand."""
        self.query_one("#left", ChoiceList).highlighted = 0
        for which in SECRET_WORDS:
            self.attempt(partial(self._test, which), f"test-{which}")

    async def _test(self, which: Which) -> None:
        panel = self.query_one(SetupPanel)
        panel.put_answer(which, "Testing...")
        glyphs = self._workbench.glyphs
        try:
            said = await self._workbench.test(self._connection, self._form(), which)
        except ActuiError as failure:
            panel.put_answer(which, f"{glyphs.failed} {plain(failure.message)}")
        else:
            panel.put_answer(which, f"{glyphs.tick} {said}")

    # runs

    @on(SetupPanel.Run)
    def action_run(self) -> None:
        """Run now, or watch the run that is going."""
        self.attempt(self._run, "run")

    async def _run(self) -> None:
        if self._stored is None or self.is_dirty:
            self.say("Save first: ctrl+s.", severity="error")
        elif self._workbench.is_running(self._connection):
            self.app.push_screen(RunScreen(self._workbench, self._connection))
        else:
            since, said = await self._workbench.start(self._connection)
            self.app.push_screen(
                RunScreen(self._workbench, self._connection, since=since, said=said)
            )

    @on(DataTable.RowSelected, "#history")
    def _open_run(self, event: DataTable.RowSelected) -> None:
        run = event.row_key.value
        found = self._workbench.run(self._connection, run) if run else None
        if found is None:
            self.say("This run is not in the run history any more.", severity="error")
        elif found.state.is_final:
            self.app.push_screen(RunScreen(self._workbench, self._connection, past=found))
        else:
            self.app.push_screen(RunScreen(self._workbench, self._connection))

    # leaving

    def action_leave(self) -> None:
        """Go back, after a question when something is not stored."""
        if not self.is_dirty:
            self.dismiss()
            return
        question = ConfirmScreen(
            "What you typed is not saved.", do="Leave without saving", keep="Stay"
        )
        self.app.push_screen(question, self._left)

    def _left(self, leave: bool | None) -> None:
        if leave:
            self.dismiss()
