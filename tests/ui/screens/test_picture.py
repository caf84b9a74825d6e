"""What is sent instead of a frame: the terminal shows the same, for fewer bytes."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as some

from screens.terminal.frame_diff import FrameDiff
from tests.ui.screens.terminals import Glass

WIDTH, HEIGHT = 12, 3
_STYLES = re.compile(r"\x1b\[([\d;]*)m")


class Painted(Glass):
    """A glass that shows styles as well, each as the sorted list of what is in force."""

    def __init__(self) -> None:
        self._style: dict[str, str] = {}
        super().__init__(WIDTH, HEIGHT)

    def clear(self) -> None:
        super().clear()
        self._looks = [[""] * self.columns for _ in range(self.rows)]

    def _obey(self, does: str, numbers: str) -> None:
        super()._obey(does, numbers)
        if does != "m":
            return
        codes = numbers.split(";")
        while codes:
            code = codes.pop(0)
            if code in ("", "0"):
                self._style = {}
            elif code in ("38", "48"):
                self._style[code] = codes.pop(0) + codes.pop(0)
            elif code in ("39", "49"):
                self._style.pop(f"{code[0]}8", None)
            elif len(code) == 2:
                self._style[f"{code[0]}8"] = code
            else:
                self._style[code] = code

    def _draw(self, text: str) -> None:
        for letter in text:
            x, y = self._x, self._y
            super()._draw(letter)
            if letter != "\n" and x < WIDTH and y < HEIGHT:
                seen = self._style
                if letter == " " and not seen.keys() & {"4", "7"}:
                    seen = {code: value for code, value in seen.items() if code == "48"}
                self._looks[y][x] = repr(sorted(seen.items()))

    @property
    def whole(self) -> tuple[str, list[list[str]]]:
        return self.text, self._looks


styles = some.sampled_from(
    ["", "1", "4", "7", "2;31", "1;38;5;7", "38;5;7;48;5;1", "48;5;1", "1;4;48;5;2", "42", "32;49"]
)
pieces = some.tuples(
    some.integers(0, WIDTH - 1),
    some.integers(0, HEIGHT - 1),
    some.text("ab  ⟶é", max_size=6),
    styles,
)
Piece = tuple[int, int, str, str]


def frame(parts: list[Piece]) -> str:
    """As Textual writes one: each part goes to its place, and the cursor to its own."""
    told = ""
    for x, y, text, style in parts:
        fitting = text[: WIDTH - x]
        told += f"\x1b[{y + 1};{x + 1}H"
        told += f"\x1b[{style}m{fitting}\x1b[0m" if style else fitting
    return told + "\x1b[1;1H"


@given(some.lists(some.lists(pieces, min_size=1, max_size=6), min_size=1, max_size=5))
def test_a_terminal_shows_the_same_as_with_whole_frames(frames: list[list[Piece]]) -> None:
    picture, wanted, shown = FrameDiff(), Painted(), Painted()
    for parts in frames:
        wanted.take(frame(parts).encode())
        shown.take(changes(picture, frame(parts)).encode())
        assert shown.whole == wanted.whole


def test_a_part_with_wide_or_combined_characters_is_sent_whole() -> None:
    picture = FrameDiff()
    for text in ("漢字 ab", "e\u0301 abc", "👩\u200d🚀 ab"):
        for _ in range(2):
            assert text in changes(picture, frame([(0, 0, text, "1")]))
    assert "xyz" in changes(picture, frame([(0, 0, "xyz", "1")]))
    assert changes(picture, frame([(0, 1, "xyz", "1")]))
    assert not changes(picture, frame([(0, 1, "xyz", "1")]))


def changes(picture: FrameDiff, whole: str) -> str:
    return picture.changes(whole, WIDTH, HEIGHT)


def test_what_is_shown_already_is_not_sent_again() -> None:
    picture = FrameDiff()
    whole = frame([(0, 0, "a b", "1;48;5;1"), (0, 1, "abc", "")])
    assert changes(picture, whole)
    assert changes(picture, whole) == ""
    assert _STYLES.sub("", changes(picture, frame([(0, 1, "abd", "")]))).count("d") == 1


def test_another_colour_of_a_space_is_nothing_to_send() -> None:
    picture = FrameDiff()
    changes(picture, frame([(0, 0, "   ", "38;5;7;48;5;1")]))
    assert changes(picture, frame([(0, 0, "   ", "1;38;5;2;48;5;1")])) == ""
    assert changes(picture, frame([(0, 0, "   ", "4;38;5;2;48;5;1")])) != ""


def test_after_something_unknown_everything_is_sent() -> None:
    picture = FrameDiff()
    whole = frame([(0, 0, "abc", "")])
    changes(picture, whole)
    strange = "\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\\x1b[1;1H"
    assert changes(picture, strange) == strange
    assert "abc" in changes(picture, whole)
    picture.forget()
    assert "abc" in changes(picture, whole)


def test_a_frame_for_a_larger_terminal_is_not_counted_on() -> None:
    picture = FrameDiff()
    whole = frame([(0, 0, "abc", "")])
    assert "abc" in picture.changes(whole, 2, HEIGHT)
    assert "abc" in picture.changes(whole, 3, HEIGHT)
    assert picture.changes(whole, 3, HEIGHT) == ""


def test_a_row_with_a_character_of_unsure_width_is_drawn_anew() -> None:
    picture = FrameDiff()
    picture.changes("\x1b[1;1H\u2764\ufe0f abc\x1b[2;1H", WIDTH, HEIGHT)
    assert "x" in picture.changes("\x1b[1;1H\u2764\ufe0f abx\x1b[2;1H", WIDTH, HEIGHT)
    assert picture.changes("\x1b[1;7H \x1b[2;1H", WIDTH, HEIGHT).count(" ")


def test_two_ways_to_write_a_style_are_one_style() -> None:
    picture = FrameDiff()
    sent = picture.changes(
        "\x1b[1;1H\x1b[1;39;44ma\x1b[0m\x1b[1;44mb\x1b[0m\x1b[2;1H", WIDTH, HEIGHT
    )
    glass = Painted()
    glass.take(sent.encode())
    assert len({look for look in glass._looks[0][:2]}) == 1
