"""What the run of one goal holds: its ports, its counts, what it was asked to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from actui.model.goals import Goal, Mode
from actui.model.journal import BatchCommit
from actui.model.omitted import Omitted
from actui.model.run import GoalProgress, GoalSummary, Record
from actui.sync.erasure import Forgotten, no_one_erased
from actui.sync.ledger_ports import Ledger
from actui.sync.ports import ActiveCampaign, BlueConic, Clock
from actui.sync.resolve import Accounts
from actui.sync.resolved_goals import ResolvedConnection
from actui.sync.run.meter import Meter, count, count_rechecked, stamp
from actui.sync.run.stop import Stop
from actui.sync.run.warnings import count_omission, count_once

OVERLAP = timedelta(hours=1)


class MiscountError(Exception):
    """A goal's outcomes do not add up to the records it read: a bug of actui.

    No ActuiError, as nobody can act on it: the run is cut off, and the command ends with exit code
    70 and a report.
    """


OutcomeListener = Callable[[str, Sequence[Record]], None]
"""Called as (goal id, records) before each batch is committed; must not raise."""


def ignore_outcomes(goal: str, records: Sequence[Record]) -> None:
    """Null listener."""


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """The people that a run is about, where it is not about everybody.

    `keys` are contact ids (import goals) or profile ids (export goals) by goal id; `emails`, in
    their canonical form, are people of the export goals' segments.
    """

    keys: Mapping[str, frozenset[str]] = field(default_factory=dict)
    emails: frozenset[str] = frozenset()

    def of(self, goal: str) -> frozenset[str]:
        """The keys for one goal."""
        return self.keys.get(goal, frozenset())


@dataclass(frozen=True, slots=True)
class Options:
    """What a command asked of this run beyond the configuration."""

    goals: tuple[str, ...] = ()
    full: bool = False
    fresh: bool = False
    limit: int | None = None
    confirm_leavers: int | None = None
    confirm_restored: bool = False
    """Whether it is known that the ledger may be older than what was done (store/README.md §3)."""
    trigger: str = "manual"
    only: PeopleFilter | None = None
    counts_leavers: bool = False
    """Whether a rehearsal of some people also counts who left; a run of some people never does."""

    @property
    def is_partial(self) -> bool:
        """Whether the run is about some people only, so that nothing follows from who is absent."""
        return self.limit is not None or self.only is not None


class ReadingPlan(NamedTuple):
    """Whether a goal reads everything and, where it does not, the time from which it reads."""

    everything: bool
    since: datetime | None


@dataclass(slots=True)
class GoalRun:
    """One goal in one run; `commit` is the only way its counts grow."""

    run: str
    connection: ResolvedConnection
    goal: Goal
    activecampaign: ActiveCampaign
    blueconic: BlueConic
    ledger: Ledger
    clock: Clock
    accounts: Accounts
    options: Options
    stop: Stop
    meter: Meter
    progress: GoalProgress
    summary: GoalSummary
    started_at: datetime
    """ActiveCampaign's own `Date` when this run first began: the next watermark."""
    is_dated: bool
    """Whether `started_at` is ActiveCampaign's; the machine's own must become no watermark."""
    service_now: Callable[[], datetime]
    """The present by ActiveCampaign's clock."""
    settle_seconds: float
    """How long after a lost answer a service may still apply what it was sent."""
    listener: OutcomeListener = ignore_outcomes
    forgotten: Forgotten = no_one_erased
    unsettled: dict[str, Omitted] = field(default_factory=dict)
    """What was left out for people who have no outcome yet, by their key."""
    rechecking: dict[str, Record | None] = field(default_factory=dict)
    """People being rechecked, by their key, with the outcome that this run has counted, if any."""
    config: str = field(init=False)
    """The digest of the goal, which stays as it is for the whole run."""

    def __post_init__(self) -> None:
        self.config = self.goal.config_hash()

    def commit(self, done: BatchCommit) -> None:
        """Make an acknowledged batch durable and count it: both, or neither where that fails."""
        records = [one.record for one in done.records]
        replaced = {one.key for one in done.records if self.rechecking.get(one.key) is not None}
        counted = self.summary.model_copy(deep=True)
        self._count(counted, done)
        self.listener(self.goal.id, records)
        done = replace(done, config=self.config, replaced=frozenset(replaced))
        self.ledger.commits.write(self.run, self.goal.id, done, counted)
        # the one object that is shown and saved: it counts what is durable and nothing else
        self._count(self.summary, done)
        for one in done.records:
            self.unsettled.pop(one.key, None)
            self.rechecking.pop(one.key, None)
        self.meter.troubles(self.summary.goal, records)
        self.meter.tick()

    def _count(self, summary: GoalSummary, done: BatchCommit) -> None:
        count(summary, (one.record for one in done.records), done.lists)
        count_rechecked(summary, done.records, self.rechecking)
        summary.rechecked += done.rechecked

    def expect(self, key: str, omitted: Omitted) -> None:
        """Keep what was omitted for a person until their outcome is committed and counts it."""
        if omitted:
            self.unsettled[key] = omitted

    def count_unsettled(self) -> None:
        """Count the omissions of people who get no outcome in this run because it failed."""
        for omitted in self.unsettled.values():
            count_omission(self.summary, omitted)
        self.unsettled.clear()

    def phase(self, words: str, expected: int | None = None) -> None:
        """Show what the goal is doing now, and out of how many where that is known."""
        self.progress.phase = words
        if expected is not None:
            self.progress.expected = expected
        self.meter.tick()

    def warn_once(self, words: str) -> None:
        """Count one warning of a kind, however often it occurs."""
        if count_once(self.summary, words):
            self.note(words)

    def note(self, words: str) -> None:
        """Add a sentence to the goal's message, once."""
        if words not in self.summary.message:
            self.summary.message = f"{self.summary.message} {words}".strip()

    def plan(self) -> ReadingPlan:
        """What this run reads.

        Everything: in a full run, when the goal is not the one that last succeeded, when the last
        complete reading is `reconcile_days` old, and when the watermark lies in the future.
        """
        state = self.ledger.goals.state(self.goal.id)
        changed_goal = not self.goal.is_configured_as(state.config_hash)
        if changed_goal and state.config_hash:
            self.note(
                "The goal has changed since its last complete run, so everybody is sent again once."
            )
        if self.is_full or changed_goal or state.watermark is None:
            return ReadingPlan(True, None)
        watermark = datetime.fromisoformat(state.watermark)
        if watermark > self.started_at:
            self.note(
                "The last complete run has a later time than this one, so a clock was wrong: "
                "everybody is read once."
            )
            return ReadingPlan(True, None)
        return ReadingPlan(not self.is_recent(state.reconciled), watermark - OVERLAP)

    def is_recent(self, complete: str | None) -> bool:
        """Whether a complete reading, by its stamp, is younger than `reconcile_days`.

        One in the future was stamped by a clock that was wrong: nobody knows how old it is.
        """
        if complete is None:
            return False
        age = self.started_at - datetime.fromisoformat(complete)
        return timedelta() <= age < timedelta(days=self.goal.reconcile_days)

    @property
    def is_full(self) -> bool:
        """Whether everybody is sent even if nothing changed, as asked for or configured."""
        return self.options.full or self.goal.mode is Mode.FULL

    @property
    def is_refused(self) -> bool:
        """Whether it has failed: something rejected and nothing accepted (sync/README.md §1)."""
        summary = self.summary
        return bool(summary.rejected) and not (
            summary.created + summary.updated + summary.unchanged
        )

    def check_counts(self) -> None:
        """Raise MiscountError unless each record read has one outcome (sync/README.md §10).

        This holds after every commit, so also for a goal with a limit, of a preview, or continued.
        """
        summary = self.summary
        if not summary.adds_up:
            several = "" if summary.outcomes == 1 else "s"
            raise MiscountError(
                f"The goal '{summary.goal}' read {summary.read:,} records and counted "
                f"{summary.outcomes:,} outcome{several}."
            )

    def finished(self, read_everything: bool) -> None:
        """Judge a goal that came to its end; move the watermark if it was whole and successful.

        Raises MiscountError, and then moves nothing.
        """
        self.check_counts()
        summary = self.summary
        if self.is_refused:
            summary.ok = False
            summary.code = "nothing-accepted"
            summary.message = (
                f"All {summary.rejected:,} were rejected."
                if summary.rejected > 1
                else "The only one was rejected."
            )
        self._tell_missing()
        if self.options.is_partial or not summary.ok:
            return
        before = self.ledger.goals.state(self.goal.id)
        after = replace(before, config_hash=self.config)
        if self.is_dated:
            now = stamp(self.started_at)
            after = replace(
                after,
                watermark=now,
                reconciled=now if read_everything else before.reconciled,
            )
        self.ledger.goals.save_state(self.goal.id, after)

    def _tell_missing(self) -> None:
        only = self.options.only
        wanted = len(only.of(self.goal.id)) if only is not None else 0
        if self.summary.read < wanted:
            missing = wanted - self.summary.read
            self.note(f"{missing:,} of {wanted:,} people are not this goal's any more.")
