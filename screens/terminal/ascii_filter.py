"""Draw lines, blocks and signs in ASCII, for terminals whose font lacks them."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_LEFT_AND_RIGHT = "│┃║╎╏┆┇┊┋▌▐▎▍▊▋▏▕▉"
_ACROSS = "─━═╌╍┄┅┈┉▁▂▃▔"
_CORNERS = "┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛╔╗╚╝╠╣╦╩╬┝┥┠┨"
_FULL = "▄▅▆▇█▀▖▗▘▙▚▛▜▝▞▟"
_OTHERS = {
    "…": ".",
    "•": "*",
    "·": ".",
    "“": '"',
    "”": '"',
    "’": "'",
    "‘": "'",
    "—": "-",
    "–": "-",
    "←": "<",
    "→": ">",
    "↑": "^",
    "↓": "v",
    "▶": ">",
    "▼": "v",
    "●": "*",
    "░": ".",
    "▒": ":",
    "▓": "%",
    "⭘": "o",
    "🔎": "  ",
}
_TABLE = str.maketrans(
    dict.fromkeys(_LEFT_AND_RIGHT, "|")
    | dict.fromkeys(_ACROSS, "-")
    | dict.fromkeys(_CORNERS, "+")
    | dict.fromkeys(_FULL, "#")
    | _OTHERS
)


class AsciiFilter(LineFilter):
    """Replaces drawing characters; letters, as in people's names, stay."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The line in ASCII, with the same width."""
        return [
            segment
            if segment.text.isascii()
            else Segment(segment.text.translate(_TABLE), segment.style, segment.control)
            for segment in segments
        ]
