"""The status arrows of a connection: one per direction, each with a state, a glyph and a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from actui.console.formatting import Glyphs, plain
from actui.model.connection import Connection
from actui.model.findings import Finding
from actui.model.run import RunState, RunSummary

Direction = Literal["import", "export"]


DAMAGED = "damaged"
"""The code of a finding about a file of the home that cannot be read."""


class ArrowState(StrEnum):
    """What an arrow says; the value is its word."""

    OFF = "off"
    INCOMPLETE = "incomplete"
    READY = "ready"
    FAILED = "failed"
    DAMAGED = "damaged"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Arrow:
    """One direction's status; `why` is the finding or failure to show beside it, if any."""

    direction: Direction
    state: ArrowState
    why: str = ""

    def short(self, glyphs: Glyphs) -> str:
        """Glyph and word, for a table."""
        return f"{getattr(glyphs, self.state.value)} {self.state.value}"

    def long(self, glyphs: Glyphs) -> str:
        """Both services, the arrow between them, glyph and word."""
        sign = glyphs.rightwards if self.direction == "import" else glyphs.leftwards
        return f"ActiveCampaign {sign} BlueConic  {self.short(glyphs)}"


def arrows(
    connection: Connection,
    found: Sequence[Finding],
    last: RunSummary | None,
    running: bool,
) -> tuple[Arrow, Arrow]:
    """The import and the export arrow of a connection."""
    return (
        _arrow("import", connection, found, last, running),
        _arrow("export", connection, found, last, running),
    )


def _arrow(
    direction: Direction,
    connection: Connection,
    found: Sequence[Finding],
    last: RunSummary | None,
    running: bool,
) -> Arrow:
    active = connection.imports() if direction == "import" else connection.exports()
    if not active:
        return Arrow(direction, ArrowState.OFF)
    if broken := next((one for one in found if one.code == DAMAGED), None):
        return Arrow(direction, ArrowState.DAMAGED, plain(broken.message))
    if running:
        return Arrow(direction, ArrowState.RUNNING)
    if not connection.enabled:
        return Arrow(direction, ArrowState.OFF)
    if wrong := _error(direction, connection, found):
        return Arrow(direction, ArrowState.INCOMPLETE, plain(wrong))
    failure = _failure(direction, {goal.name for goal in active}, last)
    return Arrow(direction, ArrowState.FAILED if failure else ArrowState.READY, plain(failure))


def _error(direction: Direction, connection: Connection, found: Sequence[Finding]) -> str:
    for finding in found:
        if finding.severity == "error" and _kind(connection, finding.where) in ("", direction):
            return finding.message
    return ""


def _kind(connection: Connection, where: str) -> str:
    """The kind of the goal that a finding is about; an empty text when it is about none."""
    about = [g for g in connection.goals if f"{where}.".startswith(f"goals.{g.name}.")]
    # a name may hold a dot, so the longest that fits is meant
    return max(about, key=lambda goal: len(goal.name)).kind if about else ""


def _failure(direction: Direction, active: set[str], last: RunSummary | None) -> str:
    if last is None:
        return ""
    failed = [goal for goal in last.goals if not goal.ok and not goal.is_stopped]
    for goal in failed:
        if goal.kind == direction and goal.goal in active:
            return f"{goal.goal}: {goal.message or 'failed in the last run'}"
    if last.state is RunState.FAILED and not failed:
        return last.message or "the last run failed"
    return ""
