"""A notification of a run: a subject, a plain text and the facts for a program."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

from actui.console.formatting import counted, number, plain, state_words
from actui.model.notification_rules import NotificationEvent
from actui.model.run import GoalSummary, RunSummary

_MOST_REASONS = 5
_HEADLINES: dict[NotificationEvent, str] = {
    "failed": "failed",
    "recovered": "works again",
    "finished": "finished",
    "stopped": "was stopped",
}
_TRIGGERS = {
    "manual": "by hand",
    "console": "from the console",
    "schedule": "by its schedule",
    "demo": "by the demonstration",
}
_COUNTS = ("created", "updated", "unchanged", "skipped", "rejected", "unknown")


@dataclass(frozen=True, slots=True)
class Letter:
    """A message for people. It counts people and never names one."""

    subject: str
    text: str


def letter(run: RunSummary, message: NotificationEvent, place: str) -> Letter:
    """What happened, the counts, the first reasons and where to look closer.

    `place` is where the commands work: user and host.
    """
    name = plain(run.connection)
    head = f"{name} {_HEADLINES[message]}"
    if message == "failed" and run.goals and any(goal.ok for goal in run.goals):
        head = f"{name} finished with failed goals"
    lines = [f"{head}.", ""]
    if run.message:
        lines += [*(plain(line) for line in run.message.splitlines()), ""]
    lines += [
        f"Run      {run.run}, {_TRIGGERS.get(run.trigger, plain(run.trigger))}",
        f"Started  {_moment(run.started)}",
        f"Ended    {_moment(run.ended)}",
        f"State    {state_words(run.state, run.ok)}" + (f" ({run.code})" if run.code else ""),
        "",
    ]
    for goal in run.goals:
        lines += [*_goal(goal), ""]
    quoted = shlex.quote(name)
    lines += [f"To look closer, on {place}:", f"  actui runs {quoted}"]
    if run.goals:
        lines.append(f"  actui outcomes {quoted} --run {run.run}")
    return Letter(f"actui: {head}", "\n".join(lines) + "\n")


def facts(run: RunSummary, message: NotificationEvent, place: str) -> dict[str, Any]:
    """The same for a program; `text` is the one sentence that chat services show."""
    return {
        "event": message,
        "text": letter(run, message, place).subject,
        "connection": run.connection,
        "connection_id": run.connection_id,
        "place": place,
        "run": run.printed(),
    }


def _goal(goal: GoalSummary) -> list[str]:
    counts = [f"{number(getattr(goal, name))} {name}" for name in _COUNTS if getattr(goal, name)]
    read = f"{number(goal.read)} read"
    lines = [f"{plain(goal.goal)} ({goal.kind}): {', '.join([read, *counts])}"]
    if goal.message:
        lines.append(f"  {'warning' if goal.ok else 'failed'}: {plain(goal.message)}")
    reasons = sorted(goal.reasons.items(), key=lambda item: (-item[1], item[0]))
    lines += [f"  {reason}: {number(count)}" for reason, count in reasons[:_MOST_REASONS]]
    if len(reasons) > _MOST_REASONS:
        lines.append(f"  and {counted(len(reasons) - _MOST_REASONS, 'reason', 'reasons')} more")
    lists = [f"{number(count)} {name}" for name, count in goal.lists if count]
    if lists:
        lines.append(f"  lists: {', '.join(lists)}")
    return lines


def _moment(stamp: str | None) -> str:
    return f"{stamp[:19].replace('T', ' ')} UTC" if stamp else "-"
