"""The form language: a form is lines of text, what happens on each, and the questions they ask.

Textual's own inputs, selects and switches are not used for forms. They send several kB over the
line for a key, where a changed line sends a tenth (screens/README.md §5), and they show by color
alone what is chosen, where text reads the same in monochrome (actui/README.md §7). Without Textual
a form is also tested without a terminal.

A form makes its lines anew whenever it is asked for them, and each line carries its actions. A page
draws the lines (`screens/widgets/form_list.py`) and asks the questions (`screens/dialogs/ask.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from actui.console.formatting import plain, shortened

Kind = Literal["heading", "line", "hint", "error", "warning"]
ADD = "add"
"""The `part` of the line that adds to a list."""
NOTHING = "\0nothing"
"""The id of the option that stands for none of the others."""
_NAME = 60


@dataclass(frozen=True, slots=True)
class Key:
    """Identifies a line while the form changes, so that the cursor stays on it.

    `field` is the model's field that the line shows, `index` the item where the field is a list.
    `part` is a field of that item, the choice that a radio button stands for, or `ADD`.
    """

    field: str
    index: int | None = None
    part: str = ""

    def is_part_of(self, item: Key | None) -> bool:
        """Whether the line is one of the details of an item's own line."""
        if item is None or item.part or item.index is None or not self.part:
            return False
        return (self.field, self.index) == (item.field, item.index)


Enter = Callable[[], "Ask | None"]
"""Changes something at once and returns None, or returns the question to ask first.

Like every action it may raise ConfigError with a sentence for the user.
"""


@dataclass(frozen=True, slots=True)
class Item:
    """What can be done with a line's item in its list; None = nothing.

    `move` takes the number of places and returns the key that the item's line then has.
    """

    add: Enter | None = None
    remove: Callable[[], None] | None = None
    move: Callable[[int], Key] | None = None


_SINGLE = Item()


@dataclass(frozen=True, slots=True)
class Line:
    """One line and what happens on it; only a `line` can be chosen, and only it has a key.

    Lines are equal when they look the same; their actions are not compared.
    """

    text: str
    key: Key | None = None
    kind: Kind = "line"
    on_enter: Enter | None = field(default=None, compare=False)
    item: Item = field(default=_SINGLE, compare=False)


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose; `note` is shown after the label and searched as well."""

    id: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Choose:
    """A question with answers to choose from.

    `options` is called again when an account has answered, and may then return more. `then`
    receives the ids chosen, or what was typed, one unless `many`; it may return another question.
    `typed` describes an answer that may be typed instead; empty = only the options are allowed.
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
    """What a page needs of a form."""

    def lines(self) -> list[Line]:
        """The lines as they are now, with actions on the present state."""


def line_of(form: Form, key: Key | None) -> Line | None:
    """The line with this key as it is now; None where there is none."""
    return next((line for line in form.lines() if key and line.key == key), None)


@dataclass(slots=True)
class Page:
    """Collects lines; indents what belongs to a heading and escapes what comes from outside."""

    lines: list[Line] = field(default_factory=list)

    def heading(self, text: str) -> None:
        self.lines.append(Line(text, kind="heading"))

    def line(
        self,
        key: Key,
        text: str,
        on_enter: Enter | None,
        depth: int = 1,
        item: Item = _SINGLE,
    ) -> None:
        text = "  " * depth + plain(text)
        self.lines.append(Line(text, key, on_enter=on_enter, item=item))

    def hint(self, text: str, depth: int = 1) -> None:
        self.lines.append(Line("  " * depth + plain(text), kind="hint"))

    def wrong(self, text: str, *, warning: bool = False) -> None:
        self.lines.append(Line("  " + plain(text), kind="warning" if warning else "error"))


def box(on: bool) -> str:
    """A check box."""
    return "[x]" if on else "[ ]"


def radio(on: bool) -> str:
    """A radio button."""
    return "(*)" if on else "( )"


def name(text: str) -> str:
    """A name from outside, escaped and cut to 60 characters."""
    return shortened(plain(text), _NAME) or "(no name)"


def moved(items: Sequence[object], at: int, by: int) -> tuple[list[object], int]:
    """The items with the one at `at` moved by `by` places, at most to an end; its new index."""
    to = min(max(at + by, 0), len(items) - 1)
    kept = [item for index, item in enumerate(items) if index != at]
    return [*kept[:to], items[at], *kept[to:]], to


def without(items: Sequence[object], at: int) -> list[object]:
    """The items without the one at `at`."""
    return [item for index, item in enumerate(items) if index != at]


def simplified(text: str) -> str:
    """The letters and digits, case folded: `First name` and `first_name` become the same."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def labelled(options: Iterable[tuple[str, str]]) -> Callable[[], Sequence[Option]]:
    """Options, always the same, from pairs of id and label."""
    made = tuple(Option(id_, label) for id_, label in options)
    return lambda: made


def with_gone(options: Sequence[Option], had: Mapping[str, str]) -> list[Option]:
    """The options, and after them what is chosen (labels by id) but not offered any more."""
    known = {option.id for option in options}
    return [*options, *(Option(id_, label) for id_, label in had.items() if id_ not in known)]
