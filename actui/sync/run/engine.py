"""A run from its first request to its summary (sync/README.md §1): order, resume, stop, failure.

Long because every way in which a run can begin, go on and end meets here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from actui.model.connection import Connection, goal_called
from actui.model.errors import (
    ActuiError,
    ConfigError,
    CredentialsError,
    DamagedError,
    StoppedError,
    StorageError,
    UnreachableError,
)
from actui.model.findings import errors
from actui.model.goals import ExportGoal, ImportGoal
from actui.model.records import ImportRow
from actui.model.run import GoalSummary, RequestCounts, RunSnapshot, RunState, RunSummary
from actui.sync.erasure import Forgotten, no_one_erased
from actui.sync.exporting.exporter import ExportRun
from actui.sync.exporting.leavers import Claims
from actui.sync.importing.importer import ImportRun
from actui.sync.importing.recheck import Recheck
from actui.sync.ledger_ports import Ledger, RunJournal
from actui.sync.ports import ActiveCampaign, BlueConic, Clock
from actui.sync.resolve import Accounts, read_accounts, resolve
from actui.sync.resolved_goals import (
    ResolvedConnection,
    ResolvedGoal,
    ResolvedImport,
)
from actui.sync.run.goal_run import GoalRun, Options, OutcomeListener, ignore_outcomes
from actui.sync.run.meter import Meter, stamp
from actui.sync.run.service_time import ServiceTime
from actui.sync.run.stop import Stop
from actui.sync.run.unfinished import GOALS_FAILED, new_run_id
from actui.sync.run.warnings import take_back, tell

_ENDS_THE_RUN = (
    *(StoppedError, CredentialsError, UnreachableError),
    *(DamagedError, StorageError),
)
"""Failures that no other goal of the run can escape."""
_FIRST_START = "first-start"
_SERVED_AT = "served-at"
_UNDATED = "undated"
"""Set where ActiveCampaign's answers carry no `Date`: the first start is by the machine's clock."""
_GOALS = "goals"
_PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside the engine that a run works with.

    `settle_seconds` is how long a write whose answer was lost may still be applied
    (sync/README.md §4).

    `row_size` tells the bytes of one row of a bulk import; `keep` receives the connection once
    its names have been resolved to ids; `save` receives the summary at each change of state.
    `claims` tells which contacts export goals of other connections want to stay on a list;
    `listener` receives outcomes. Without `rechecks`, people without a match are left alone.
    `stopping` is called once somebody has asked the run to stop: the clients' waits are to end.
    """

    activecampaign: ActiveCampaign
    blueconic: BlueConic
    ledger: Ledger
    clock: Clock
    row_size: Callable[[ImportRow], int]
    save: Callable[[RunSummary], None]
    keep: Callable[[Connection], None]
    claims: Claims
    settle_seconds: float
    listener: OutcomeListener = ignore_outcomes
    forgotten: Forgotten = no_one_erased
    rechecks: bool = True
    stopping: Callable[[], None] = lambda: None


def chosen_goals(connection: Connection, options: Options) -> list[ImportGoal | ExportGoal]:
    """The goals of a run in their order: imports first, then exports (sync/README.md §1).

    Raises ConfigError where a run makes no sense; nothing has been touched then.
    """
    if not connection.enabled:
        raise ConfigError(
            f"'{connection.name}' is switched off; switch it on and run it again.", code="off"
        )
    wrong = errors(connection)
    if wrong:
        raise ConfigError("\n".join(finding.message for finding in wrong), code="incomplete")
    active: list[ImportGoal | ExportGoal] = [*connection.imports(), *connection.exports()]
    if not options.goals:
        return active
    wanted = []
    for word in options.goals:
        goal = goal_called(active, word)
        if goal is None:
            raise ConfigError(f"'{connection.name}' has no active goal '{word}'.")
        wanted.append(goal)
    return [goal for goal in active if goal in wanted]


class Engine:
    """One run of one connection. The caller holds the connection's run lock."""

    def __init__(self, connection: Connection, ports: Ports, options: Options, pid: int) -> None:
        self._connection = connection
        self._ports = ports
        self._runs = ports.ledger.runs
        self._options = options
        self._pid = pid
        self._goals = chosen_goals(connection, options)
        run, self._resumed = self._run_id()
        started = stamp(ports.clock.now())
        self.summary = RunSummary(
            run=run,
            connection=connection.name,
            connection_id=connection.id,
            trigger=options.trigger,
            started=started,
        )
        self.stop = Stop(self._runs, run, ports.clock, self._stopping)
        self._service_time = ServiceTime(ports.clock)
        self._meter = Meter(
            self._runs,
            ports.clock,
            RunSnapshot(
                run=run,
                connection_id=connection.id,
                state=RunState.STARTING,
                pid=pid,
                started=started,
            ),
            self._traffic,
        )

    @property
    def live(self) -> RunSnapshot:
        """The run as it stands now."""
        return self._meter.snapshot

    def _shape(self) -> dict[str, str]:
        """The goals of the run, each with a digest of its configuration."""
        return {goal.id: goal.config_hash() for goal in self._goals}

    def _keep_shape(self) -> None:
        self._runs.set_fact(self.summary.run, _GOALS, json.dumps(self._shape()))

    def _run_id(self) -> tuple[str, bool]:
        """The run to continue, or a new one.

        A changed goal of a run that is continued starts over; a changed set of goals ends it. A
        run about some people alone neither continues another nor is it continued: what it has
        read to the end is not everybody.
        """
        unfinished = self._runs.open_run()
        if unfinished is not None:
            began = json.loads(self._runs.fact(unfinished, _GOALS) or "{}")
            now = self._shape()
            partial = self._options.is_partial or self._runs.fact(unfinished, _PARTIAL) is not None
            anew = partial or self._options.fresh or self._options.full
            if began.keys() == now.keys() and not anew:
                for goal in self._goals:
                    if not goal.is_configured_as(began[goal.id]):
                        self._runs.restart_goal(unfinished, goal.id)
                return unfinished, True
            self._runs.end(unfinished, resumable=False)
        at = self._ports.clock.now()
        # a clock that was put back, or stands still, shows an instant more than once
        while self._runs.knows(run := new_run_id(at)):
            at += timedelta(milliseconds=1)
        return run, False

    async def execute(self) -> RunSummary:
        """Run to a final state and return the summary.

        Raises what no ledger or history can record: StorageError, sqlite3.Error, OSError, and
        bugs. The run is cut off then, and can be continued.
        """
        summary = self.summary
        self._runs.begin(summary.run, summary.trigger, summary.started, self._pid)
        if self._resumed:
            summary.started = self._runs.fact(summary.run, _FIRST_START) or summary.started
        else:
            self._runs.set_fact(summary.run, _FIRST_START, summary.started)
        if self._options.is_partial:
            self._runs.set_fact(summary.run, _PARTIAL, "1")
        self._keep_shape()
        self._enter(RunState.STARTING)
        work: asyncio.Task[object] = asyncio.create_task(self._work())
        watch = asyncio.create_task(self.stop.watch(work))
        # without the watch no request to stop would be seen
        watch.add_done_callback(lambda ended: work.cancel() if _failed(ended) else None)
        try:
            await work
        except asyncio.CancelledError:
            if watch.done() and not watch.cancelled() and (failed := watch.exception()):
                raise failed from None
            if self.stop.level == 0:
                raise
            self._end(RunState.STOPPED, StoppedError("The run was ended at once."))
        except StorageError:
            raise  # nothing more can be written down: whoever notices closes it, and it goes on
        except StoppedError as stopped:
            self._end(RunState.STOPPED, stopped)
        except ActuiError as failure:
            self._end(RunState.FAILED, failure)
        finally:
            watch.cancel()
        return summary

    async def _work(self) -> None:
        accounts, connection = await self._prepare()
        self._ports.ledger.shown_contacts.keep_only(goal.id for goal in self._connection.goals)
        self._enter(RunState.RUNNING)
        done: list[GoalRun] = []
        chosen = {goal.name for goal in self._goals}
        goals = [goal for goal in connection.goals if goal.settings.name in chosen]
        for goal in goals:
            self.stop.check()
            done.append(await self._goal(goal, connection, accounts))
        # nobody who changed waits for people of whom nothing is known to have changed
        for goal, goal_run in zip(goals, done, strict=True):
            if isinstance(goal, ResolvedImport) and goal_run.summary.ok:
                await self._recheck(goal_run, goal)
        failed = [goal for goal in self.summary.goals if not goal.ok]
        self.summary.ok = not failed
        if failed:
            self.summary.code = GOALS_FAILED
            self.summary.message = f"{failed[0].goal}: {failed[0].message}"
        self._runs.end(self.summary.run, resumable=False)
        self._finish(RunState.FINISHED)

    async def _prepare(self) -> tuple[Accounts, ResolvedConnection]:
        """Prove both credentials and find every name, before anything is written anywhere."""
        ports = self._ports
        await ports.activecampaign.me()
        accounts = await read_accounts(self._connection, ports.activecampaign, ports.blueconic)
        resolution = resolve(self._connection, accounts)
        resolved = resolution.usable()
        if resolution.connection != self._connection:
            self._connection = resolution.connection
            ports.keep(self._connection)
            self._goals = chosen_goals(self._connection, self._options)
            self._keep_shape()
        is_first = self._runs.fact(self.summary.run, _SERVED_AT) is None
        if is_first or any(isinstance(one, ExportGoal) and one.lifecycle for one in self._goals):
            page = await ports.activecampaign.highest_contact_id()
            self._service_time.show(page.served_at)
            if is_first:
                self._keep_start(page.served_at)
        await self._create_list_properties(accounts)
        return accounts, resolved

    def _keep_start(self, served_at: datetime | None) -> None:
        """Keep when the run first started, for whichever process continues it."""
        run = self.summary.run
        if served_at is None:
            self._runs.set_fact(run, _UNDATED, "1")
        self._runs.set_fact(run, _SERVED_AT, stamp(self._service_time.now()))

    async def _create_list_properties(self, accounts: Accounts) -> None:
        """Create the properties that keep list names where they do not exist yet."""
        wanted = {
            goal.save_lists_to
            for goal in self._goals
            if isinstance(goal, ImportGoal) and goal.save_lists_to
        }
        missing = wanted - accounts.properties.keys()
        for name in sorted(missing):
            await self._ports.blueconic.create_property(name, name, "SELECT")

    async def _goal(
        self, resolved: ResolvedGoal, connection: ResolvedConnection, accounts: Accounts
    ) -> GoalRun:
        ports, run, goal = self._ports, self.summary.run, resolved.settings
        kept = self._runs.goal_summary(run, goal.id)
        summary = kept or GoalSummary(goal=goal.name, goal_id=goal.id, kind=goal.kind)
        self.summary.goals.append(summary)
        goal_run = self._goal_run(goal, connection, accounts, summary)
        if self._runs.goal_is_done(run, goal.id):
            goal_run.progress.done = True
            return goal_run
        summary.ok, summary.code, summary.message = True, "", ""
        through = False
        try:
            with self._measured(summary):
                if isinstance(resolved, ResolvedImport):
                    await ImportRun(goal_run, resolved).execute()
                else:
                    await ExportRun(goal_run, resolved, ports.row_size, ports.claims).execute()
            through = summary.ok
        except _ENDS_THE_RUN as failure:
            # not checked: what ends the run must reach the user, and the goal goes on in the next
            _fail(summary, failure)
            raise
        except ActuiError as failure:
            _fail(summary, failure)
            goal_run.check_counts()
        finally:
            if through:
                tell(summary)
            # a goal that was ended where it stood is not through, however well it went until then
            self._runs.save_goal_summary(run, goal.id, summary, done=through)
            if not self.stop.level:
                # after it was kept: a run that goes on here counts them with their outcomes
                goal_run.count_unsettled()
            tell(summary)
        goal_run.progress.done = True
        self._meter.flush()
        return goal_run

    async def _recheck(self, goal_run: GoalRun, goal: ResolvedImport) -> None:
        """Look again for people without a match; a failure here does not fail the goal."""
        ports, summary, id_ = self._ports, goal_run.summary, goal.settings.id
        if not ports.rechecks or ports.ledger.rechecks.mark(self.summary.run, id_) is None:
            return
        self.stop.check()
        goal_run.progress.done = False
        take_back(summary)
        try:
            with self._measured(summary):
                await Recheck(goal_run, goal).execute()
            goal_run.check_counts()
        except _ENDS_THE_RUN:
            raise
        except ActuiError as failure:
            goal_run.warn_once(
                f"People without a match were not all rechecked: {failure.message} "
                "The next run goes on there."
            )
        finally:
            tell(summary)
            self._runs.save_goal_summary(self.summary.run, id_, summary, done=True)
            goal_run.progress.done = True
            self._meter.flush()

    def _goal_run(
        self,
        goal: ImportGoal | ExportGoal,
        connection: ResolvedConnection,
        accounts: Accounts,
        summary: GoalSummary,
    ) -> GoalRun:
        ports = self._ports
        served_at = self._runs.fact(self.summary.run, _SERVED_AT)
        return GoalRun(
            run=self.summary.run,
            connection=connection,
            goal=goal,
            activecampaign=ports.activecampaign,
            blueconic=ports.blueconic,
            ledger=ports.ledger,
            clock=ports.clock,
            accounts=accounts,
            options=self._options,
            stop=self.stop,
            meter=self._meter,
            progress=self._meter.goal(summary),
            summary=summary,
            started_at=datetime.fromisoformat(served_at) if served_at else ports.clock.now(),
            is_dated=self._runs.fact(self.summary.run, _UNDATED) is None,
            service_now=self._service_time.now,
            settle_seconds=ports.settle_seconds,
            listener=ports.listener,
            forgotten=ports.forgotten,
        )

    @contextmanager
    def _measured(self, summary: GoalSummary) -> Iterator[None]:
        """Add the requests and seconds of the block to the goal's."""
        began, before = self._ports.clock.monotonic(), self._traffic()
        already, spent = summary.requests.model_copy(), summary.seconds
        try:
            yield
        finally:
            summary.requests = _sum(already, self._traffic(), before)
            summary.seconds = round(spent + self._ports.clock.monotonic() - began, 1)

    def _traffic(self) -> RequestCounts:
        ours, theirs = self._ports.activecampaign.traffic, self._ports.blueconic.traffic
        return RequestCounts(
            activecampaign=ours.requests,
            blueconic=theirs.requests,
            throttled=ours.throttled + theirs.throttled,
        )

    def _enter(self, state: RunState) -> None:
        self.summary.state = state
        self.summary.unique = self._ports.ledger.people.exchanged_counts()
        try:
            self._ports.save(self.summary)
        finally:
            # where the history cannot be written, this says how the run has ended
            self._meter.state(state, self.summary.message)

    def _end(self, state: RunState, failure: ActuiError) -> None:
        self.summary.code, self.summary.message = failure.code, failure.message
        self.summary.cause = failure.default_code
        resumable = state is RunState.STOPPED and not self._options.is_partial
        try:
            self._runs.end(self.summary.run, resumable=resumable)
            self._finish(state)
        except DamagedError:
            # the history alone can tell how a run ended whose ledger failed it
            self.summary.state = state
            self.summary.ended = stamp(self._ports.clock.now())
            self._ports.save(self.summary)

    def _stopping(self) -> None:
        self._ports.stopping()
        if self.summary.state is RunState.RUNNING:
            with suppress(StorageError):  # it stops whether or not that can be written down
                self._enter(RunState.STOPPING)

    def _finish(self, state: RunState) -> None:
        self.summary.ended = stamp(self._ports.clock.now())
        self._enter(state)


def is_unfinished(runs: RunJournal) -> bool:
    """Whether the last run was about everybody and has not come to its end."""
    unfinished = runs.open_run()
    return unfinished is not None and runs.fact(unfinished, _PARTIAL) is None


def _failed(task: asyncio.Task[None]) -> bool:
    return not task.cancelled() and task.exception() is not None


def _fail(summary: GoalSummary, failure: ActuiError) -> None:
    summary.ok = False
    summary.code = failure.code
    summary.message = failure.message


def _sum(already: RequestCounts, now: RequestCounts, before: RequestCounts) -> RequestCounts:
    return RequestCounts(
        activecampaign=already.activecampaign + now.activecampaign - before.activecampaign,
        blueconic=already.blueconic + now.blueconic - before.blueconic,
        throttled=already.throttled + now.throttled - before.throttled,
    )
