"""The roof over the pages: theme, commands, signals, and what happens when something breaks."""

from __future__ import annotations

import asyncio
import codecs
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from actui import exitcodes
from actui.console.ports import Services
from actui.console.workbench import Workbench
from actui.model.settings import Settings
from actui.terminal import watch_for_loss
from screens.base import ActuiScreen
from screens.confirm import ConfirmScreen
from screens.connections import TOUR, ConnectionsScreen
from screens.help import bindings_of

_COLOURLESS = "ansi-dark"


class ConsoleApp(App[str]):
    """The console; `own_terminal` also makes it answer signals and a lost terminal."""

    TITLE = "actui"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,ctrl+q", "quit", "Quit", tooltip="Leave; runs go on", id="app.quit"),
        Binding(
            "ctrl+z",
            "suspend_process",
            "Suspend",
            show=False,
            tooltip="Back to the shell; fg returns",
            id="app.suspend",
        ),
    ]

    def __init__(
        self, services: Services, *, ascii_only: bool = False, own_terminal: bool = False
    ) -> None:
        super().__init__()
        self._workbench = Workbench(services, ascii_only=ascii_only)
        self._own_terminal = own_terminal
        self.theme = _theme(services.settings, self.available_themes)
        self.set_class(ascii_only, "-ascii")
        self.set_class(self.theme != _COLOURLESS, "-colour")

    def on_mount(self) -> None:
        if self._own_terminal:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGHUP, signal.SIGTERM):
                loop.add_signal_handler(number, self.exit)
            watch_for_loss()
        self.push_screen(ConnectionsScreen(self._workbench))

    async def action_quit(self) -> None:
        """Leave, after a question when something typed is not saved."""
        if any(isinstance(page, ActuiScreen) and page.is_dirty for page in self.screen_stack):
            if not isinstance(self.screen, ConfirmScreen):
                question = ConfirmScreen(
                    "What you typed is not saved.", do="Quit without saving", keep="Stay"
                )
                self.push_screen(question, lambda yes: self.exit() if yes else None)
            return
        self.exit()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every action of the page; without Screenshot, which writes people's data to a file."""
        for binding in bindings_of(type(screen)):
            if screen.check_action(binding.action, ()):
                yield SystemCommand(
                    binding.description, binding.tooltip, self._doing(binding.action, screen)
                )
        for command in super().get_system_commands(screen):
            if command.title in ("Theme", "Quit"):
                yield command

    def _doing(self, action: str, screen: Screen[object]) -> Callable[[], None]:
        def do() -> None:
            self.call_later(self.run_action, action, screen)

        return do

    def _fatal_error(self) -> None:
        """Tell where it broke; Textual would print local variables, which may hold a secret."""
        self.bell()
        kind, _, trace = sys.exc_info()
        told = [f"actui met a bug ({kind.__name__ if kind else 'unknown'}). Runs go on."]
        told += [
            f"  {frame.filename}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(trace)
        ]
        self._exit_renderables.append(Text("\n".join(told)))
        self._close_messages_no_wait()


def _theme(settings: Settings, known: Iterable[str]) -> str:
    if os.environ.get("NO_COLOR") or settings.colour == "never":
        return _COLOURLESS
    return settings.theme if settings.theme in known else Settings().theme


def _forgive_input() -> None:
    """Let a byte that is not UTF-8 become a replacement character; Textual would end (1.2)."""
    from textual.drivers import linux_driver  # noqa: PLC0415  only where a terminal is driven

    def decoder(encoding: str) -> Callable[[], codecs.IncrementalDecoder]:
        made = codecs.getincrementaldecoder(encoding)
        return lambda: made(errors="replace")

    vars(linux_driver)["getincrementaldecoder"] = decoder


def run_console(services: Services, *, tour: Callable[[], int], ascii_only: bool = False) -> int:
    """Show the console until somebody leaves it, or leaves it for the tour; its exit code.

    `actui.terminal.prepare_terminal` comes first, before this module is imported.
    """
    _forgive_input()
    app = ConsoleApp(services, ascii_only=ascii_only, own_terminal=True)
    if app.run() == TOUR:
        return tour()
    # None and 1 are how Textual ends when something broke inside it
    return exitcodes.OK if app.return_code == 0 else exitcodes.BUG
