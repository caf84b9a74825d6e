"""Numbers, states and moments as short words; pure, and safe to show as they are."""

from __future__ import annotations

import unicodedata

from actui.model.run import GoalProgress, RunSnapshot, RunState, RunSummary

_STATES = {
    RunState.STARTING: "starting",
    RunState.RUNNING: "running",
    RunState.STOPPING: "stopping",
    RunState.STOPPED: "stopped",
    RunState.FAILED: "failed",
}


def plain(text: str) -> str:
    """Text from outside without anything that acts: control characters, direction overrides."""
    return "".join(
        " " if character in "\n\t" else character
        for character in text
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
    )


def state_word(state: RunState, *, ok: bool) -> str:
    """A run's state; finishing and succeeding are two facts (blueconic.md §12)."""
    if state is RunState.FINISHED:
        return "finished" if ok else "finished with failed goals"
    return _STATES[state]


def moment(stamp: str | None) -> str:
    """An ISO stamp as `2026-11-24 02:07`, in UTC as it was written."""
    return stamp[:16].replace("T", " ") if stamp else ""


def duration(seconds: float) -> str:
    """Seconds as `42 s`, `3 min 05 s` or `2 h 03 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"


def run_line(summary: RunSummary) -> str:
    """A run in one line."""
    words = state_word(summary.state, ok=summary.ok)
    line = f"{moment(summary.started)}  {summary.run}  {words}"
    if summary.code and summary.state is not RunState.FINISHED:
        line += f" ({summary.code})"
    read = sum(goal.read for goal in summary.goals)
    return f"{line}, {read:,} read"


def progress_line(snapshot: RunSnapshot) -> str:
    """A live run in one line: its state and the goal it is at."""
    words = state_word(snapshot.state, ok=True)
    current = next((goal for goal in snapshot.goals if not goal.done), None)
    if current is None:
        return words
    return f"{words}: {goal_line(current)}"


def goal_line(progress: GoalProgress) -> str:
    """A goal at work: `Contacts, sending, 1,200 of 5,000`."""
    summary = progress.summary
    count = f"{summary.read:,}"
    if progress.expected:
        count += f" of {progress.expected:,}"
    parts = [plain(summary.goal), progress.phase, count]
    return ", ".join(part for part in parts if part)
