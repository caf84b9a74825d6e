"""A run as text, the same for one that is going and for one of the history."""

from __future__ import annotations

from dataclasses import dataclass, replace

from actui.console.formatting import (
    Glyphs,
    counted,
    duration,
    moment,
    number,
    percent,
    plain,
    seconds_between,
    shortened,
    state_words,
)
from actui.console.views.run_speed import Speed
from actui.model.run import GoalProgress, GoalSummary, Outcome, Problem, RunSnapshot, RunSummary

CALM_SECONDS = 3.0
"""What is read rather than watched changes no more often: over a slow line it costs most."""
_PROBLEMS = 3
_LONGEST = 160
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
    services: str = ""
    chart: str = ""
    problems: str = ""


def live_view(snapshot: RunSnapshot, pace: Speed, glyphs: Glyphs, limit: float) -> RunView:
    """A run that is going, or its last picture; `limit` is ActiveCampaign's requests a second."""
    ended = snapshot.state.is_final
    ok = all(goal.summary.ok for goal in snapshot.goals)
    return RunView(
        state=state_words(snapshot.state, ok),
        elapsed=duration(seconds_between(snapshot.started, snapshot.updated)),
        message=plain(snapshot.message),
        goals=tuple(
            _goal(goal, pace.of_goal(name), glyphs, settled=pace.is_known(name))
            for goal in snapshot.goals
            for name in (goal.summary.goal,)
        ),
        ended=ended,
        services=_services(snapshot, pace, limit),
        chart=glyphs.chart(pace.bars),
        problems="\n".join(_problem(one, glyphs) for one in snapshot.problems[-_PROBLEMS:]),
    )


class Live:
    """A run that is going, picture by picture."""

    def __init__(self, glyphs: Glyphs, limit: float) -> None:
        self._glyphs = glyphs
        self._limit = limit
        self._speed = Speed()
        self._calm: RunView | None = None
        self._since = 0.0

    def view(self, snapshot: RunSnapshot) -> RunView:
        """The texts of a picture; counts are its own, sentences change every few seconds."""
        self._speed.add(snapshot)
        made = live_view(snapshot, self._speed, self._glyphs, self._limit)
        calm = self._calm
        ripe = not 0 <= snapshot.elapsed - self._since < CALM_SECONDS
        if calm is None or ripe or made.ended or _stages(calm) != _stages(made):
            self._calm, self._since = made, snapshot.elapsed
            return made
        return replace(
            made,
            services=calm.services,
            chart=calm.chart,
            problems=calm.problems,
            goals=tuple(
                replace(goal, notes=before.notes)
                for goal, before in zip(made.goals, calm.goals, strict=True)
            ),
        )


def _stages(view: RunView) -> tuple[str, ...]:
    return (view.state, *(goal.phase for goal in view.goals))


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


def _services(snapshot: RunSnapshot, pace: Speed, limit: float) -> str:
    """How fast the run asks each service, and what ActiveCampaign allows."""
    lines = []
    ours, theirs = pace.of_service("activecampaign"), pace.of_service("blueconic")
    if ours is not None:
        lines.append(f"ActiveCampaign {ours:.1f} of {limit:g}/s")
    if theirs is not None:
        lines.append(f"BlueConic {theirs:.1f}/s")
    if snapshot.requests.throttled:
        lines.append(f"slowed {number(snapshot.requests.throttled)}x")
    return ", ".join(lines)


def _problem(problem: Problem, glyphs: Glyphs) -> str:
    message = ": ".join(part for part in (problem.reason, problem.detail) if part)
    who = f"{glyphs.failed} {plain(problem.who)} {problem.outcome.value}"
    return shortened(f"{who}, {plain(message)}" if message else who, _LONGEST)


def _goal(
    progress: GoalProgress, rate: float | None, glyphs: Glyphs, *, settled: bool = False
) -> GoalView:
    summary = progress.summary
    return GoalView(
        title=f"{plain(summary.goal)} ({summary.kind} goal)",
        phase=_phase(progress, glyphs),
        progress=_progress(progress, glyphs),
        rate=_rate(progress, rate, settled),
        counts=tuple(
            f"{outcome.value} {number(getattr(summary, outcome.value))}" for outcome in Outcome
        ),
        notes=_notes(summary),
    )


def _phase(progress: GoalProgress, glyphs: Glyphs) -> str:
    if progress.summary.is_stopped:
        return f"{glyphs.off} stopped"
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


def _rate(progress: GoalProgress, rate: float | None, settled: bool) -> str:
    if progress.done:
        seconds = progress.summary.seconds
        each = progress.summary.read / seconds if seconds > 0 else 0.0
        return f"in {duration(seconds)}, {each:,.0f}/s" if seconds > 0 else ""
    if rate is None:
        return ""
    left = (progress.expected or 0) - progress.summary.read
    if rate <= 0 or left <= 0 or not settled:
        return f"{rate:,.0f}/s"
    return f"{rate:,.0f}/s, {duration(left / rate)} left"


def _notes(summary: GoalSummary) -> str:
    parts = []
    if summary.message:
        parts.append(plain(summary.message))
    if summary.unknown:
        parts.append(f"{number(summary.unknown)} UNRESOLVED: sent, and nobody knows the answer")
    if summary.reasons:
        named = [f"{plain(why)} {number(many)}" for why, many in sorted(summary.reasons.items())]
        parts.append("Reasons: " + ", ".join(named))
    if summary.rechecks:
        parts.append(f"People without a match: {summary.rechecks}")
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
