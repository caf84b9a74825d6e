"""The console in a real pseudo-terminal, as a person has it."""

from __future__ import annotations

import base64
import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from tests.canary import check
from tests.process import forked

ENTER, ESCAPE, DOWN, F5, CTRL_Q, CTRL_Z = "\r", "\x1b", "\x1b[B", "\x1b[15~", "\x11", "\x1a"
F6 = "\x1b[17~"
_NAMED = {"enter": ENTER, "escape": ESCAPE, "down": DOWN, "right": "\x1b[C", "tab": "\t"}
_NAMED |= {"f5": F5, "f6": F6, "f7": "\x1b[18~", "f8": "\x1b[19~", "f9": "\x1b[20~"}
_NAMED |= {"slash": "/", "question_mark": "?", "plus": "+", "space": " "}
_LIMIT = 30.0
_STILL = 0.4
"""So many seconds without a byte, and the page has been drawn."""
_REST = 0.01
"""Seconds to ask for what a process that has ended left in the terminal: it is there already."""
# a new session has no terminal yet; the hang-up goes to the one that took it
_OWN_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execv(sys.argv[1], sys.argv[1:])"
)
AN_INTERPRETER = ("-m", "actui")
_ON_FAKES = """
import os, sys
from actui.app.terminal import prepare_terminal
prepare_terminal(os.environ)
from actui.app.console_app import run_console
from tests.ui.screens.gallery import PAGES
sys.exit(run_console(PAGES[sys.argv[1]].home(), tour=lambda: 0))
"""
_SEQUENCES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[P_^][^\x1b]*\x1b\\"
    r"|\x1b\[(?P<numbers>[0-?]*)[ -/]*(?P<does>[@-~])|\x1b[^\[\]P_^]"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]P_^][^\x07\x1b]*)?$")
_COPIES = re.compile(rb"\x1b\]52;c;([\w+/=]*)\x07")
_COLOURS = re.compile(rb"\x1b\[[\d;]*[34]8;[25];")


def typed(key: str) -> str:
    """What a terminal sends for a key that goes by one of Textual's names."""
    if key.startswith("ctrl+"):
        return chr(ord(key.removeprefix("ctrl+")) & 0x1F)
    return _NAMED.get(key, key)


class Glass:
    """What a person sees: the text that a terminal has made of what it was sent."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""
        self.clear()

    def clear(self) -> None:
        """Show nothing."""
        self._cells = [[" "] * self.columns for _ in range(self.rows)]
        self._x = self._y = 0

    @property
    def text(self) -> str:
        """Its lines."""
        return "\n".join("".join(row).rstrip() for row in self._cells)

    def take(self, sent: bytes) -> None:
        """Draw what was sent; a sequence may be cut anywhere."""
        text = self._rest + self._decoder.decode(sent)
        cut = _UNFINISHED.search(text)
        self._rest = text[cut.start() :] if cut else ""
        end = 0
        text = text[: len(text) - len(self._rest)]
        for found in _SEQUENCES.finditer(text):
            self._draw(text[end : found.start()])
            self._obey(found["does"] or "", found["numbers"] or "")
            end = found.end()
        self._draw(text[end:])

    def _obey(self, does: str, numbers: str) -> None:
        if does == "H":
            y, _, x = numbers.partition(";")
            self._x, self._y = int(x or 1) - 1, int(y or 1) - 1
        elif does == "C":
            self._x += int(numbers or 1)
        elif numbers == "?1049" or (does, numbers) == ("J", "2"):
            self.clear()

    def _draw(self, text: str) -> None:
        for letter in text:
            if letter == "\n":
                self._x, self._y = 0, self._y + 1
            elif letter >= " " and not unicodedata.combining(letter):
                if self._x >= self.columns:
                    self._x, self._y = 0, self._y + 1
                if self._x < self.columns and self._y < self.rows:
                    self._cells[self._y][self._x] = letter
                self._x += 2 if unicodedata.east_asian_width(letter) in "WF" else 1


class Terminal:
    """`actui` on a pseudo-terminal that is its controlling one; a context manager that ends it.

    `program` are the arguments of an interpreter of its own, such as `AN_INTERPRETER`.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *words: str,
        columns: int = 80,
        rows: int = 24,
        program: Sequence[str] = (),
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        terminal = {"LANG": "C.UTF-8", **environ}
        if terminal.get("TERM") in (None, "dumb"):
            terminal["TERM"] = "xterm-256color"

        self.process: subprocess.Popen[bytes] | forked.Forked
        if program:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _OWN_TERMINAL, sys.executable, "-P", *program, *words],
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env=terminal,
                start_new_session=True,
            )
        else:
            self.process = forked.Forked(
                words, terminal, streams=(slave, slave, slave), first=forked.take_terminal
            )
        os.close(slave)
        self._new = b""
        self._glass = Glass(columns, rows)
        self.received = 0

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.hang_up()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def shows(self, text: str) -> None:
        """Wait until the text is on the screen; fails after a while without it."""
        end = time.monotonic() + _LIMIT
        while text not in self.text:
            assert self._read(end - time.monotonic()), f"never showed {text!r}:\n{self.text}"

    def is_gone(self, text: str) -> None:
        """Wait until the text has left the screen."""
        end = time.monotonic() + _LIMIT
        while text in self.text:
            still = self._read(end - time.monotonic(), quiet_is_fine=True)
            assert still, f"stays: {text!r}\n{self.text}"

    def press(self, *keys: str) -> None:
        """Type keys."""
        self._new = b""
        for key in keys:
            os.write(self._master, key.encode())

    def type_bytes(self, raw: bytes) -> None:
        """Send bytes as they are."""
        os.write(self._master, raw)

    def within(self, seconds: float) -> int:
        """How many bytes come in so many seconds."""
        before, end = self.received, time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self._read(left, quiet_is_fine=True):
            pass
        return self.received - before

    def settles(self) -> None:
        """Wait until nothing comes any more."""
        while self.within(_STILL):
            pass

    def hang_up(self) -> None:
        """Close the terminal, as a dropped line does: the console receives SIGHUP."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def ended(self) -> int:
        """Wait for the end of the console and read what it wrote last; its exit code."""
        end = time.monotonic() + _LIMIT
        while self.process.poll() is None and self._read(min(0.2, end - time.monotonic()), True):
            pass
        code = self.process.wait(max(end - time.monotonic(), 0.1))
        while self._read(_REST):
            pass
        return code

    @property
    def colours(self) -> bool:
        """Whether a colour of the large palettes was sent since the last key."""
        return bool(_COLOURS.search(self._new))

    @property
    def clipboard(self) -> list[str]:
        """Each text that was sent to the clipboard since the last key."""
        return [base64.b64decode(one).decode() for one in _COPIES.findall(self._new)]

    @property
    def left_the_alternate_screen(self) -> bool:
        """Whether the shell's own screen was called back since the last key."""
        return b"\x1b[?1049l" in self._new

    @property
    def text(self) -> str:
        """What is on the screen."""
        return self._glass.text

    def _read(self, seconds: float, quiet_is_fine: bool = False) -> bool:
        if self._master < 0 or seconds <= 0:
            return False
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return quiet_is_fine
        try:
            got = os.read(self._master, 65536)
        except OSError:  # the other side is gone
            return False
        self.received += len(got)
        self._new += got
        check(self._new, "the terminal")
        self._glass.take(got)
        return bool(got)


def on_fakes(page: str) -> Terminal:
    """The console on the home of a page of the gallery."""
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    return Terminal(environ, page, program=("-c", _ON_FAKES))
