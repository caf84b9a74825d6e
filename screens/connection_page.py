"""A connection: name, switch and arrows above; *Set up and run* and its goals below.

Long because this page joins all parts of a connection, with a key for each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Checkbox, DataTable, Input, OptionList
from textual.worker import Worker

from actui.console.draft import Draft
from actui.console.formatting import plain, typed_over
from actui.console.forms.connection_fields import SECRET_LABELS, ConnectionForm
from actui.console.forms.connection_forms import MetadataForm, summed
from actui.console.ports import Stored, Which
from actui.console.views.goal_description import describe
from actui.console.workbench import Workbench
from actui.model.connection import Connection
from actui.model.errors import ActuiError
from screens.base import READ_ONLY, ActuiScreen, TextLine
from screens.dialogs.ask import learn
from screens.dialogs.confirm import ConfirmScreen
from screens.dialogs.schedule import ScheduleScreen
from screens.goal_page import GoalScreen
from screens.goals_panel import SETUP, GoalsPanel
from screens.outcomes_page import WhyScreen
from screens.preview_page import PreviewScreen
from screens.run_page import RUN, RunScreen, run_now
from screens.saving import SAVE, SaveFlow
from screens.setup_panel import SetupPanel
from screens.widgets.footer import KeyFooter
from screens.widgets.form_list import FormList
from screens.widgets.on_off import OnOff

LOOK_SECONDS = 1.0
_BEGUN = (SAVE, RUN)
"""The groups of workers that leaving the page would cut off."""


class ConnectionScreen(ActuiScreen):
    """One connection; `stored` is None while it has never been saved."""

    CSS_PATH = "connection_page.tcss"
    _is_leaving = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Save", tooltip="Store what was typed", id="connection.save"),
        Binding(
            "f5", "run", "Run", tooltip="Run now, or watch the run that is going", id="run.start"
        ),
        Binding(
            "f6", "preview", "Preview", tooltip="Show what a run would do", id="connection.preview"
        ),
        Binding(
            "ctrl+o",
            "switch",
            "On/off",
            show=False,
            tooltip="Switch the connection on or off; save it then",
            id="connection.on",
        ),
        Binding(
            "ctrl+t", "test", "Test", show=False, tooltip="Test both services", id="connection.test"
        ),
        Binding(
            "f8",
            "schedule",
            "Schedule",
            show=False,
            tooltip="Say when the connection runs by itself",
            id="connection.schedule",
        ),
        Binding(
            "f7",
            "why",
            "Why",
            show=False,
            tooltip="One person's story across runs",
            id="connection.why",
        ),
        Binding(
            "ctrl+e",
            "fold",
            "Details",
            show=False,
            tooltip="Show or hide favorite, labels, description and notifications",
            priority=True,  # a field's own key goes to its end
            id="connection.details",
        ),
        Binding(
            "f4",
            "history",
            "Run history",
            show=False,
            tooltip="Go to data exchange, run history and privacy management",
            id="connection.history",
        ),
    ]

    def __init__(self, workbench: Workbench, connection: Connection, stored: Stored | None) -> None:
        super().__init__()
        self._workbench = workbench
        self._draft = Draft(connection, stored)
        self._saving = SaveFlow(self, workbench, self._draft)
        self._seen: tuple[int, bool, int] | None = None

    @property
    def _connection(self) -> Connection:
        return self._draft.connection

    def _now(self) -> datetime:
        return self._workbench.services.now

    def compose(self) -> ComposeResult:
        with Horizontal(id="top"):
            yield Input(plain(self._connection.name), placeholder="Name", id="name", compact=True)
            yield TextLine("", id="unsaved")
            yield OnOff(self._connection.enabled)
        with Horizontal(id="arrows"):
            yield TextLine("", id="arrow-import")
            yield TextLine("", id="arrow-export")
        yield TextLine("", id="why")
        yield TextLine("", id="folded", fixed=True)
        details = MetadataForm(
            self._draft,
            self._workbench.editor.labels,
            lambda: bool(self._workbench.services.home.settings.mail.host),
        )
        folded = FormList(details, self._workbench.glyphs, id="details")
        folded.display = False
        yield folded
        with Horizontal(id="body"):
            yield GoalsPanel(self._draft, id="left")
            yield SetupPanel(self._draft, self._workbench.glyphs, self._now)
            with VerticalScroll(id="goal", can_focus=True) as goal:
                # hidden before the first paint: each repaint of a page costs the line 8 kB
                goal.display = False
                yield TextLine("", id="goal-words")
        yield KeyFooter(compact=True)

    def on_mount(self) -> None:
        self.query_one("#left").focus()
        if self.app.has_class(READ_ONLY):
            for field in self.query("Input, OnOff"):
                field.disabled = True
        elif self._draft.stored is None:
            self.query_one("#name").focus()
        self.attempt(self.show_secrets, "secrets")
        self._look()

    # saving

    @property
    def form(self) -> ConnectionForm:
        """Everything typed on the page."""
        name = typed_over(self.query_one("#name", Input).value, self._connection.name)
        return self.query_one(SetupPanel).form(name, self.query_one(OnOff).value)

    @property
    def is_dirty(self) -> bool:
        """Whether something typed is not stored."""
        return self._draft.is_dirty or self.form != ConnectionForm.of(self._connection)

    def action_save(self) -> None:
        """Store what was typed."""
        self._saving.start()

    def look_anew(self) -> None:
        """Show the connection as it is now, whatever was shown before."""
        self._seen = None
        self._look()

    @property
    def fields(self) -> Mapping[str, object]:
        """What each field of the page holds, by its selector."""
        held: dict[str, object] = {"#name": self.query_one("#name", Input).value}
        held["OnOff"] = self.query_one(OnOff).value
        return held | self.query_one(SetupPanel).fields

    def show_saved(self, before: Mapping[str, object] | None = None) -> None:
        """Show what is stored in place of what was typed, also on the pages above this one.

        A field that no longer holds what it held in `before` is left as it is.
        """
        fields = self.fields
        same = {one for one in fields if before is None or fields[one] == before[one]}
        if "#name" in same:
            self.query_one("#name", Input).value = plain(self._connection.name)
        if "OnOff" in same:
            self.query_one(OnOff).value = self._connection.enabled
        self.query_one(SetupPanel).put_fields(self._connection, same)
        self.query_one("#details", FormList).show()
        self._goals_changed()
        for page in self.app.screen_stack:
            if not page.is_mounted:
                continue  # it looks for itself as it opens
            if isinstance(page, GoalScreen):
                page.saved()
            elif isinstance(page, ScheduleScreen):
                page.show()

    async def show_secrets(self) -> None:
        """Show for each secret whether it is stored."""
        panel = self.query_one(SetupPanel)
        for which in SECRET_LABELS:
            sentence = "Not stored yet."
            if self._draft.stored is not None:
                sentence = await self._workbench.credentials.status(self._connection, which)
            panel.put_stored(which, sentence)
        self.look_anew()

    def ask_for_secret(self, which: Which) -> None:
        """Lead to the field of a secret that has to be typed again."""
        self.query_one("#left", GoalsPanel).highlighted = 0
        self.query_one(SetupPanel).ask_for(which)

    # looking

    async def watch_world(self) -> None:
        """See each second whether a run began, moved or ended."""
        while True:
            self._look()
            await asyncio.sleep(LOOK_SECONDS)

    def _look(self) -> None:
        panel = self.query_one(SetupPanel)
        panel.put_schedule()
        self._mark()
        if self._draft.stored is None:
            self.query_one("#why", TextLine).put(
                "A new connection: nothing is stored before ^s Save."
            )
            return
        services = self._workbench.services
        reader = services.reader(self._connection)
        version = services.connections.find(self._connection.id).version
        now = (reader.version(), reader.is_running(), version)
        if now == self._seen:
            return
        self._seen = now
        # first: what it meets in the ledger is part of the overview
        unique = self._workbench.overviews.unique(self._connection)
        overview = self._workbench.overviews.find(self._connection.id)
        if overview.stored.version != self._draft.stored.version and not self.is_dirty:
            self._draft.adopt(overview.stored)
            self.show_saved()
            self.attempt(self.show_secrets, "secrets")
        glyphs = self._workbench.glyphs
        for arrow in overview.arrows:
            line = self.query_one(f"#arrow-{arrow.direction}", TextLine)
            line.put(arrow.long(glyphs))
            line.set_classes(f"-{arrow.state.value}")
        self.query_one("#why", TextLine).put(overview.why)
        panel.put_findings(overview.found)
        panel.put_running(overview.running)
        panel.put_unique(unique)
        runs = self._workbench.overviews.history(self._connection)
        panel.put_history(runs, self._connection.timezone)

    @on(Input.Changed)
    @on(Checkbox.Changed)
    @on(FormList.Changed)
    def _mark(self) -> None:
        """Say what is not stored yet, and what is folded away."""
        message = "not saved" if self.is_dirty else ""
        self.query_one("#unsaved", TextLine).put("saving" if self._is_at(SAVE) else message)
        opened = self.query_one("#details").display
        text = summed(self._connection)
        self.query_one("#folded", TextLine).put(self._workbench.glyphs.fold(opened, f"{text}  ^e"))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Objectives are asked for when somebody comes to them, not before."""
        if event.widget.id == "privacy" and self._draft.choices.blueconic is None:
            self.attempt(self._learn, "learn")

    async def _learn(self) -> None:
        privacy = self.query_one("#privacy", FormList)
        await learn(self, self._workbench, self._draft, privacy.show)

    # the left panel

    @on(OptionList.OptionHighlighted, "#left")
    def _choose(self) -> None:
        goal = self.query_one(GoalsPanel).goal
        self.query_one(SetupPanel).display = goal is None
        self.query_one("#goal").display = goal is not None
        if goal is not None:
            state = "on" if goal.enabled else "off"
            keys = "enter opens it, space switches it, n renames, c copies, d deletes, J K move"
            text = [f"{plain(goal.name)}: {goal.kind} goal, {state}", keys, ""]
            self.query_one("#goal-words", TextLine).put("\n".join([*text, *describe(goal)]))

    @on(OptionList.OptionSelected, "#left")
    def _enter(self, event: OptionList.OptionSelected) -> None:
        if event.option_id == SETUP:
            self.query_one(SetupPanel).enter()

    @on(GoalsPanel.Open)
    def _open_goal(self, event: GoalsPanel.Open) -> None:
        page = GoalScreen(
            self._workbench, self._draft, event.goal_id, self._saving.start_from_elsewhere
        )
        self.app.push_screen(page, lambda _: self._goals_changed())

    @on(GoalsPanel.Changed)
    def _goals_changed(self) -> None:
        panel = self.query_one(GoalsPanel)
        panel.show()
        self._choose()
        self._mark()

    @on(GoalsPanel.Refused)
    @on(FormList.Refused)
    def _refused(self, event: GoalsPanel.Refused | FormList.Refused) -> None:
        self.say(event.sentence, severity="error")

    def action_fold(self) -> None:
        """Show or hide the details."""
        details = self.query_one("#details")
        details.display = not details.display
        (details if details.display else self.query_one("#left")).focus()
        self._mark()

    def action_history(self) -> None:
        """Go to the lower sections of *Set up and run*."""
        self.query_one("#left", GoalsPanel).highlighted = 0
        self.query_one(SetupPanel).to_history()

    @on(GoalsPanel.Page)
    def _page(self, event: GoalsPanel.Page) -> None:
        """The left panel is short: its page keys move what stands beside it."""
        goal = self.query_one("#goal", VerticalScroll)
        beside = goal if goal.display else self.query_one(SetupPanel)
        move = beside.scroll_page_down if event.down else beside.scroll_page_up
        move(animate=False)

    def action_switch(self) -> None:
        """Switch the connection on or off; nothing is stored by it."""
        self.query_one(OnOff).toggle()

    @on(SetupPanel.Test)
    def _test_one(self, wanted: SetupPanel.Test) -> None:
        self.attempt(partial(self._test, wanted.which), f"test-{wanted.which}")

    def action_test(self) -> None:
        """Test both services with the fields as they stand."""
        self.query_one(GoalsPanel).highlighted = 0
        for which in SECRET_LABELS:
            self.attempt(partial(self._test, which), f"test-{which}")

    async def _test(self, which: Which) -> None:
        panel = self.query_one(SetupPanel)
        panel.put_answer(which, "Testing...")
        glyphs = self._workbench.glyphs
        try:
            message = await self._workbench.credentials.test(self._connection, self.form, which)
        except ActuiError as failure:
            panel.put_answer(which, f"{glyphs.failed} {plain(failure.message)}")
        else:
            panel.put_answer(which, f"{glyphs.tick} {message}")

    # runs

    @on(SetupPanel.Run)
    def action_run(self) -> None:
        """Run now, or watch the run that is going."""
        self.attempt(self._run, RUN)

    async def _run(self) -> None:
        if self._draft.stored is None or self.is_dirty:
            self.say("Save first: ctrl+s.", severity="error")
        else:
            await run_now(self, self._workbench, self._connection)

    @on(DataTable.RowSelected, "#history")
    def _open_run(self, event: DataTable.RowSelected) -> None:
        run = event.row_key.value
        history = self._workbench.services.home.history(self._connection)
        found = history.find(run) if run else None
        if found is None:
            self.say("This run is not in the run history any more.", severity="error")
        elif found.state.is_final:
            self.app.push_screen(RunScreen(self._workbench, self._connection, past=found))
        else:
            self.app.push_screen(RunScreen(self._workbench, self._connection))

    def action_preview(self) -> None:
        """Show what a run of the connection as it stands here would do."""
        try:
            meant = self.form.onto(self._connection)
        except ActuiError as wrong:
            self.say(wrong.message, severity="error")
            return
        goal = self.query_one(GoalsPanel).goal
        self.app.push_screen(PreviewScreen(self._workbench, meant, goal.id if goal else ""))

    def action_why(self) -> None:
        """Tell one person's story."""
        self.app.push_screen(WhyScreen(self._workbench, self._connection))

    @on(SetupPanel.Schedule)
    def action_schedule(self) -> None:
        """Open the schedule dialog."""
        page = ScheduleScreen(
            self._draft, self._workbench.glyphs, self._now, self._saving.start_from_elsewhere
        )
        self.app.push_screen(page)

    # leaving

    def _is_at(self, *groups: str) -> bool:
        """Whether a worker of these groups is at work for the page."""
        return any(
            one.node is self and one.group in groups and not one.is_finished for one in self.workers
        )

    def action_leave(self) -> None:
        """Go back once what was begun is done; a question first when something is not stored."""
        if self._is_at(*_BEGUN):
            self._is_leaving = True
            return
        if not self.is_dirty:
            self.dismiss()
            return
        question = ConfirmScreen(
            "What you typed is not saved.", do="Leave without saving", keep="Stay"
        )
        self.app.push_screen(question, self._left)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Go back once it is done, if somebody wants to; a page that it opened comes first."""
        if event.worker.group not in _BEGUN or not self.is_mounted:
            return
        self._mark()
        if self._is_leaving and not self._is_at(*_BEGUN):
            self._is_leaving = False
            if self.is_active:
                self.action_leave()

    def _left(self, leave: bool | None) -> None:
        if leave and self.is_active:
            self.dismiss()
