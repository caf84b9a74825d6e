"""Runs and findings as lines of text, for commands."""

from __future__ import annotations

import sys

from actui.console.formatting import plain, state_words
from actui.model.findings import Finding
from actui.model.run import GoalProgress, RunSnapshot, RunState, RunSummary


def run_line(summary: RunSummary) -> str:
    """A run in one line."""
    started = summary.started[:16].replace("T", " ")
    line = f"{started}  {summary.run}  {state_words(summary.state, summary.ok)}"
    if summary.code and summary.state is not RunState.FINISHED:
        line += f" ({summary.code})"
    return f"{line}, {sum(goal.read for goal in summary.goals):,} read"


def progress_line(snapshot: RunSnapshot) -> str:
    """A live run in one line: its state and its current goal."""
    state = state_words(snapshot.state)
    current = next((goal for goal in snapshot.goals if not goal.done), None)
    return state if current is None else f"{state}: {goal_line(current)}"


def goal_line(progress: GoalProgress) -> str:
    """A goal in progress, as `Contacts, sending, 1,200 of 5,000`."""
    count = f"{progress.summary.read:,}"
    if progress.expected:
        count += f" of {progress.expected:,}"
    parts = (plain(progress.summary.goal), progress.phase, count)
    return ", ".join(part for part in parts if part)


def print_findings(found: list[Finding], *, to_stderr: bool = False) -> None:
    """Print one line for each finding; on stderr if the command has its own output."""
    for finding in found:
        line = plain(f"{finding.severity}: {finding.message}")
        print(line, file=sys.stderr if to_stderr else None)
