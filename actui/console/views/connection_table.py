"""The table of connections as text: its columns, rows, orders and search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from textwrap import wrap

from actui.console.formatting import ASCII, Glyphs, plain, state_words
from actui.console.forms.schedule_form import due_words, next_run, next_run_cell
from actui.console.overviews import Overview
from actui.console.views.run import last_run
from actui.console.views.status_arrows import ArrowState

NARROW, WIDE = 80, 100
"""Columns under which the next run is left to the foot line, and from which labels are shown."""
_FIXED = 64  # all columns but name and labels, with a space on both sides, and the scrollbar
_NAME, _LONG_NAME = 16, 40
_NEVER = datetime.max.replace(tzinfo=UTC)
_URGENT: dict[ArrowState, int] = {
    ArrowState.DAMAGED: 0,
    ArrowState.FAILED: 1,
    ArrowState.INCOMPLETE: 2,
    ArrowState.RUNNING: 3,
    ArrowState.READY: 4,
    ArrowState.OFF: 5,
}
_ORDERS: dict[str, Callable[[Overview, datetime], object]] = {
    "name": lambda one, _: one.connection.name.casefold(),
    "last run, the oldest first": lambda one, _: one.last.started if one.last else "",
    "next run": lambda one, now: next_run(one.connection, one.stored.since, now) or _NEVER,
    "what needs a look": lambda one, _: min(_URGENT[arrow.state] for arrow in one.arrows),
}
ORDERS = ("", *_ORDERS)
"""What can be sorted by; the first is the store's order, favourites before names."""


def ordered(found: Sequence[Overview], order: str, now: datetime) -> list[Overview]:
    """The connections in an order; what is equal stays in the order of the store."""
    if not order:
        return list(found)
    key = _ORDERS[order]
    return sorted(found, key=lambda one: key(one, now))  # type: ignore[arg-type,return-value]


def matches(overview: Overview, wanted: str) -> bool:
    """Whether name or labels hold every word, and none that follows a `!`."""
    connection = overview.connection
    text = " ".join([connection.name, *connection.labels]).casefold()
    for word in wanted.casefold().split():
        if word == "!":
            continue  # the word after it is still to be typed
        if (word.removeprefix("!") in text) == word.startswith("!"):
            return False
    return True


def columns(width: int, glyphs: Glyphs) -> list[tuple[str, int]]:
    """Headings and widths that fit a terminal."""
    arrows = [(f"Import {glyphs.rightwards}", 12), (f"Export {glyphs.leftwards}", 12)]
    if width < NARROW:
        return [("Name", max(12, width - 50)), *arrows, ("Last run", 16)]
    spare = width - _FIXED
    labels = []
    if width >= WIDE:
        name = max(_NAME, min((spare - 2) * 2 // 3, _LONG_NAME))
        labels = [("Labels", spare - 2 - name)]
        spare = name
    return [("Name", spare), ("On", 3), *arrows, ("Last run", 14), ("Next run", 9), *labels]


def row(overview: Overview, width: int, glyphs: Glyphs, now: datetime) -> tuple[str, ...]:
    """A connection's id and its cells under these columns."""
    connection = overview.connection
    star = f"{glyphs.star} " if connection.favorite else ""
    named = f"{star}{plain(connection.name)}"
    arrows = tuple(arrow.short(glyphs) for arrow in overview.arrows)
    when = "unknown"
    if overview.has_readable_history:
        when = last_run(overview.last, glyphs, connection.timezone)
    if width < NARROW:
        return (connection.id, named, *arrows, when)
    cells = (
        connection.id,
        named,
        "on" if connection.enabled else "off",
        *arrows,
        when,
        next_run_cell(connection, overview.stored.since, now),
    )
    if width < WIDE:
        return cells
    return (*cells, ", ".join(plain(label) for label in connection.labels))


def foot(overview: Overview, width: int, now: datetime) -> str:
    """What the table has no room for: the next run, why an arrow is not ready, the labels.

    It is two lines at most, and ends with dots where it would be more.
    """
    connection, last = overview.connection, overview.last
    star = 2 if connection.favorite else 0
    cut = len(connection.name) + star > columns(width, ASCII)[0][1]
    lines = [f"{plain(connection.name)}:" if cut else ""]
    if due := next_run(connection, overview.stored.since, now):
        lines.append(f"Next run: {due_words(due, connection.timezone)}.")
    if overview.why:
        lines.append(overview.why)
    elif last is not None:
        lines.append(f"Last run: {state_words(last.state, last.ok)}.")
    if width < WIDE and connection.labels:
        lines.append(f"Labels: {', '.join(plain(label) for label in connection.labels)}.")
    text = "  ".join(part for part in lines if part)
    # a space is left on both sides
    return "\n".join(wrap(text, max(width - 2, 10), max_lines=2, placeholder=".."))
