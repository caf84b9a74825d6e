"""The connections of this home, with their status arrows."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Button, DataTable, Input

from actui.console.formatting import counted, number, plain
from actui.console.overviews import Overview
from actui.console.views.connection_table import ORDERS, columns, foot, matches, ordered, row
from actui.console.views.status_arrows import Arrow
from actui.console.workbench import Workbench
from screens.base import COLOURS, READ_ONLY, TOURING, ActuiScreen, ListTable, TextLine
from screens.connection_page import ConnectionScreen
from screens.dialogs.add_connection import AddConnectionScreen
from screens.dialogs.confirm import ConfirmScreen
from screens.run_page import RUN, run_now
from screens.widgets.footer import KeyFooter
from screens.widgets.text import shown

LOOK_SECONDS = 2.0
_HEAD = "actui - Connections"
TOUR = "tour"
"""What the console answers when somebody wants to look around on the sandbox."""


class ConnectionsScreen(ActuiScreen):
    """The first page: every connection in a line, or the way to the first one."""

    CSS_PATH = "connection_list.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "add", "Add", tooltip="Add connection", id="connections.add"),
        Binding("t", "tour", "Tour", tooltip="Look around on a sandbox", id="connections.tour"),
        Binding(
            "down,up,j,k",
            "other_way",
            "Other",
            show=False,
            tooltip="Go to the other of the two",
            id="connections.other",
        ),
        Binding(
            "c", "copy", "Copy", tooltip="Copy the connection", show=False, id="connections.copy"
        ),
        Binding("s", "sort", "Sort", tooltip="Sort by the next column", id="connections.sort"),
        Binding(
            "e", "switch", "On/off", tooltip="Switch the connection on or off", id="connections.on"
        ),
        Binding(
            "f",
            "favorite",
            "Favorite",
            tooltip="Give the connection a star or take it away",
            show=False,
            id="connections.favorite",
        ),
        Binding("f5", "run", "Run", tooltip="Run now, or watch the run", id="connections.run"),
        Binding("d", "delete", "Delete", tooltip="Delete the connection", id="connections.delete"),
        Binding(
            "slash",
            "search",
            "Search",
            key_display="/",
            tooltip="Show only names and labels with these words; !word leaves out",
            id="connections.search",
        ),
        Binding("q", "app.quit", "Quit", tooltip="Leave; runs go on", id="connections.quit"),
        Binding("escape", "leave", "All", tooltip="Show all", show=False, id="connections.all"),
    ]

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self._workbench = workbench
        self._overviews: list[Overview] = []
        self._shown: list[tuple[str, ...]] | None = None
        self._order = ""

    def compose(self) -> ComposeResult:
        yield TextLine(_HEAD, id="head")
        yield Input(placeholder="Search name or label", id="filter")
        yield ListTable(id="table")
        with Vertical(id="first"):
            yield TextLine(
                "actui connects BlueConic with ActiveCampaign. There is no connection yet."
            )
            yield Button("Add the first connection (a)", id="add-first", compact=True)
            yield TextLine("with the URLs and keys of your two accounts", classes="hint")
            yield Button("Take the tour (t)", id="tour", compact=True)
            yield TextLine(
                "on a sandbox of both services: no account is needed, and nothing of it stays",
                classes="hint",
            )
        yield TextLine("", id="why")
        yield KeyFooter(show_command_palette=True, compact=True)

    def on_mount(self) -> None:
        self.query_one("#filter").display = False
        self.look()
        if self.app.has_class(READ_ONLY):
            self.query_one("#add-first").display = False
        self._focus_first()

    def _focus_first(self) -> None:
        """Focus the table, or without a connection the first button shown."""
        ways = ("#table",) if self._overviews else ("#add-first", "#tour")
        next(self.query_one(way) for way in ways if self.query_one(way).display).focus()

    async def watch_world(self) -> None:
        """Look again every two seconds; another process may run or change something."""
        known = list(self._overviews)
        self.attempt(lambda: self._workbench.overviews.look_for_secrets(known), "secrets")
        while True:
            self.look()
            await asyncio.sleep(LOOK_SECONDS)

    def on_resize(self, _: events.Resize) -> None:
        self._shown = None
        self._fill()

    def look(self) -> None:
        """Read the connections and show what changed."""
        self._overviews = self._workbench.overviews.all()
        self._fill()

    # showing

    def _visible(self) -> list[Overview]:
        wanted = self.query_one("#filter", Input).value
        found = [overview for overview in self._overviews if matches(overview, wanted)]
        return ordered(found, self._order, self._workbench.services.now)

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._order = ORDERS[(ORDERS.index(self._order) + 1) % len(ORDERS)]
        self._fill()
        message = f"Sorted by {self._order}." if self._order else "Favorites first, then by name."
        self.say(message)

    def _styles(self) -> dict[str, str]:
        """The colour of each arrow's words, beside its glyph and word."""
        if not self.app.has_class("-colour"):
            return {}
        glyphs = self._workbench.glyphs
        return {Arrow("import", state).short(glyphs): style for state, style in COLOURS.items()}

    def _fill(self) -> None:
        width, glyphs, now = self.size.width, self._workbench.glyphs, self._workbench.services.now
        rows = [row(overview, width, glyphs, now) for overview in self._visible()]
        if rows == self._shown:
            return
        empty = not self._overviews
        # the table is filled anew only when something in it changed: a repaint costs 8 kB
        self._shown = rows
        first = self.query_one("#first")
        table = self.query_one("#table", ListTable)
        had_first = first.display and not empty
        first.display, table.display = empty, not empty
        if had_first:
            # a hidden button would keep the focus, and take enter
            table.focus()
        had, kept = table.chosen, table.cursor_row
        styles = self._styles()
        table.fill(
            columns(width, glyphs),
            ((key, (shown(cell, styles.get(cell, "")) for cell in cells)) for key, *cells in rows),
        )
        ids = [cells[0] for cells in rows]
        table.move_cursor(row=ids.index(had) if had in ids else min(kept, max(len(ids) - 1, 0)))
        head = _HEAD
        for name, message in (
            (READ_ONLY, "read-only"),
            (TOURING, "tour: both services are simulated"),
        ):
            head += f"  {message}" if self.app.has_class(name) else ""
        if len(rows) != len(self._overviews):
            head += f"  {number(len(rows))} of {number(len(self._overviews))}"
        elif not empty:
            head += f"  {counted(len(rows), 'connection', 'connections')}"
        self.query_one("#head", TextLine).put(head)
        self._explain()
        self.refresh_bindings()

    @property
    def _chosen(self) -> Overview | None:
        key = self.query_one("#table", ListTable).chosen
        return next((one for one in self._overviews if one.connection.id == key), None)

    @on(DataTable.RowHighlighted)
    def _explain(self) -> None:
        chosen = self._chosen
        message = (
            "" if chosen is None else foot(chosen, self.size.width, self._workbench.services.now)
        )
        if self._overviews and not self._shown:
            message = "No connection has this name or label; esc shows all."
        self.query_one("#why", TextLine).put(message)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Actions on a connection are offered only where there is one."""
        on_one = ("switch", "delete", "search", "copy", "sort", "favorite", "run")
        if action in on_one and self.is_mounted and not self._overviews:
            return False
        if action in ("tour", "other_way") and self.is_mounted:
            return not self._overviews
        return super().check_action(action, parameters)

    # acting

    @on(DataTable.RowSelected)
    def _open(self) -> None:
        if self._chosen is not None:
            stored = self._chosen.stored
            self.app.push_screen(ConnectionScreen(self._workbench, stored.connection, stored))

    @on(Button.Pressed, "#add-first")
    def action_add(self) -> None:
        """Add a connection."""
        self.app.push_screen(AddConnectionScreen(), self._added)

    def action_run(self) -> None:
        """Run the connection, or watch the run that is going."""
        if (chosen := self._chosen) is not None:
            run = partial(run_now, self, self._workbench, chosen.connection)
            self.attempt(run, RUN)

    @on(Button.Pressed, "#tour")
    def action_tour(self) -> None:
        """Leave this console for one on the sandbox."""
        self.app.exit(TOUR)

    def action_other_way(self) -> None:
        """Go to the other of the first page's two ways."""
        self.focus_next(Button)

    def _added(self, kind: str | None) -> None:
        if kind is not None:
            self.app.push_screen(
                ConnectionScreen(self._workbench, self._workbench.editor.draft(), None)
            )

    def action_favorite(self) -> None:
        """Give the connection a star, or take it away."""
        if self._chosen is not None:
            self.attempt(partial(self._star, self._chosen), "favorite")

    async def _star(self, chosen: Overview) -> None:
        self._workbench.editor.star(chosen.stored)
        self.look()

    async def action_switch(self) -> None:
        """Switch the connection on or off."""
        if self._chosen is not None:
            self.attempt(partial(self._switch, self._chosen), "switch")

    async def _switch(self, chosen: Overview) -> None:
        self._workbench.editor.switch(chosen.stored)
        self.look()

    def action_copy(self) -> None:
        """Copy the connection, after a question; the copy is off and has no secrets."""
        chosen = self._chosen
        if chosen is None:
            return
        question = ConfirmScreen(
            f"Copy the connection '{plain(chosen.connection.name)}'?\n\n"
            "The copy is off, and its secrets are to be entered.",
            do="Copy",
            keep="Cancel",
        )
        self.app.push_screen(question, lambda yes: self._copied(chosen) if yes else None)

    def _copied(self, chosen: Overview) -> None:
        self.attempt(partial(self._copy, chosen), "copy")

    async def _copy(self, chosen: Overview) -> None:
        stored = self._workbench.editor.duplicate(chosen.connection)
        self.look()
        table = self.query_one("#table", ListTable)
        ids = [row.key.value for row in table.ordered_rows]
        if stored.connection.id in ids:
            table.move_cursor(row=ids.index(stored.connection.id))

    def action_delete(self) -> None:
        """Delete the connection, after a question."""
        chosen = self._chosen
        if chosen is None:
            return
        kept = self._workbench.overviews.kept(chosen.connection)
        question = ConfirmScreen(
            f"Delete the connection '{plain(chosen.connection.name)}'?\n\n"
            f"With it go {kept}. This cannot be undone.",
            do="Delete",
            keep="Keep",
        )
        self.app.push_screen(question, lambda yes: self._deleted(chosen) if yes else None)

    def _deleted(self, chosen: Overview) -> None:
        self.attempt(partial(self._delete, chosen), "delete")

    async def _delete(self, chosen: Overview) -> None:
        services = self._workbench.services
        services.home.delete(services.connections.find(chosen.connection.id).connection)
        self.look()
        if not self._overviews:
            self._focus_first()

    # searching

    def action_search(self) -> None:
        """Open the search bar."""
        bar = self.query_one("#filter", Input)
        bar.display = True
        bar.focus()

    @on(Input.Changed, "#filter")
    def _search(self) -> None:
        self._fill()

    @on(Input.Submitted, "#filter")
    def _to_table(self) -> None:
        self.query_one("#table").focus()

    def action_leave(self) -> None:
        """Show all connections again."""
        bar = self.query_one("#filter", Input)
        bar.value = ""
        bar.display = False
        if self._overviews:
            self.query_one("#table").focus()
