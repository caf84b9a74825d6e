"""Prepare the terminal before Textual is imported, and survive the loss of it.

Textual reads the environment when it is imported, so nothing here imports it.
"""

from __future__ import annotations

import base64
import errno
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from time import sleep
from typing import IO, Any, cast

from actui.output import send_control

_LAST_SECONDS = 3.0
_LONGEST_COPY = 74_994
"""Bytes of base64 text that terminals accept at once (screens/README.md §1)."""


_NOBODY_READS = (errno.EIO, errno.EPIPE, errno.ENXIO)
"""Errors of a write to a closed terminal, a pipe without a reader, or a line that hung up."""


class _LastingStream:
    """A text stream that discards what is written once nobody can read it any more."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as failure:
            self._go_on(failure)
            return len(text)

    def send_control(self, text: str) -> None:
        try:
            send_control(self._stream, text)
        except OSError as failure:
            self._go_on(failure)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as failure:
            self._go_on(failure)

    def _go_on(self, failure: OSError) -> None:
        if failure.errno not in _NOBODY_READS:
            raise failure
        discard_output(self._stream)


def discard_output(stream: IO[str]) -> None:
    """Discard what the stream still holds and everything that is written to it from now on."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


@contextmanager
def outlive_terminal() -> Iterator[None]:
    """Within the block, a closed terminal or broken pipe does not end the process.

    SIGHUP is ignored, here and in started processes; output is handled as in `lasting_output`.
    Outside the main thread signals are left alone, since Python cannot change them there.
    """
    if threading.current_thread() is not threading.main_thread():
        with lasting_output():
            yield
        return
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with lasting_output():
            yield
    finally:
        signal.signal(signal.SIGHUP, before)


@contextmanager
def lasting_output() -> Iterator[None]:
    """Within the block, output that nobody can read is discarded; other failures are raised."""
    out, err = _LastingStream(sys.stdout), _LastingStream(sys.stderr)
    with redirect_stdout(cast("IO[str]", out)), redirect_stderr(cast("IO[str]", err)):
        try:
            yield
        finally:
            out.flush()
            err.flush()


def drop_unread_output() -> None:
    """Discard what a lost terminal did not take; otherwise Python would exit with 120."""
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is not None:
            _LastingStream(stream).flush()


def takes_output(stream: IO[str]) -> bool:
    """Whether a write would succeed now, so that a line that hangs does not block the caller."""
    try:
        return bool(select.select([], [stream], [], 0)[1])
    except (OSError, ValueError):
        return False


def clipboard_codes(text: str, *, in_tmux: bool) -> str:
    """The control codes that copy text to the terminal's clipboard (OSC 52); empty if too long.

    tmux drops the plain form by default and passes its own form only if it is configured to, so
    both are sent there (screens/README.md §1).
    """
    message = base64.b64encode(text.encode("utf-8", "replace")).decode()
    if len(message) > _LONGEST_COPY:
        return ""
    plain = f"\x1b]52;c;{message}\x07"
    return f"{plain}\x1bPtmux;\x1b{plain}\x1b\\" if in_tmux else plain


def prepare_terminal(environ: MutableMapping[str, str]) -> str | None:
    """Adapt the environment; returns a sentence if this terminal cannot show the console.

    Call it before anything imports Textual.
    """
    if _has_known_size():
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


def _has_known_size() -> bool:
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
    """End this process once its terminal is gone although SIGHUP was ignored.

    A thread, because the event loop is blocked by then: its writer cannot write (screens/README.md
    §2).
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
