"""Text for widgets: whatever it holds is shown and never acts as markup."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from actui.console.formatting import plain


def shown(text: str, style: str = "") -> Text:
    """One line of text from outside."""
    return Text(plain(text), style=style, no_wrap=True, overflow="ellipsis", end="")


def lines(text: str) -> Text:
    """Several lines of our own composition around text from outside; long ones wrap."""
    return Text("\n".join(plain(line) for line in text.split("\n")), end="")


def fitted(room: int, texts: Sequence[tuple[str, ...]]) -> list[int]:
    """Widths of columns in as many cells, for a name, its description and perhaps a goal.

    A name is cut only where it would take more than half; the description takes the rest, and next
    to a goal no more than it needs, or the goal would stand far from its row's beginning.
    """
    person, message, *goal = (max(map(cell_len, column)) for column in zip(*texts, strict=True))
    goal = [min(one, room // 5) for one in goal]
    room -= sum(goal)
    person = min(person, max(room // 2, room - message))
    rest = max(room - person, 10)
    return [person, min(message, rest) if goal else rest, *goal]
