"""What became of people: the outcomes of one run, and one person's story across runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import DataTable, Input

from actui.console.formatting import number, plain
from actui.console.forms.form import Choose, Option, Type
from actui.console.views.outcomes import (
    Filter,
    Person,
    goal_name,
    offered_filters,
    omitted_lines,
    story,
)
from actui.console.workbench import Workbench
from actui.model.connection import Connection
from actui.model.errors import ConfigError
from actui.model.mailbox import parse_address
from actui.model.run import FAILED, Outcome, RunSummary
from screens.base import NARROW, ActuiScreen, ListTable, TextLine
from screens.dialogs.ask import ask
from screens.widgets.footer import KeyFooter
from screens.widgets.text import fitted, shown
from store.home import is_there

PEOPLE_ROWS = 500
"""More rows than this, and a table's first paint is felt (screens/README.md §5)."""
_HEADINGS: tuple[str, ...] = ("Person", "Outcome", "Reason", "Goal")


class OutcomesScreen(ActuiScreen):
    """The people of one run, one line each."""

    CSS_PATH = "outcomes_page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f,slash",
            "filter",
            "Filter",
            tooltip="Show one outcome or reason, or what was omitted",
            id="people.filter",
        ),
        Binding("w", "why", "Why", tooltip="One person's story", id="people.why"),
        Binding("t", "retry", "Retry", tooltip="Send these people again", id="people.retry"),
        Binding("x", "export", "CSV", tooltip="Write these people to a file", id="people.csv"),
    ]

    def __init__(
        self,
        workbench: Workbench,
        connection: Connection,
        run: RunSummary,
        retry: Callable[[Filter, int], None],
    ) -> None:
        super().__init__()
        self._retry = retry
        self._many = _failed(run)
        self._workbench = workbench
        self._connection = connection
        self._run = run
        self._filter = Filter()
        self._words = "all outcomes"
        self._people: list[Person] = []

    def compose(self) -> ComposeResult:
        yield TextLine(self._head("reading"), id="head")
        yield ListTable(id="people")
        yield TextLine("", id="detail")
        yield KeyFooter(compact=True)

    def _head(self, many: str) -> str:
        return f"{plain(self._connection.name)} - {plain(self._words)}, {many}"

    def on_mount(self) -> None:
        self.query_one("#people").focus()
        self.attempt(self._read, "read")

    async def _read(self) -> None:
        read = self._workbench.services.outcomes.of_run
        found = await asyncio.to_thread(
            read, self._connection, self._run.run, self._filter, PEOPLE_ROWS
        )
        self._people = found
        many = number(len(found)) + (" shown, x writes all" if len(found) == PEOPLE_ROWS else "")
        self.query_one("#head", TextLine).put(self._head(many))
        self._fill()

    def fit(self) -> None:
        """Give the columns the widths that this page has room for."""
        self.query_one("#people", ListTable).keep_place(self._fill)

    def _fill(self) -> None:
        many = 4 if self.size.width > NARROW else 3
        cells = [_HEADINGS[:many]]
        for one in self._people:
            goal = goal_name(self._connection, one.goal)
            cells.append((plain(one.who), one.outcome, plain(one.reason), plain(goal))[:many])
        outcome = max(len(row[1]) for row in cells)
        # a space on both sides of each column, and the scrollbar
        room = self.size.width - 2 * many - 1 - outcome
        person, *rest = fitted(room, [(row[0], *row[2:]) for row in cells])
        self.query_one("#people", ListTable).fill(
            zip(cells[0], (person, outcome, *rest), strict=True),
            ((str(index), map(shown, row)) for index, row in enumerate(cells[1:])),
        )
        self._explain()

    @property
    def _chosen(self) -> Person | None:
        key = self.query_one("#people", ListTable).chosen
        return self._people[int(key)] if key is not None else None

    @on(DataTable.RowHighlighted)
    def _explain(self) -> None:
        one = self._chosen
        if one is None:
            self.query_one("#detail", TextLine).put(
                "Nobody: an outcome 'unchanged' leaves no line."
            )
            return
        named = plain(goal_name(self._connection, one.goal))
        message = "; ".join(part for part in (one.why, *omitted_lines(one.omitted)) if part)
        self.query_one("#detail", TextLine).put(f"{named}: {one.outcome}. {message}".rstrip())

    def text(self) -> str:
        """The person under the cursor."""
        return plain(self._chosen.who) if self._chosen else ""

    def action_filter(self) -> None:
        """Show one outcome or reason."""
        offered = offered_filters(self._run)
        options = [Option("", "all outcomes")] + [
            Option(str(index), label, number(many))
            for index, (_, label, many) in enumerate(offered)
        ]

        def chosen(answer: tuple[str, ...]) -> None:
            self._filter, self._words, self._many = Filter(), "all outcomes", _failed(self._run)
            if answer[0]:
                self._filter, self._words, self._many = offered[int(answer[0])]
            self.attempt(self._read, "read")

        ask(self.app, Choose("Show which people?", lambda: options, chosen))

    @on(DataTable.RowSelected)
    def action_why(self) -> None:
        """Tell one person's story."""
        email = self._chosen.email if self._chosen else ""
        self.app.push_screen(WhyScreen(self._workbench, self._connection, email))

    def action_retry(self) -> None:
        """Send these people again; of all outcomes, those rejected or unknown."""
        if self._filter.outcome in (Outcome.CREATED, Outcome.UPDATED):
            self.say("They were accepted: there is nothing to send again.")
            return
        if self._filter.omitted:
            self.say("Correct what was omitted; the next run sends what has changed.")
            return
        self._retry(self._filter, self._many)

    def action_export(self) -> None:
        """Write the people shown, and those beyond, to a file."""

        def typed(path: str) -> None:
            _refuse(path.strip())
            self.attempt(partial(self._export, path), "export")

        hint = "CSV, readable by you alone. A file that is there already is not replaced."
        file = f"{self._run.run}.csv"
        ask(self.app, Type("Write these people to which file?", file, typed, hint))

    async def _export(self, path: str) -> None:
        export = self._workbench.services.outcomes.export
        message = await asyncio.to_thread(
            export, self._connection, self._run.run, self._filter, path
        )
        self.say(plain(message))


def _failed(run: RunSummary) -> int:
    return sum(getattr(goal, outcome.value) for goal in run.goals for outcome in FAILED)


def _refuse(path: str) -> None:
    """Raises ConfigError for a path at which no new file can be written."""
    if not path:
        raise ConfigError("Type a path, or press esc.")
    try:
        file = Path(path).expanduser()
        taken, has_folder = is_there(file), file.parent.is_dir()
    except (OSError, RuntimeError):  # no such user's home, no right to look, too long a name
        raise ConfigError("That cannot be written.") from None
    if taken:
        raise ConfigError(f"{file} is there already.")
    if not has_folder:
        raise ConfigError(f"There is no folder {file.parent}.")


class WhyScreen(ActuiScreen):
    """Type an e-mail address, read what became of that person."""

    CSS_PATH = "outcomes_page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "ask", "Other", key_display="/", tooltip="Somebody else", id="why.other"),
    ]

    def __init__(self, workbench: Workbench, connection: Connection, email: str = "") -> None:
        super().__init__()
        self._workbench = workbench
        self._connection = connection
        self._email = email

    def compose(self) -> ComposeResult:
        yield TextLine(f"{plain(self._connection.name)} - Why", id="head")
        yield Input(plain(self._email), placeholder="E-mail address", id="email", compact=True)
        with VerticalScroll(id="story", can_focus=True):
            yield TextLine("Type an e-mail address and press enter.", id="about")
        yield KeyFooter(compact=True)

    def on_mount(self) -> None:
        if self._email:
            self._ask()
        else:
            self.query_one("#email").focus()

    @on(Input.Submitted, "#email")
    def _ask(self) -> None:
        email = self.query_one("#email", Input).value.strip()
        if not email:
            return
        if email == plain(self._email).strip():
            # shown without what could act on the terminal, looked up as it is stored
            self.attempt(partial(self._show_story, self._email), "story")
        else:
            self.attempt(partial(self._tell_typed, email), "story")

    async def _tell_typed(self, email: str) -> None:
        await self._show_story(parse_address(email))

    async def _show_story(self, email: str) -> None:
        read = self._workbench.services.outcomes.story
        people = await asyncio.to_thread(read, self._connection, email)
        self.query_one("#about", TextLine).put("\n".join(story(self._connection, email, people)))
        self.query_one("#story").focus()

    def action_ask(self) -> None:
        """Ask for somebody else."""
        self.query_one("#email").focus()
