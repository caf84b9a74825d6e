"""Numbers, times and states as short text; pure, with an ASCII variant of every glyph."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from actui.model.characters import ACTING, BREAKS
from actui.model.run import RunState, RunSummary
from actui.model.timezones import zone_for_display

_NOT_PLAIN = re.compile(f"{ACTING.pattern}|[\ud800-\udfff]")


def plain(text: str) -> str:
    """Text from outside as one line on which control characters and bidi overrides cannot act."""
    return _NOT_PLAIN.sub(_safe, text)


def _safe(found: re.Match[str]) -> str:
    if found[0] in BREAKS:
        return " "
    return "" if ACTING.match(found[0]) else "\ufffd"


def typed_over(typed: str, stored: str) -> str:
    """What a field means that shows a stored text plainly: that text, until it is changed."""
    return stored if typed == plain(stored) else typed


def shortened(text: str, width: int) -> str:
    """At most `width` characters, the last one a dot where something is missing."""
    return text if len(text) <= width else text[: max(width - 2, 0)].rstrip() + ".."


def number(value: int) -> str:
    """12431 → 12,431."""
    return f"{value:,}"


def duration(seconds: float) -> str:
    """A length of time in its two largest units."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def instant(stamp: str | None) -> datetime | None:
    """A moment as runs write it; None when there is none or it cannot be read."""
    try:
        return datetime.fromisoformat(stamp) if stamp else None
    except ValueError:
        return None


def seconds_between(start: str | None, end: str | None) -> float:
    """From one written moment to another; 0 when either is missing."""
    first, last = instant(start), instant(end)
    if first is None or last is None or (first.tzinfo is None) != (last.tzinfo is None):
        return 0.0
    return max((last - first).total_seconds(), 0.0)


def moment(stamp: str | None, zone: str = "UTC") -> str:
    """A written moment as `24 Nov 02:52` in a time zone; an empty text when there is none."""
    at = instant(stamp)
    if at is None:
        return ""
    if at.tzinfo is not None:
        at = at.astimezone(zone_for_display(zone))
    return f"{at.day:2} {_MONTHS[at.month - 1]} {at:%H:%M}"


_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def state_words(state: RunState, ok: bool = True) -> str:
    """A run's state for a person."""
    if state is RunState.FINISHED and not ok:
        return "finished with failed goals"
    return state.value.lower()


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The signs of the console; none of them stands without a word beside it."""

    star: str
    rightwards: str
    leftwards: str
    off: str
    incomplete: str
    ready: str
    failed: str
    damaged: str
    running: str
    full: str
    empty: str
    on: str
    tick: str
    levels: str
    closed: str
    opened: str

    def fold(self, is_open: bool, text: str) -> str:
        """A line that can be folded out."""
        return f"{self.opened if is_open else self.closed} {text}"

    def bar(self, done: int, expected: int, width: int) -> str:
        """How far `done` is on the way to `expected`, never beyond it."""
        part = min(max(done / expected, 0.0), 1.0) if expected > 0 else 0.0
        filled = int(part * width)
        return self.full * filled + self.empty * (width - filled)

    def chart(self, values: Sequence[float]) -> str:
        """Values as bars of one line, the greatest of them at full height."""
        most = max(values, default=0.0)
        top = len(self.levels) - 1
        return "".join(self.levels[round(v / most * top) if most > 0 else 0] for v in values)

    def run_state(self, run: RunSummary) -> str:
        """The sign of how a run ended."""
        if not run.state.is_final:
            return self.running
        if run.state is RunState.FINISHED and run.ok:
            return self.tick
        return self.off if run.state is RunState.STOPPED else self.failed


UNICODE = Glyphs(
    "★", "⟶", "⟵", "○", "▲", "●", "✗", "◆", "▶", "█", "░", "●", "✓", "▁▂▃▄▅▆▇█", "▸", "▾"
)
ASCII = Glyphs(
    "*", "-->", "<--", "-", "!", "+", "x", "?", ">", "#", ".", "+", "v", "_.-=+*#", ">", "v"
)


def percent(done: int, expected: int) -> str:
    """A whole percentage, below 100 until all of it is done."""
    if expected <= 0:
        return ""
    return f"{min(done * 100 // expected, 100)}%"


def counted(amount: int, one: str, many: str) -> str:
    """1 goal, 2 goals."""
    return f"{number(amount)} {one if amount == 1 else many}"
