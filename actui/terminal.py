"""The terminal before Textual is imported, which reads the environment then, and when it is lost.

Nothing here imports Textual.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, MutableMapping
from time import sleep

_LAST_SECONDS = 3.0


def prepare_terminal(environ: MutableMapping[str, str]) -> str | None:
    """Make the environment fit; a sentence when no console can be shown here.

    To be called before anything imports Textual.
    """
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
