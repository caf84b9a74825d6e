"""The terminal before Textual is imported, which reads the environment then, and when it is lost.

Nothing here imports Textual.
"""

from __future__ import annotations

import base64
import os
import signal
import sys
import threading
from collections.abc import Callable, MutableMapping
from time import sleep

_LAST_SECONDS = 3.0
_LONGEST_COPY = 74_994
"""Bytes of text in base64 that terminals take at once (terminal.md §1.1)."""


def clipboard_codes(text: str, *, in_tmux: bool) -> str:
    """What puts text on the clipboard of the terminal at the other end of the line (OSC 52).

    An empty text where it is too long. tmux drops the plain form by default and lets its own form
    through only where it is configured so, so both are sent there (terminal.md §1.3).
    """
    told = base64.b64encode(text.encode("utf-8", "replace")).decode()
    if len(told) > _LONGEST_COPY:
        return ""
    plain = f"\x1b]52;c;{told}\x07"
    return f"{plain}\x1bPtmux;\x1b{plain}\x1b\\" if in_tmux else plain


def prepare_terminal(environ: MutableMapping[str, str]) -> str | None:
    """Make the environment fit; a sentence when no console can be shown here.

    To be called before anything imports Textual.
    """
    if _tells_its_size():
        for size in ("COLUMNS", "LINES"):
            # an exported one would be believed instead of the terminal, also when that is resized
            environ.pop(size, None)
    if environ.get("NO_COLOR") == "":
        # Textual takes an empty one for a wish, which no-color.org says it is not
        del environ["NO_COLOR"]
    if environ.get("NO_COLOR"):
        # with any other theme Textual sends shades of grey, which are colours too
        environ["TEXTUAL_THEME"] = "ansi-dark"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return "The console needs a terminal; `actui --help` lists what works without one."
    return None


def _tells_its_size() -> bool:
    try:
        return min(os.get_terminal_size(sys.stderr.fileno())) > 0
    except (OSError, ValueError):
        return False


def watch_for_loss(
    *,
    lost: Callable[[], bool] = lambda: not os.isatty(0),
    every: float = 1.0,
    last_seconds: float = _LAST_SECONDS,
) -> threading.Thread:
    """End this process when its terminal is gone although SIGHUP was ignored.

    A thread, because the event loop is blocked by then: its writer cannot write (terminal.md §1.4).
    """

    def watch() -> None:
        while not lost():
            sleep(every)
        os.kill(os.getpid(), signal.SIGTERM)
        sleep(last_seconds)
        os._exit(0)

    thread = threading.Thread(target=watch, name="terminal-watch", daemon=True)
    thread.start()
    return thread
