"""The console in a real pseudo-terminal, as a person has it."""

from __future__ import annotations

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
from collections.abc import Mapping
from types import TracebackType

ENTER, ESCAPE, DOWN, F5, CTRL_Q, CTRL_Z = "\r", "\x1b", "\x1b[B", "\x1b[15~", "\x11", "\x1a"
F6 = "\x1b[17~"
_LIMIT = 30.0
# a new session has no terminal yet; the hang-up goes to the one that took it
_OWN_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execv(sys.argv[1], sys.argv[1:])"
)
_SEQUENCES = re.compile(
    rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[P_^][^\x1b]*\x1b\\|\x1b\[[0-?]*[ -/]*[@-~]|\x1b."
)
_COLOURS = re.compile(rb"\x1b\[[\d;]*[34]8;[25];")


class Terminal:
    """`actui` on a pseudo-terminal that is its controlling one; a context manager that ends it."""

    def __init__(
        self, environ: Mapping[str, str], *words: str, columns: int = 80, rows: int = 24
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        terminal = {"LANG": "C.UTF-8", **environ}
        if terminal.get("TERM") in (None, "dumb"):
            terminal["TERM"] = "xterm-256color"

        self.process = subprocess.Popen(
            [sys.executable, "-c", _OWN_TERMINAL, sys.executable, "-P", "-m", "actui", *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=terminal,
            start_new_session=True,
        )
        os.close(slave)
        self._new = b""
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
        """Wait until the text was painted since the last key; fails after a minute without it."""
        end = time.monotonic() + _LIMIT
        while text not in self._words():
            assert self._read(end - time.monotonic()), f"never showed {text!r}:\n{self._words()}"

    def press(self, *keys: str) -> None:
        """Type keys; what was painted before does not count any more."""
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

    def hang_up(self) -> None:
        """Close the terminal, as a dropped line does: the console receives SIGHUP."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def ended(self) -> int:
        """Wait for the end of the console; its exit code."""
        end = time.monotonic() + _LIMIT
        while self.process.poll() is None and self._read(min(0.2, end - time.monotonic()), True):
            pass
        return self.process.wait(max(end - time.monotonic(), 0.1))

    @property
    def colours(self) -> bool:
        """Whether a colour of the large palettes was sent since the last key."""
        return bool(_COLOURS.search(self._new))

    @property
    def left_the_alternate_screen(self) -> bool:
        """Whether the shell's own screen was called back since the last key."""
        return b"\x1b[?1049l" in self._new

    def _words(self) -> str:
        return _SEQUENCES.sub(b"", self._new).decode(errors="replace")

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
        return bool(got)
