"""The console in tmux, with a shell around it: what a person types, and what can then be read."""

from __future__ import annotations

import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

import pytest

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed here")
PROMPT = "shell>"
_LIMIT = 40.0
_FAR = 60
_ASK_AGAIN = 0.1
_PARTS = re.compile(r"(\x1b\[[\d;]*m)")
_CURSOR_COLOUR = "48;5;32"
"""What Textual makes of reverse where there are colours, in its theme of first choice."""


class Tmux:
    """A tmux server of its own with one window; a context manager that ends it."""

    def __init__(
        self, place: Path, environ: Mapping[str, str], *, term: str = "tmux-256color"
    ) -> None:
        place.mkdir(exist_ok=True)
        self._place = place
        config = place / "tmux.conf"
        config.write_text(f'set -g default-terminal "{term}"\nset -g escape-time 0\n')
        self._tmux = ["tmux", "-S", str(place / "socket"), "-f", str(config)]
        shell = {**environ, "PS1": f"{PROMPT} ", "LANG": "C.UTF-8", "HOME": str(place)}
        shell.pop("TMUX", None)
        # since 3.6, tmux itself sets COLORTERM for what it starts
        bash = ["env", "-u", "COLORTERM", "bash", "--norc", "--noprofile", "-i"]
        words = ["new-session", "-d", "-x", "80", "-y", "24", *bash]
        subprocess.run([*self._tmux, *words], env=shell, check=True)
        self.shows(PROMPT)

    def __enter__(self) -> Tmux:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)

    def _do(self, *words: str) -> str:
        done = subprocess.run([*self._tmux, *words], check=True, capture_output=True, text=True)
        return done.stdout

    def start(self) -> None:
        """Type the command that opens the console; its exit code is told after it."""
        self.type(f"{sys.executable} -P -m actui; echo it ended with $?")
        self.press("Enter")

    # reading

    @property
    def screen(self) -> str:
        """What can be read."""
        return self._do("capture-pane", "-p")

    @property
    def coloured(self) -> str:
        """The same with its styles."""
        return self._do("capture-pane", "-p", "-e")

    @property
    def cursor(self) -> str:
        """The line under the cursor: by its colours, or in reverse or underlined without any."""
        under, found = False, ""
        for part in _PARTS.split(self.coloured):
            if part.startswith("\x1b"):
                codes = part[2:-1]
                if codes == _CURSOR_COLOUR or {"4", "7"} & set(codes.split(";")[:2]):
                    under = True
                elif codes in ("", "0", "24", "27", "49") or codes.startswith("48;"):
                    under = False
            elif under:
                found += part
            # a scrollbar is nothing but spaces and blocks
            for line in found.splitlines() if not under else ():
                if re.search(r"[^\s▁-█]", line):
                    return line.strip()
        return ""

    def shows(self, *texts: str) -> None:
        """Wait until texts are on the screen."""
        for text in texts:
            self._until(lambda text=text: text in self.screen, text)  # type: ignore[misc]

    def points_at(self, text: str) -> None:
        """Wait until the cursor of a list is on a line."""
        self._until(lambda: text in self.cursor, f"the cursor on {text}")

    def is_gone(self, text: str) -> None:
        """Wait until a text has left the screen."""
        self._until(lambda: text not in self.screen, f"without {text}")

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + _LIMIT
        while not holds():
            assert time.monotonic() < end, f"did not come about: {what}\n{self.screen}"
            self._wait()

    def _wait(self) -> None:
        select.select([], [], [], _ASK_AGAIN)

    def settles(self) -> str:
        """The screen, once it is the same twice."""
        before = ""
        while before != (now := self.coloured):
            before = now
            self._wait()
        return before

    # typing

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names."""
        self._do("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self._do("send-keys", "-l", text)

    def type_bytes(self, raw: bytes) -> None:
        """Send bytes as they are."""
        file = self._place / "bytes"
        file.write_bytes(raw)
        self._do("load-buffer", str(file))
        self._do("paste-buffer", "-r")

    def go(self, text: str, *keys: str) -> None:
        """Go down a list, over its end to its beginning, to a line, and press keys there."""
        for _ in range(_FAR):
            self.settles()
            if text in (before := self.cursor):
                self.press(*keys)
                return
            self.press("Down")
            self._until(lambda before=before: self.cursor != before, "a move")  # type: ignore[misc]
        raise AssertionError(f"no line {text!r}\n{self.screen}")

    def choose(self, title: str, wanted: str) -> None:
        """Answer a question by its search bar."""
        self.shows(title, "Search")
        self.settles()
        if "▌Search" not in self.screen:
            self.press("/")
            self.shows("▌Search")
        self.type(wanted)
        self.shows(f"▌{wanted}")
        self.settles()
        self.press("Enter")
        self.is_gone(f"▌{wanted}")

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size."""
        self._do("resize-window", "-x", str(columns), "-y", str(rows))

    def close(self) -> None:
        """Close the window, as a dropped line does."""
        self._do("kill-session")
