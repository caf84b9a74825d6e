"""A form as lines of text: what it shows, what a line asks when it is chosen, what an answer does.

Pure: a page draws the lines and carries questions and answers back and forth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from actui.console.formatting import plain, shortened

Kind = Literal["heading", "line", "hint", "error", "warning"]
_NAME = 60


@dataclass(frozen=True, slots=True)
class Line:
    """One line; only a `line` can be chosen, and its key stays the same while the form changes."""

    text: str
    key: str = ""
    kind: Kind = "line"


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose: `note` stands behind its name and is searched too."""

    id: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Choose:
    """A question with answers to choose from; `typed` tells what a typed answer would be.

    `options` may answer more later, when an account has answered. `then` receives the ids chosen
    (one unless `many`, or what was typed) and may ask on.
    """

    title: str
    options: Callable[[], Sequence[Option]]
    then: Callable[[tuple[str, ...]], Ask | None]
    many: bool = False
    chosen: tuple[str, ...] = ()
    typed: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Type:
    """A question that is answered by typing."""

    title: str
    value: str
    then: Callable[[str], Ask | None]
    hint: str = ""


Ask = Choose | Type


class Form(Protocol):
    """What a page of lines does; each call may raise ConfigError with a sentence."""

    def lines(self) -> list[Line]: ...
    def enter(self, key: str) -> Ask | None:
        """Change what the line stands for at once (None), or ask first."""

    def remove(self, key: str) -> None:
        """Take the line's thing out, where it is one of several."""

    def add(self, key: str) -> Ask | None:
        """Add one more of what the line is one of."""

    def move(self, key: str, by: int) -> str:
        """Move the line's thing among its kind; the key it then has."""


@dataclass(slots=True)
class Page:
    """Collects lines; indents what belongs to a heading and escapes what comes from outside."""

    lines: list[Line] = field(default_factory=list)

    def heading(self, text: str) -> None:
        self.lines.append(Line(text, kind="heading"))

    def line(self, key: str, text: str, depth: int = 1) -> None:
        self.lines.append(Line("  " * depth + plain(text), key))

    def hint(self, text: str, depth: int = 1) -> None:
        self.lines.append(Line("  " * depth + plain(text), kind="hint"))

    def wrong(self, text: str, *, warning: bool = False) -> None:
        self.lines.append(Line("  " + plain(text), kind="warning" if warning else "error"))


def box(on: bool) -> str:
    """A check box."""
    return "[x]" if on else "[ ]"


def radio(on: bool) -> str:
    """One of several of which one holds."""
    return "(*)" if on else "( )"


def name(text: str) -> str:
    """A name from outside, at a length that leaves room beside it."""
    return shortened(plain(text), _NAME) or "(no name)"


def moved(items: Sequence[object], at: int, by: int) -> tuple[list[object], int]:
    """The items with one of them moved, and where it then is."""
    to = min(max(at + by, 0), len(items) - 1)
    kept = [item for index, item in enumerate(items) if index != at]
    return [*kept[:to], items[at], *kept[to:]], to


def without(items: Sequence[object], at: int) -> list[object]:
    """The items without one of them."""
    return [item for index, item in enumerate(items) if index != at]


def simplified(text: str) -> str:
    """A name reduced to what makes `First name`, `firstName` and `first_name` the same."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def labelled(options: Iterable[tuple[str, str]]) -> Callable[[], Sequence[Option]]:
    """Options, always the same, from pairs of id and label."""
    made = tuple(Option(id_, label) for id_, label in options)
    return lambda: made


def with_gone(options: Sequence[Option], had: Mapping[str, str]) -> list[Option]:
    """The options and what is chosen but not among them: it stays until somebody takes it out."""
    known = {option.id for option in options}
    return [*options, *(Option(id_, label) for id_, label in had.items() if id_ not in known)]
