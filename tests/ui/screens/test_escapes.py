"""What of a terminal's bytes is the escape key."""

from __future__ import annotations

import pytest
from textual import events
from textual._xterm_parser import XTermParser
from textual.constants import ESCAPE_DELAY

from screens.terminal.escape_decoder import EscapeDecoder


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def keys(*chunks: bytes, apart: float = 0.0) -> list[str]:
    """The keys that Textual makes of what comes in these pieces."""
    clock = Clock()
    decoder, parser = EscapeDecoder("utf-8", clock), XTermParser()
    found: list[str] = []
    for chunk in chunks:
        # the end of the input would be an empty text
        if text := decoder.decode(chunk):
            found += [event.key for event in parser.feed(text) if isinstance(event, events.Key)]
        clock.seconds += apart
    return found


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (b"\x1ba", ["escape", "a"]),
        (b"\x1b\x13", ["escape", "ctrl+s"]),
        (b"\x13\x1b\x0f\x13", ["ctrl+s", "escape", "ctrl+o", "ctrl+s"]),
        (b"\x1b+\x1b\r", ["escape", "plus", "escape", "enter"]),
        (b"\x1b1", ["escape", "1"]),
        (b"\x1b\x1b[B", ["escape", "down"]),
        (b"\x1b[A\x1bOP\x1b[15~\x1b[3;5~", ["up", "f1", "f5", "ctrl+delete"]),
        # alt with what moves or deletes words, as many terminals send it
        (b"\x1bb\x1bf\x1b\x7f", ["ctrl+left", "ctrl+right", "ctrl+w"]),
    ],
)
def test_a_key_behind_it_does_not_change_it(sent: bytes, meant: list[str]) -> None:
    assert keys(sent) == meant


def test_pieces_are_put_together_and_keys_told_apart() -> None:
    assert keys(b"\x1b", b"[B") == ["down"]
    assert keys(b"\x1b", b"a") == ["escape", "a"]
    assert keys(b"\xc3", b"\xa9") == ["é"]


def test_what_comes_later_is_not_mistaken_for_a_part_of_it() -> None:
    clock = Clock()
    decoder = EscapeDecoder("utf-8", clock)
    assert decoder.decode(b"\x1b") == "\x1b"
    clock.seconds += ESCAPE_DELAY
    assert decoder.decode(b"a") == "a"


def test_a_terminal_that_answers_and_a_byte_that_is_no_text_are_left_alone() -> None:
    decoder = EscapeDecoder("utf-8")
    answer = "\x1b]11;rgb:0000/0000/0000\x1b\\\x1bP1$r0m\x1b\\"
    assert decoder.decode(answer.encode()) == answer
    assert decoder.decode(b"\xff") == "\ufffd"
