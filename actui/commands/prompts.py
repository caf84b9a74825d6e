"""Read answers from a terminal and text from stdin, as UTF-8."""

from __future__ import annotations

import getpass
import sys

from actui.console.formatting import plain
from actui.model.errors import ConfigError


def ask(question: str) -> str:
    """The line typed after a question on stderr. Raises EOFError at the end of the input."""
    print(plain(question), end="", file=sys.stderr, flush=True)
    try:
        line = sys.stdin.readline()
        line.encode()
    except UnicodeError:
        raise _no_text("What was typed") from None
    if not line:
        raise EOFError
    return line.strip()


def confirmed(question: str, otherwise: str) -> bool:
    """Whether the user at the terminal says yes. Raises ConfigError without a terminal."""
    if not sys.stdin.isatty():
        raise ConfigError(otherwise)
    return ask(f"{question} [y/N] ").lower() in ("y", "yes")


def ask_hidden(question: str) -> str:
    """The line typed without echo. Raises ConfigError for bytes that are not UTF-8."""
    try:
        typed = getpass.getpass(plain(question))
        typed.encode()
    except UnicodeError:
        raise _no_text("What was typed") from None
    return typed


def read_stdin(what: str, most: int = -1) -> str:
    """All of stdin, or its first `most` characters, as UTF-8 in every locale; `what` names it.

    Raises ConfigError for bytes that are not UTF-8.
    """
    try:
        text = sys.stdin.read(most)
        text.encode()
    except UnicodeError:
        raise _no_text(what) from None
    return text


def _no_text(what: str) -> ConfigError:
    return ConfigError(f"{what} is not UTF-8 text.", code="not-text")
