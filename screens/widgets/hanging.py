"""Text whose further lines begin where its first one does."""

from __future__ import annotations

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text


class Hanging:
    """A text that wraps, below and beside what it begins with: spaces, or a sign."""

    def __init__(self, text: Text, indent: int) -> None:
        """`indent` is how many columns of the first line the further ones leave empty."""
        self._text = text
        self._indent = indent

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        first, rest = self._text[: self._indent], self._text[self._indent :]
        width = max(options.max_width - self._indent, 1)
        for line in rest.wrap(console, width, overflow="fold", no_wrap=False):
            line.rstrip()
            yield Text.assemble(first, line, end="\n", no_wrap=True)
            first = Text(" " * self._indent)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self._text)
