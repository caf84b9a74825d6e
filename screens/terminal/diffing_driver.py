"""Textual's driver for a slow line: it sends only what the terminal does not show already."""

from __future__ import annotations

import os
from typing import Any

from textual.drivers.linux_driver import LinuxDriver

from screens.terminal.frame_diff import FORGET, FrameDiff

_NEW_SCREEN = ("\x1b[?1049", FORGET)


class DiffingDriver(LinuxDriver):
    """Sends the differences between Textual's frames, each of which repaints whole regions.

    Opening a page costs Textual 15 to 40 kB at 80x24, most of it for what is on the screen already.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._shown = FrameDiff()
        self._seen_size: os.terminal_size | None = None
        super().__init__(*arguments, **options)

    def write(self, data: str) -> None:
        """Send what is new in a frame; anything that is not a frame is sent unchanged."""
        if data.startswith(_NEW_SCREEN):
            self._shown.forget()
        if not data.endswith("H"):
            super().write(data)
            return
        try:
            size = os.get_terminal_size(self.fileno)
        except OSError:  # the terminal is gone
            super().write(data)
            return
        if size != self._seen_size:
            # a terminal of another size has moved its text about
            self._seen_size = size
            self._shown.forget()
        if changes := self._shown.changes(data, *size):
            super().write(changes)
