"""A run as text, the same for one that is going and for one of the history."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from actui.console.words import (
    Glyphs,
    counted,
    duration,
    moment,
    number,
    percent,
    plain,
    seconds_between,
    state_words,
)
from actui.model.run import GoalProgress, GoalSummary, Outcome, RunSnapshot, RunSummary

_RATE_SECONDS = 10.0
_BAR_WIDTH = 20


@dataclass(frozen=True, slots=True)
class GoalView:
    """One goal's texts; each is shown in a place of its own, so that only what changed is sent."""

    title: str
    phase: str
    progress: str
    rate: str
    counts: tuple[str, ...]
    notes: str


@dataclass(frozen=True, slots=True)
class RunView:
    """A run's texts."""

    state: str
    elapsed: str
    message: str
    goals: tuple[GoalView, ...]
    ended: bool


class Rates:
    """Records per second of each goal over the last ten seconds of pictures."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[tuple[str, int]]] = {}

    def add(self, snapshot: RunSnapshot) -> None:
        """Take one more picture into account."""
        for goal in snapshot.goals:
            seen = self._seen.setdefault(goal.summary.goal, deque())
            seen.append((snapshot.updated, goal.summary.read))
            while seconds_between(seen[0][0], snapshot.updated) > _RATE_SECONDS and len(seen) > 2:
                seen.popleft()

    def of(self, goal: str) -> float | None:
        """None until two pictures are known."""
        seen = self._seen.get(goal)
        if not seen or len(seen) < 2:
            return None
        passed = seconds_between(seen[0][0], seen[-1][0])
        return (seen[-1][1] - seen[0][1]) / passed if passed > 0 else None


def live_view(snapshot: RunSnapshot, rates: Rates, glyphs: Glyphs) -> RunView:
    """A run that is going, or its last picture."""
    ended = snapshot.state.is_final
    ok = all(goal.summary.ok for goal in snapshot.goals)
    return RunView(
        state=state_words(snapshot.state, ok),
        elapsed=duration(seconds_between(snapshot.started, snapshot.updated)),
        message=plain(snapshot.message),
        goals=tuple(_goal(goal, rates.of(goal.summary.goal), glyphs) for goal in snapshot.goals),
        ended=ended,
    )


def past_view(run: RunSummary, glyphs: Glyphs, zone: str) -> RunView:
    """A run of the history."""
    message = plain(" ".join(part for part in (run.message, run.notice) if part))
    began = f"started {moment(run.started, zone).strip()}, {plain(run.trigger)}"
    return RunView(
        state=state_words(run.state, run.ok),
        elapsed=duration(seconds_between(run.started, run.ended)) if run.ended else "",
        message=f"{began}. {message}" if message else began,
        goals=tuple(
            _goal(GoalProgress(summary=goal, done=True), None, glyphs) for goal in run.goals
        ),
        ended=run.state.is_final,
    )


def _goal(progress: GoalProgress, rate: float | None, glyphs: Glyphs) -> GoalView:
    summary = progress.summary
    return GoalView(
        title=f"{plain(summary.goal)}  {summary.kind}",
        phase=_phase(progress, glyphs),
        progress=_progress(progress, glyphs),
        rate=_rate(progress, rate),
        counts=tuple(
            f"{outcome.value} {number(getattr(summary, outcome.value))}" for outcome in Outcome
        ),
        notes=_notes(summary),
    )


def _phase(progress: GoalProgress, glyphs: Glyphs) -> str:
    if not progress.summary.ok:
        return f"{glyphs.failed} failed"
    return f"{glyphs.tick} done" if progress.done else plain(progress.phase) or "waiting"


def _progress(progress: GoalProgress, glyphs: Glyphs) -> str:
    read = progress.summary.read
    if progress.done or not progress.expected:
        return f"{number(read)} read"
    bar = glyphs.bar(read, progress.expected, _BAR_WIDTH)
    share = percent(read, progress.expected)
    return f"{bar} {share} {number(read)} of about {number(progress.expected)}"


def _rate(progress: GoalProgress, rate: float | None) -> str:
    if progress.done:
        seconds = progress.summary.seconds
        each = progress.summary.read / seconds if seconds > 0 else 0.0
        return f"in {duration(seconds)}, {each:,.0f}/s" if seconds > 0 else ""
    return f"{rate:,.0f}/s" if rate is not None else ""


def _notes(summary: GoalSummary) -> str:
    parts = []
    if summary.message:
        parts.append(plain(summary.message))
    if summary.unknown:
        parts.append(f"{number(summary.unknown)} UNRESOLVED: sent, and nobody knows the answer")
    if summary.reasons:
        named = [f"{plain(why)} {number(many)}" for why, many in sorted(summary.reasons.items())]
        parts.append("Reasons: " + ", ".join(named))
    lists = summary.lists.model_dump()
    if any(lists.values()):
        parts.append(
            "Lists: " + ", ".join(f"{name} {number(many)}" for name, many in lists.items() if many)
        )
    if summary.warnings:
        parts.append(counted(summary.warnings, "warning", "warnings"))
    return "\n".join(parts)


def history_row(run: RunSummary, glyphs: Glyphs, zone: str) -> tuple[str, str, str, str]:
    """A run in the run history: when, how it ended, how long, how many records."""
    state = f"{glyphs.run_state(run)} {state_words(run.state, run.ok)}"
    took = duration(seconds_between(run.started, run.ended)) if run.ended else ""
    return (
        moment(run.started, zone),
        state,
        took,
        number(sum(goal.read for goal in run.goals)),
    )


def last_run(run: RunSummary | None, glyphs: Glyphs, zone: str) -> str:
    """The last run in a table's cell: how it ended as a sign, and when it began."""
    if run is None:
        return "never"
    return f"{glyphs.run_state(run)} {moment(run.started, zone).strip()}"
