"""A run: followed from outside while it goes, from the run history afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Horizontal, Vertical, VerticalScroll

from actui.console.feed import FeedCursor, follow
from actui.console.formatting import counted, plain
from actui.console.views.outcomes import Filter
from actui.console.views.run import GoalView, Live, RunView, past_view
from actui.console.workbench import Workbench
from actui.model.connection import Connection
from actui.model.errors import ConfigError
from actui.model.run import FAILED, GoalSummary, RunSnapshot, RunSummary
from screens.base import ActuiScreen, TextLine
from screens.dialogs.confirm import ConfirmScreen
from screens.outcomes_page import OutcomesScreen, WhyScreen
from screens.widgets.footer import KeyFooter

RUN = "run"
"""The group of the workers that start a run."""
_STARTING = "Starting the run."
SHOW_SECONDS = 0.9
"""Between two repaints of a live run; each costs a kilobyte on a slow line."""


class GoalBlock(Vertical):
    """One goal's texts, each in a place of its own size so that a change repaints little."""

    def __init__(self, view: GoalView) -> None:
        super().__init__(classes="goal-block")
        self._view = view

    def compose(self) -> ComposeResult:
        view = self._view
        with Horizontal(classes="line"):
            yield TextLine(view.title, classes="title", fixed=True)
            yield TextLine(view.phase, classes="phase", fixed=True)
        with Horizontal(classes="line"):
            yield TextLine(view.progress, classes="progress", fixed=True)
            yield TextLine(view.rate, classes="rate", fixed=True)
        with Grid(classes="counts"):
            for text in view.counts:
                yield TextLine(text, classes="count", fixed=True)
        yield TextLine(view.notes, classes="notes")

    def put(self, view: GoalView) -> None:
        """Show what changed."""
        for place, text in (
            (".title", view.title),
            (".phase", view.phase),
            (".progress", view.progress),
            (".rate", view.rate),
            (".notes", view.notes),
        ):
            self.query_one(place, TextLine).put(text)
        for line, text in zip(self.query(".count").results(TextLine), view.counts, strict=True):
            line.put(text)


class RunScreen(ActuiScreen):
    """A run that is going (`past` None), one just started (`since`), or one of the history."""

    CSS_PATH = "run_page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "stop", "Stop", tooltip="Finish the batch in flight and stop", id="run.stop"),
        Binding(
            "S", "stop_now", "Stop now", tooltip="Stop without finishing the batch", id="run.now"
        ),
        Binding("o", "outcomes", "Outcomes", tooltip="What became of each person", id="run.people"),
        Binding(
            "t",
            "retry",
            "Retry",
            tooltip="Send again who was rejected or is unknown",
            id="run.retry",
        ),
        Binding(
            "l",
            "leavers",
            "Confirm leavers",
            tooltip="Run again and unsubscribe the people who seem to have left the segment",
            id="run.leavers",
        ),
        Binding("f5", "again", "Run", tooltip="Run the connection again", id="run.again"),
        Binding("w", "why", "Why", tooltip="One person's story across runs", id="run.why"),
    ]

    def __init__(
        self,
        workbench: Workbench,
        connection: Connection,
        *,
        past: RunSummary | None = None,
        since: FeedCursor | None = None,
        message: str = "",
    ) -> None:
        super().__init__()
        self._workbench = workbench
        self._connection = connection
        self._past = past
        self._since = since
        self._message = message
        limit = workbench.services.home.settings.rate_of(connection.activecampaign.url)
        self._live = Live(workbench.glyphs, limit)
        self._ended = past is not None

    def compose(self) -> ComposeResult:
        yield TextLine(f"{plain(self._connection.name)} - Run", id="head")
        with Horizontal(id="state-line"):
            yield TextLine("starting" if self._since else "", id="state", fixed=True)
            yield TextLine("", id="elapsed", fixed=True)
        with Horizontal(id="speed"):
            yield TextLine("", id="services", fixed=True)
            yield TextLine("", id="chart", fixed=True)
        yield TextLine(self._message, id="message")
        yield VerticalScroll(id="goals", can_focus=True)
        yield TextLine("", id="problems")
        yield KeyFooter(compact=True)

    async def watch_world(self) -> None:
        """Follow the run until it has ended; then show what the history says of it."""
        if self._past is not None:
            await self._show(self._past_view(self._past))
            return
        latest: RunSnapshot | None = None
        reader = self._workbench.services.reader(self._connection)
        try:
            async for latest in follow(reader, since=self._since, every=SHOW_SECONDS):
                self._since = None
                await self._show(self._live.view(latest))
        except ConfigError as silent:
            self._not_started(silent.message)
            return
        self._ended = True
        self.refresh_bindings()
        if latest is None:
            self.query_one("#message", TextLine).put("Nothing is running.")
            return
        past = self._workbench.services.home.history(self._connection).find(latest.run)
        if past is not None and past.state.is_final:
            self._past = past
            self.refresh_bindings()
            await self._show(self._past_view(past))

    def _not_started(self, why: str) -> None:
        """Say why the run's process ended before it wrote any progress."""
        self._ended = True
        self.refresh_bindings()
        self.query_one("#state", TextLine).put("not started")
        self.query_one("#speed").display = False
        self.query_one("#message", TextLine).put(plain(why))

    def _past_view(self, past: RunSummary) -> RunView:
        return past_view(past, self._workbench.glyphs, self._connection.timezone)

    async def _show(self, view: RunView) -> None:
        self.query_one("#state", TextLine).put(view.state)
        self.query_one("#elapsed", TextLine).put(view.elapsed)
        self.query_one("#speed").display = not (self._ended or view.ended)
        self.query_one("#services", TextLine).put(view.services)
        self.query_one("#chart", TextLine).put(view.chart)
        self.query_one("#problems", TextLine).put(view.problems)
        self.query_one("#message", TextLine).put(view.message or self._message)
        place = self.query_one("#goals")
        blocks = list(place.query(GoalBlock))
        for block, goal in zip(blocks, view.goals, strict=False):
            block.put(goal)
        for goal in view.goals[len(blocks) :]:
            await place.mount(GoalBlock(goal))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A run that has ended cannot be stopped."""
        if not super().check_action(action, parameters):
            return False
        if action in ("stop", "stop_now"):
            return not self._ended
        if action == "again":
            return self._ended
        if action == "leavers":
            return bool(self._leavers())
        if action in ("outcomes", "retry"):
            return self._past is not None
        return True

    def action_outcomes(self) -> None:
        """Show what became of each person of a run that has ended."""
        if self._past is not None:
            self.app.push_screen(
                OutcomesScreen(self._workbench, self._connection, self._past, self.retry)
            )

    def action_retry(self) -> None:
        """Send again who was rejected or is unknown."""
        if self._past is not None:
            failed = [getattr(goal, one.value) for goal in self._past.goals for one in FAILED]
            self.retry(Filter(), sum(failed))

    def retry(self, wanted: Filter, many: int) -> None:
        """Ask whether people of this run shall be sent again; a run of its own sends them."""
        if not many:
            self.say("Nobody of this run was rejected or is unknown.")
            return
        people = counted(many, "person", "people")
        question = ConfirmScreen(
            f"Send {people} of this run again, as far as they have not been accepted since?",
            do="Send again",
            keep="Leave it",
        )
        self.app.push_screen(
            question,
            lambda yes: self.attempt(partial(self._retry, wanted), "retry") if yes else None,
        )

    async def _retry(self, wanted: Filter) -> None:
        if self._past is not None:
            run = partial(self._workbench.runs.retry, self._connection, self._past.run, wanted)
            await self._begin(run)

    async def _begin(self, run: Callable[..., Awaitable[tuple[FeedCursor, str]]]) -> None:
        def start(restored: bool) -> Awaitable[tuple[FeedCursor, str]]:
            return run(restored=restored)

        await begin(self, self._workbench, self._connection, start, "retry")

    def _leavers(self) -> dict[str, GoalSummary]:
        """By id, the goals of the connection's latest run whose leavers wait for a confirmation."""
        goals = self._past.goals if self._past is not None else ()
        waiting = {goal.goal_id: goal for goal in goals if goal.leavers}
        # asked for at each look at the keys: the history is read only where somebody waits
        if self._past is None or not waiting:
            return {}
        latest = next(iter(self._workbench.overviews.history(self._connection)), None)
        return waiting if latest is not None and latest.run == self._past.run else {}

    def action_leavers(self) -> None:
        """Run these goals again, and let as many people be unsubscribed as seem to have left."""
        waiting = self._leavers()
        lines = [
            f"{plain(goal.goal)}: {counted(goal.leavers, 'person seems', 'people seem')} to have "
            "left the segment."
            for goal in waiting.values()
        ]
        many = {goal_id: goal.leavers for goal_id, goal in waiting.items()}
        question = ConfirmScreen(
            "\n".join(lines) + "\n\nRun again and unsubscribe at most so many from the lists that "
            "the goal had put them on? Without resubscribing they are off for ever.",
            do="Run and unsubscribe",
            keep="Leave them",
        )
        self.app.push_screen(
            question,
            lambda yes: self.attempt(partial(self._confirm, many), "retry") if yes else None,
        )

    async def _confirm(self, many: dict[str, int]) -> None:
        await self._begin(partial(self._workbench.runs.start, self._connection, leavers=many))

    def action_again(self) -> None:
        """Run the connection again."""
        self.attempt(partial(run_now, self, self._workbench, self._connection), "retry")

    def action_why(self) -> None:
        """Tell one person's story."""
        self.app.push_screen(WhyScreen(self._workbench, self._connection))

    def action_stop(self) -> None:
        """Finish the batch in flight and stop."""
        self.attempt(partial(self._stop, now=False), "stop")

    def action_stop_now(self) -> None:
        """Stop without finishing the batch."""
        self.attempt(partial(self._stop, now=True), "stop")

    async def _stop(self, *, now: bool) -> None:
        self.say(self._workbench.runs.stop(self._connection, now=now))


async def run_now(
    page: ActuiScreen, workbench: Workbench, connection: Connection, *, fresh: bool = False
) -> None:
    """Show the connection's run, started if none is going; see `begin` for what is asked."""
    if workbench.services.reader(connection).is_running():
        page.app.push_screen(RunScreen(workbench, connection))
        return

    def start(restored: bool) -> Awaitable[tuple[FeedCursor, str]]:
        return workbench.runs.start(connection, fresh=fresh, restored=restored)

    await begin(page, workbench, connection, start, RUN)


async def begin(
    page: ActuiScreen,
    workbench: Workbench,
    connection: Connection,
    start: Callable[[bool], Awaitable[tuple[FeedCursor, str]]],
    group: str,
    *,
    restored: bool = False,
) -> None:
    """Show the run that `start` starts; it receives whether an older ledger may be used.

    Asks first where the ledger is of other accounts or may be older than the last run.
    """
    lines = [(line, line.text) for line in page.query("#why").results(TextLine)]
    for line, _ in lines:
        line.put(_STARTING)
    try:
        since, message = await start(restored)
    except ConfigError as refused:
        if refused.code == "restored":
            question = ConfirmScreen(
                f"{plain(refused.trouble)}\n\nRun it all the same?",
                do="Run",
                keep="Do not run",
            )
            anew = partial(begin, page, workbench, connection, start, group, restored=True)
        elif refused.code == "other-account":
            question = ConfirmScreen(
                f"{plain(refused.trouble)}\n\nStart anew with the changed account? What is known "
                "of people of the other one is set aside: nobody counts as sent or unsubscribed "
                "before.",
                do="Start anew",
                keep="Do not run",
            )
            anew = partial(run_now, page, workbench, connection, fresh=True)
        else:
            raise
        page.app.push_screen(question, lambda yes: page.attempt(anew, group) if yes else None)
        return
    finally:
        for line, before in lines:
            if line.text == _STARTING:  # the page may have looked meanwhile
                line.put(before)
    page.app.push_screen(RunScreen(workbench, connection, since=since, message=message))
