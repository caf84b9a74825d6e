"""Text for widgets: whatever it holds is shown and never acts as markup."""

from __future__ import annotations

from rich.text import Text

from actui.console.words import plain


def shown(text: str, style: str = "") -> Text:
    """One line of text from outside."""
    return Text(plain(text), style=style, no_wrap=True, overflow="ellipsis", end="")


def lines(text: str) -> Text:
    """Several lines of our own composition around text from outside; long ones wrap."""
    return Text("\n".join(plain(line) for line in text.split("\n")), end="")
