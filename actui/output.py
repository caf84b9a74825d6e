"""The output of every command, filtered so that no text from outside can act on the terminal.

Names, addresses, answers, file names and variables may hold escape sequences. Everything that is
printed passes here, also by argparse, logging or a library: characters that act on a terminal are
removed from text, and written as escapes if the command prints JSON. Only line ends and tabs stay.
`send_control` sends what is meant to act.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from actui.model.characters import ACTING, escaped

_STAYS = "\n\t"


class _SafeStream:
    """A text stream without characters that act on a terminal."""

    def __init__(self, stream: IO[str], *, as_json: bool) -> None:
        self._safe_inner = stream
        self._replace = _as_escape if as_json else _as_nothing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._safe_inner, name)

    def write(self, text: str) -> int:
        self._safe_inner.write(ACTING.sub(self._replace, text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def send_control(self, text: str) -> None:
        """Write a terminal's control sequence of actui's own."""
        self._safe_inner.write(text)


def _as_nothing(found: re.Match[str]) -> str:
    return found[0] if found[0] in _STAYS else ""


def _as_escape(found: re.Match[str]) -> str:
    return found[0] if found[0] in _STAYS else escaped(found[0])


def send_control(stream: IO[str], text: str) -> None:
    """Write a control sequence of actui's own, never a text from outside."""
    getattr(stream, "send_control", stream.write)(text)


@contextmanager
def safe_output(*, as_json: bool) -> Iterator[None]:
    """Within the block, everything printed is filtered; with `as_json`, stdout is JSON."""
    before = sys.stdout, sys.stderr
    # a stream that was closed is None, and is replaced by whoever needs one
    out = _SafeStream(sys.stdout, as_json=as_json) if sys.stdout else None
    err = _SafeStream(sys.stderr, as_json=False) if sys.stderr else None
    sys.stdout, sys.stderr = cast("Any", out), cast("Any", err)
    try:
        yield
    finally:
        if sys.stdout is out:
            sys.stdout = before[0]
        if sys.stderr is err:
            sys.stderr = before[1]
