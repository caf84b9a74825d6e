"""The Textual application: theme, command palette, signals and crash report."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePath
from typing import ClassVar

from textual import events
from textual.actions import parse
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.driver import Driver
from textual.filter import LineFilter
from textual.screen import Screen
from textual.theme import Theme
from textual.widgets import Input

import screens
from actui import exitcodes
from actui.app.terminal import clipboard_codes, watch_for_loss
from actui.console.formatting import plain
from actui.console.ports import Services
from actui.console.read_only import ReadOnly
from actui.console.workbench import Workbench
from actui.model.errors import ActuiError
from actui.model.settings import Settings
from screens.base import HEIGHTS, READ_ONLY, TOURING, WIDTHS, ActuiScreen
from screens.connection_list import TOUR, ConnectionsScreen
from screens.dialogs.confirm import ConfirmScreen
from screens.dialogs.help import bindings_of
from screens.goals_panel import GoalsPanel
from screens.settings_page import SettingsScreen
from screens.terminal.ascii_filter import AsciiFilter
from screens.terminal.escape_decoder import EscapeDecoder
from screens.terminal.frame_diff import FORGET
from screens.terminal.input_serializer import InputSerializer
from screens.terminal.textual_internals import (
    GuardedApp,
    is_forwarded,
    locate_all,
    replace_input_decoder,
)

PAGE_STYLES = sorted(Path(screens.__file__).parent.rglob("*.tcss"))
"""The styles of all pages, loaded together: Textual parses all of them again for each page that
adds its own."""
_COLOURLESS = "ansi-dark"
_TYPED = (events.Key, events.Paste, events.MouseDown, events.MouseUp)
"""Events of input, which are handled one after the other."""


class ConsoleApp(GuardedApp[str]):
    """The console; with `own_terminal` it also handles signals and a lost terminal."""

    TITLE = "actui"
    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = ["app.tcss", *PAGE_STYLES]
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "q,ctrl+q",
            "quit",
            "Quit",
            key_display="^q",
            show=False,
            tooltip="Leave; runs go on",
            id="app.quit",
        ),
        Binding(
            "ctrl+z",
            "suspend_process",
            "Suspend",
            show=False,
            tooltip="Back to the shell; fg returns",
            id="app.suspend",
        ),
        Binding(
            "f9",
            "settings",
            "Settings",
            show=False,
            tooltip="Theme, speed and where secrets are kept",
            id="app.settings",
        ),
        Binding(
            "ctrl+l",
            "redraw",
            "Redraw",
            show=False,
            tooltip="Draw the screen anew after something else wrote on it",
            id="app.redraw",
        ),
    ]

    def __init__(
        self,
        services: Services,
        *,
        ascii_only: bool = False,
        read_only: bool = False,
        touring: bool = False,
        own_terminal: bool = False,
    ) -> None:
        super().__init__(driver_class=_diffing_driver() if own_terminal else None)
        # over a slow line what moves on its way arrives late and costs as much as the text itself
        self.animation_level = "none"
        self._services = ReadOnly(services) if read_only else services
        self._workbench = Workbench(self._services, ascii_only=ascii_only)
        self._own_terminal = own_terminal
        self._typing = InputSerializer(self, super().on_event)
        self.theme = _theme(services.home.settings, self.available_themes)
        self._ascii_only = ascii_only
        self.set_class(ascii_only, "-ascii")
        self.set_class(read_only, READ_ONLY)
        self.set_class(touring, TOURING)
        self.set_class(self.theme != _COLOURLESS, "-colour")

    def on_mount(self) -> None:
        if self._own_terminal:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGHUP, signal.SIGTERM):
                loop.add_signal_handler(number, self.exit)
            watch_for_loss()
        self.theme_changed_signal.subscribe(self, self._keep_theme)
        self.screen_change_signal.subscribe(self, self._watch_layout, immediate=True)
        # the shell has written on the screen meanwhile
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())
        self.push_screen(ConnectionsScreen(self._workbench))

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, _TYPED) and not is_forwarded(event):
            await self._typing.take(event)
        else:
            await super().on_event(event)

    def _watch_layout(self, page: Screen[object]) -> None:
        # a page changes to being on top again and again
        page.screen_layout_refresh_signal.unsubscribe(self)
        page.screen_layout_refresh_signal.subscribe(self, locate_all, immediate=True)

    def _keep_theme(self, theme: Theme) -> None:
        """Store a theme that the user chose, unless settings or NO_COLOR disable colors."""
        self.set_class(theme.name != _COLOURLESS, "-colour")
        forced = _theme(self._services.home.settings, self.available_themes) == _COLOURLESS
        if forced or theme.name == self._services.home.settings.theme:
            return
        try:
            self._services.home.change_settings({"theme": theme.name})
        except ActuiError as failure:
            self.notify(plain(failure.message), severity="error", markup=False)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """With --ascii, everything is redrawn in ASCII, including Textual's own lines."""
        filters = super().get_line_filters()
        return [*filters, AsciiFilter()] if self._ascii_only else filters

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Stop the cursor from blinking: each blink sends bytes, forever."""
        if isinstance(event.widget, Input):
            event.widget.cursor_blink = False

    def action_redraw(self) -> None:
        """Draw the whole screen, whatever the terminal shows."""
        if self._own_terminal:
            self.write_codes(FORGET)
        self.screen.refresh(layout=True)

    def copy_to_clipboard(self, text: str) -> None:
        """Send text to the terminal's clipboard; a terminal does not say whether it took it."""
        self.keep_clipboard(text)
        if isinstance(self.focused, Input) and self.focused.password:
            return  # a secret stays within the console
        codes = clipboard_codes(text, in_tmux="TMUX" in os.environ)
        if not codes:
            message = "This is too long for a terminal's clipboard; on outcomes x writes a file."
            self.notify(message, severity="error", markup=False)
        elif self.write_codes(codes):
            self.notify("Sent to your terminal's clipboard.", markup=False)

    def action_settings(self) -> None:
        """Show the settings once, also over an open pop-up."""
        if not any(isinstance(page, SettingsScreen) for page in self.screen_stack):
            self.push_screen(SettingsScreen(self._workbench))

    async def action_quit(self) -> None:
        """Leave, after a question if something is not saved."""
        if any(isinstance(page, ActuiScreen) and page.is_dirty for page in self.screen_stack):
            if not isinstance(self.screen, ConfirmScreen):
                question = ConfirmScreen(
                    "What you typed is not saved.", do="Quit without saving", keep="Stay"
                )
                self.push_screen(question, lambda yes: self.exit() if yes else None)
            return
        self.exit()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every action of the page, but not Screenshot, which writes people's data to a file."""
        for node in _acting(screen):
            for binding in bindings_of(type(node)):
                _, action, parameters = parse(binding.action)
                if not _is_cursor(binding) and node.check_action(action, parameters):
                    yield SystemCommand(
                        binding.description, binding.tooltip, self._doing(binding.action, node)
                    )
        yield SystemCommand("Settings", "Theme, speed and secrets", self.action_settings)
        for command in super().get_system_commands(screen):
            if command.title in ("Theme", "Quit"):
                yield command

    def _doing(self, action: str, node: DOMNode) -> Callable[[], None]:
        def do() -> None:
            self.call_later(self.run_action, action, node)

        return do

    def crash_report(self) -> str:
        """The lines of the traceback without local variables, which may hold a secret."""
        kind, _, trace = sys.exc_info()
        lines = [f"actui met a bug ({kind.__name__ if kind else 'unknown'}). Runs go on."]
        lines += [
            f"  {frame.filename}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(trace)
        ]
        return "\n".join(lines)


def _acting(screen: Screen[object]) -> list[DOMNode]:
    """The page, and those of its parts whose actions do not need a selected line."""
    panels = [panel for panel in screen.query(GoalsPanel) if panel.display]
    focused = screen.focused
    if focused is None or focused in panels:
        return [screen, *panels]
    return [screen, *panels, focused]


def _is_cursor(binding: Binding) -> bool:
    """Whether a binding only moves a cursor; the command palette omits such bindings."""
    return (binding.id or "").startswith(("list.", "choice.", "form.space"))


def _theme(settings: Settings, known: Iterable[str]) -> str:
    if os.environ.get("NO_COLOR") or settings.colour == "never":
        return _COLOURLESS
    return settings.theme if settings.theme in known else Settings().theme


def _diffing_driver() -> type[Driver]:
    from screens.terminal.diffing_driver import DiffingDriver  # noqa: PLC0415  only where a terminal is driven

    return DiffingDriver


def run_console(
    services: Services,
    *,
    tour: Callable[[], int],
    ascii_only: bool = False,
    read_only: bool = False,
    touring: bool = False,
) -> int:
    """Show the console until the user leaves it or opens the tour; returns the exit code.

    Call `actui.app.terminal.prepare_terminal` first, before this module is imported.
    """
    replace_input_decoder(EscapeDecoder)
    app = ConsoleApp(
        services, ascii_only=ascii_only, read_only=read_only, touring=touring, own_terminal=True
    )
    if app.run() == TOUR:
        return tour()
    # None and 1 are how Textual ends when something broke inside it
    return exitcodes.OK if app.return_code == 0 else exitcodes.BUG
