"""What somebody types, and what stdin holds: text, or a sentence that it is none."""

from __future__ import annotations

import getpass
import sys

from actui.console.formatting import plain
from actui.model.errors import ConfigError


def ask(question: str) -> str:
    """The line that answers a question on stderr. Raises EOFError where nobody answers."""
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
    """Whether somebody at a terminal says yes. Raises ConfigError without a terminal."""
    if not sys.stdin.isatty():
        raise ConfigError(otherwise)
    return ask(f"{question} [y/N] ").lower() in ("y", "yes")


def ask_hidden(question: str) -> str:
    """What is typed without being shown. Raises ConfigError for bytes that are not UTF-8."""
    try:
        typed = getpass.getpass(plain(question))
        typed.encode()
    except UnicodeError:
        raise _no_text("What was typed") from None
    return typed


def read_stdin(what: str, most: int = -1) -> str:
    """All of stdin, or its first characters, as UTF-8 in every locale; `what` names it."""
    try:
        text = sys.stdin.read(most)
        text.encode()
    except UnicodeError:
        raise _no_text(what) from None
    return text


def _no_text(what: str) -> ConfigError:
    return ConfigError(f"{what} is not UTF-8 text.", code="not-text")
