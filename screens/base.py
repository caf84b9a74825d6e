"""What every page of the console does alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.binding import ActiveBinding, Binding, BindingType
from textual.geometry import Region
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import DataTable, OptionList, Static
from textual.worker import Worker

from actui.console.formatting import plain
from actui.console.views.status_arrows import ArrowState
from actui.model.errors import ActuiError
from screens.terminal.textual_internals import Prune, cancel_workers, first_line, line_count
from screens.widgets.text import lines, shown

WATCH = "watch"
_PALETTE_KEY = 12
"""Columns that the command palette's key and its edge take at the right of the footer."""
NARROW = 80
"""Fewer columns than this, and a page leaves out what can be read elsewhere."""
WIDTHS = [(0, "-narrow"), (NARROW, "-normal"), (120, "-wide")]
HEIGHTS = [(0, "-low"), (20, "-high"), (24, "-full"), (40, "-tall")]
"""The classes that pages and pop-ups have from so many columns or rows on."""
COLOURS = {
    ArrowState.OFF: "dim",
    ArrowState.INCOMPLETE: "yellow",
    ArrowState.READY: "green",
    ArrowState.FAILED: "red",
    ArrowState.DAMAGED: "red",
    ArrowState.RUNNING: "bold green",
}
"""The article's colours of the status arrows; each state has a glyph and a word as well."""
READ_ONLY = "-read-only"
"""The app's class while nothing may be changed."""
TOURING = "-tour"
"""The app's class while both services are simulated, which nobody may take for their own."""
_CHANGING = frozenset(
    ("add", "again", "copy", "delete", "favorite", "leavers", "retry", "rule", "save")
    + ("stop", "stop_now", "switch")
)
# a function and not its coroutine, which would be left unawaited when cancelled before its start
Work = Callable[[], Awaitable[None]]


class ActuiScreen(Screen[None]):
    """A page: it looks at the world only while it is on top, and turns failures into words."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", tooltip="Go back one page", id="page.back"),
        Binding(
            "question_mark,f1",
            "show_help",
            "Help",
            key_display="f1",
            tooltip="Show the keys of this page",
            id="page.help",
        ),
        Binding(
            "y,ctrl+y",
            "to_clipboard",
            "Copy text",
            show=False,
            tooltip="Send what the page tells to your terminal's clipboard",
            id="page.copy",
        ),
    ]

    _footed = 0  # columns that the footer's keys were chosen for

    @property
    def is_dirty(self) -> bool:
        """Whether leaving the page would lose something typed."""
        return False

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The page's keys; those that the footer has no room for are not shown in it.

        Textual's footer would cut one in its word, below the palette's key at the right edge.
        """
        active = super().active_bindings
        room = self.app.size.width - _PALETTE_KEY
        actions: set[str] = set()
        for key, one in active.items():
            binding = one.binding
            if not binding.show:
                continue
            if binding.action not in actions:
                actions.add(binding.action)
                room -= cell_len(f"{self.app.get_key_display(binding)} {binding.description} ")
            # the last one's space may be covered; what follows one that is left out is left out too
            if room < -1:
                active[key] = one._replace(binding=replace(binding, show=False))
        return active

    def on_resize(self, event: events.Resize) -> None:
        # the first size is the one that the footer was made for
        if event.size.width != self._footed:
            if self._footed:
                self.refresh_bindings()
                self.fit()
            self._footed = event.size.width

    def fit(self) -> None:
        """Draw anew what was made for another width; called when the page has become another."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What changes something is not offered while only watching."""
        if action in _CHANGING and self.app.has_class(READ_ONLY):
            return False
        return super().check_action(action, parameters)

    def on_screen_resume(self, _: events.ScreenResume) -> None:
        # a covered page's workers would go on otherwise, and so would its bytes over the line
        self.attempt(self.watch_world, WATCH)

    def on_screen_suspend(self, _: events.ScreenSuspend) -> None:
        self.workers.cancel_group(self, WATCH)

    async def on_prune(self, event: Prune) -> None:
        # Textual ends a page's workers after its parts: one that woke in between would miss them
        cancel_workers(self)

    async def watch_world(self) -> None:
        """Look at what this page shows until cancelled; started anew whenever it comes on top."""

    def attempt(self, work: Work, group: str) -> None:
        """Carry out something that may take time; a failure becomes words."""

        async def guarded() -> None:
            await self._guard(work)

        _: Worker[None] = self.run_worker(
            guarded, name=group, group=group, exclusive=True, exit_on_error=False
        )

    async def _guard(self, work: Work) -> None:
        try:
            await work()
        except ActuiError as failure:
            self.say(failure.message, severity="error")
        except Exception as bug:
            # its text may hold a value of somebody's, so only the kind of mistake is shown
            self.say(f"actui met a bug here ({type(bug).__name__}).", severity="error")

    def say(self, sentence: str, *, severity: str = "information") -> None:
        """Tell something in passing."""
        level = "error" if severity == "error" else "information"
        self.notify(plain(sentence), severity=level, markup=False)  # type: ignore[arg-type]

    def text(self) -> str:
        """The page's text, to copy."""
        shown = [line.text for line in self.query(TextLine) if line.text and line.is_on_screen]
        return "\n".join(shown)

    def action_to_clipboard(self) -> None:
        """Send what the page tells to the terminal's clipboard."""
        if text := self.text():
            self.app.copy_to_clipboard(text)

    def action_leave(self) -> None:
        """Go back one page."""
        self.dismiss()

    def action_show_help(self) -> None:
        """Show the keys of this page."""
        from screens.dialogs.help import HelpScreen  # noqa: PLC0415  help is itself a page

        focused = type(self.focused) if self.focused is not None else None
        self.app.push_screen(HelpScreen(self, focused))


class TextLine(Static):
    """A piece of text, painted again only when it became another; `fixed` = of a given size."""

    def __init__(
        self, text: str = "", *, id: str | None = None, classes: str = "", fixed: bool = False
    ) -> None:
        super().__init__(lines(text), id=id, classes=classes, markup=False)
        self.text = text
        self._fixed = fixed
        self._hide_empty()

    def put(self, text: str) -> None:
        """Show another text."""
        if text != self.text:
            self.text = text
            # a place that keeps its size needs no new layout, which costs bytes
            self.update(lines(text), layout=not (self._fixed or self._fits(text)))
            self._hide_empty()

    def _fits(self, text: str) -> bool:
        """Whether the text takes exactly the rows that there are."""
        width, rows = self.content_size
        return width > 0 and len(lines(text).wrap(self.app.console, width)) == rows

    def _hide_empty(self) -> None:
        if not self._fixed:
            self.set_class(not self.text, "-empty")


class ListTable(DataTable[object]):
    """A table of rows to choose from, with the keys that lists have everywhere."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, tooltip="Next row", id="list.down"),
        Binding("k", "cursor_up", "Up", show=False, tooltip="Row before", id="list.up"),
        Binding("h", "scroll_left", "Left", show=False, tooltip="Scroll left", id="list.left"),
        Binding("l", "scroll_right", "Right", show=False, tooltip="Scroll right", id="list.right"),
        Binding("g", "scroll_top", "First", show=False, tooltip="First row", id="list.first"),
        Binding("G", "scroll_bottom", "Last", show=False, tooltip="Last row", id="list.last"),
        Binding(
            "ctrl+d", "page_down", "Page", show=False, tooltip="A page down", id="list.page-down"
        ),
        Binding("ctrl+u", "page_up", "Page up", show=False, tooltip="A page up", id="list.page-up"),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, cursor_type="row", zebra_stripes=False, cell_padding=1)

    def fill(
        self,
        columns: Iterable[tuple[str, int | None]],
        rows: Iterable[tuple[str, Iterable[Text]]],
    ) -> None:
        """Show other columns, by heading and width, and other rows, by key; the first is chosen."""
        self.clear(columns=True)
        for heading, width in columns:
            self.add_column(shown(heading), width=width)
        for key, cells in rows:
            self.add_row(*cells, key=key)

    def keep_place(self, fill: Callable[[], None]) -> None:
        """Fill the table anew with the same rows; the cursor stays where it is."""
        at = self.cursor_row
        fill()
        self.move_cursor(row=at)

    @property
    def chosen(self) -> str | None:
        """The key of the row under the cursor."""
        if not self.is_valid_row_index(self.cursor_row):
            return None
        return self.ordered_rows[self.cursor_row].key.value


class ChoiceList(OptionList):
    """A list of lines to choose from, with the same keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, tooltip="Next line", id="choice.down"),
        Binding("k", "cursor_up", "Up", show=False, tooltip="Line before", id="choice.up"),
        Binding("g", "first", "First", show=False, tooltip="First line", id="choice.first"),
        Binding("G", "last", "Last", show=False, tooltip="Last line", id="choice.last"),
        Binding(
            "ctrl+d", "page_down", "Page", show=False, tooltip="A page down", id="choice.page-down"
        ),
        Binding(
            "ctrl+u", "page_up", "Page up", show=False, tooltip="A page up", id="choice.page-up"
        ),
    ]
    # a move of the cursor repaints two lines; Textual's own repaints the list, some 3 kB
    highlighted: reactive[int | None] = reactive(None, repaint=False)

    def watch_highlighted(self, before: int | None, after: int | None) -> None:  # type: ignore[override]
        """Repaint the lines that the cursor left and came to."""
        for index in (before, after):
            line = None if index is None else first_line(self, index)
            if line is not None and index is not None:
                top = line - self.scroll_offset.y + self.gutter.top
                self.refresh(Region(0, top, self.size.width, line_count(self, index)))
        super().watch_highlighted(after)
