"""Compare a frame with what the terminal shows, cell by cell, and send only the difference."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from rich.cells import get_character_cell_size

# what a frame of Textual's consists of; with anything else in it, it is sent as it is
_PARTS = re.compile(
    r"\x1b\[(?P<row>\d+);(?P<column>\d+)H|\x1b\[(?P<style>[\d;]*)m|(?P<end>\n)|(?P<text>[^\x00-\x1f\x7f]+)"
)
FORGET = "\x1b[2J"
"""Written to the driver when the terminal is to be cleared and redrawn."""
_NEAR = 4
"""Up to this many unchanged cells it is cheaper to write again than to move the cursor."""
_SEEN_ON_BLANKS = frozenset(("4", "5", "7", "9", "21", "53"))


class CellStyle(NamedTuple):
    """A parsed style: the SGR parameters of its colors and its attributes."""

    front: str
    back: str
    attributes: frozenset[str]


class Cell(NamedTuple):
    """One cell of the screen; `text` is empty behind a wide character, `style` SGR parameters."""

    text: str
    style: str


class FrameDiff:
    """Keeps the cells that a terminal shows after the frames that were sent to it."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[int, Cell]] = {}
        self._cursor: tuple[int, int] | None = None

    def forget(self) -> None:
        """Assume nothing about the terminal's content: something else may have been drawn."""
        self._rows.clear()
        self._cursor = None

    def changes(self, frame: str, columns: int, rows: int) -> str:
        """What to send instead of a frame so that a terminal of this size shows the same."""
        read = _read(frame)
        if read is None:
            self.forget()
            return frame
        drawn, cursor = read
        sent = "".join(self._row(y, drawn[y]) for y in sorted(drawn))
        if max(drawn, default=0) >= rows or any(max(row) >= columns for row in drawn.values()):
            # made for another size: what is beyond the edge has been drawn somewhere on it
            self.forget()
        if not sent and cursor == self._cursor:
            return ""
        self._cursor = cursor
        return f"{sent}{_move(*cursor)}"

    def _row(self, y: int, new: dict[int, Cell]) -> str:
        old = self._rows.setdefault(y, {})
        whole = any(_is_odd(cell) for cell in new.values()) or any(
            _is_odd(old[x]) for x in new if x in old
        )
        # a character of two cells, or of none, may be drawn otherwise than it is counted here
        changed = [x for x in sorted(new) if new[x].text and (whole or old.get(x) != new[x])]
        old.update(new)
        sent = "".join(_runs(y, changed, old, whole)) + "\x1b[m" if changed else ""
        if any(len(cell.text) > 1 for cell in old.values()):
            # terminals and Textual do not agree on how wide such a character is
            del self._rows[y]
        return sent


def _runs(y: int, changed: list[int], row: dict[int, Cell], odd: bool) -> Iterator[str]:
    """The changed cells with few cursor moves and styles; `odd` = widths may differ."""
    yield _move(changed[0], y)
    at, style = changed[0], ""
    for x in changed:
        between = range(at, x)
        if not odd and at < x <= at + _NEAR and all(_is_alike(row.get(i), style) for i in between):
            yield "".join(row[i].text for i in between)
        elif at != x:
            yield _move(x, y) if odd or x < at else f"\x1b[{x - at}C"
        cell = row[x]
        if not _is_alike(cell, style):
            yield _style_transition(style, cell.style)
            style = cell.style
        yield cell.text
        at = x + sum(get_character_cell_size(letter) for letter in cell.text)


def _read(frame: str) -> tuple[dict[int, dict[int, Cell]], tuple[int, int]] | None:
    """A frame's cells by row and column, and its final cursor; None if it is not a frame."""
    drawn: dict[int, dict[int, Cell]] = {}
    x = y = end = 0
    style = ""
    for part in _PARTS.finditer(frame):
        if part.start() != end:
            return None
        end = part.end()
        kind = part.lastgroup
        if kind == "text":
            row = drawn.setdefault(y, {})
            for letter in part["text"]:
                x = _put(row, x, letter, style)
        elif kind == "style":
            style = _added(style, part["style"])
        elif kind == "column":
            x, y = int(part["column"]) - 1, int(part["row"]) - 1
        else:
            x, y = 0, y + 1
    return (drawn, (x, y)) if end == len(frame) and frame else None


def _put(row: dict[int, Cell], x: int, letter: str, style: str) -> int:
    width = get_character_cell_size(letter)
    if width == 0:
        head = next((at for at in (x - 1, x - 2) if at in row and row[at].text), x - 1)
        before = row.get(head, Cell(" ", style))
        row[head] = Cell(before.text + letter, before.style)
        return x
    row[x] = Cell(letter, _on_blank(style) if letter == " " else style)
    for behind in range(x + 1, x + width):
        row[behind] = Cell("", style)
    return x + width


def _is_odd(cell: Cell) -> bool:
    return len(cell.text) != 1


def _is_alike(cell: Cell | None, style: str) -> bool:
    """Whether the cell looks the same if it is written in `style`."""
    if cell is None or not cell.text:
        return False
    return cell.style == style or (cell.text == " " and cell.style == _on_blank(style))


def _move(x: int, y: int) -> str:
    return f"\x1b[{y + 1};{x + 1}H"


def _added(style: str, more: str) -> str:
    """A style with more parameters; 0 resets it."""
    if more in ("", "0"):
        return ""
    if more.startswith("0;"):
        return more[2:]
    return f"{style};{more}" if style else more


@lru_cache(maxsize=4096)
def _parsed(style: str) -> CellStyle:
    front = back = ""
    attributes = set()
    parameters = iter(style.split(";") if style else ())
    for one in parameters:
        if one in ("38", "48"):
            kind = next(parameters, "5")
            rest = [next(parameters, "0") for _ in range(3 if kind == "2" else 1)]
            colour = ";".join((one, kind, *rest))
            front, back = (colour, back) if one == "38" else (front, colour)
        elif one.startswith(("3", "9")) and len(one) == 2:
            front = "" if one == "39" else one
        elif (one.startswith("4") and len(one) == 2) or one.startswith("10"):
            back = "" if one == "49" else one
        else:
            attributes.add(one)
    return CellStyle(front, back, frozenset(attributes))


@lru_cache(maxsize=4096)
def _on_blank(style: str) -> str:
    """The part of a style that is visible on a space."""
    parsed = _parsed(style)
    if parsed.attributes & _SEEN_ON_BLANKS:
        return style
    return parsed.back


@lru_cache(maxsize=16384)
def _style_transition(before: str, after: str) -> str:
    """The shortest escape sequence from one style to another."""
    anew = f"\x1b[0;{after}m" if after else "\x1b[m"
    old, new = _parsed(before), _parsed(after)
    if old == new:
        return ""
    if old.attributes - new.attributes:
        return anew
    parts = sorted(new.attributes - old.attributes)
    if old.front != new.front:
        parts.append(new.front or "39")
    if old.back != new.back:
        parts.append(new.back or "49")
    step = f"\x1b[{';'.join(parts)}m"
    return min(anew, step, key=len)
