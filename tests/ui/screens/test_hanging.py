"""Lines that wrap keep the indent of their line."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from screens.widgets.hanging import Hanging


def drawn(text: str, indent: int) -> list[str]:
    console = Console(width=16)
    with console.capture() as capture:
        console.print(Hanging(Text(text), indent))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_further_lines_begin_below_the_words_and_not_below_the_sign() -> None:
    assert drawn("  ! one two three four", 4) == ["  ! one two", "    three four"]


def test_a_word_longer_than_the_line_is_folded() -> None:
    assert drawn("  " + "x" * 20, 2) == ["  " + "x" * 14, "  " + "x" * 6]


def test_a_short_text_is_one_line() -> None:
    assert drawn("   short", 3) == ["   short"]
