"""Commands about runs: run, watch, stop, runs."""

from __future__ import annotations

import argparse
import asyncio
import json
import shlex
import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime

from actui import exitcodes
from actui.app.terminal import outlive_terminal, takes_output
from actui.commands.errors import print_message
from actui.commands.run_lines import progress_line, run_line
from actui.console.formatting import plain
from actui.context.context import AppContext
from actui.context.run_factory import RunFactory
from actui.model.connection import Connection
from actui.model.errors import (
    ActuiError,
    BusyError,
    ConfigError,
    CredentialsError,
    StoppedError,
    StorageError,
)
from actui.model.run import RunSnapshot, RunSummary
from actui.operations.launching import SCHEDULE
from actui.operations.notifying import Notifier
from actui.output import send_control
from actui.sync.run.goal_run import Options
from actui.sync.run.unfinished import not_started

POLL_SECONDS = 0.5
DRY_RUN = "dry-run"
"""The trigger of a dry run."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@outlive_terminal()
def run(args: argparse.Namespace) -> int:
    """Run a connection in this process, or continue its unfinished run."""
    context = AppContext.open()
    connection = context.connections.find(args.name).connection
    options = Options(
        goals=tuple(args.goal),
        full=args.full,
        fresh=args.fresh,
        limit=args.limit,
        confirm_leavers=args.confirm_leavers,
        confirm_restored=args.confirm_restored,
        trigger=DRY_RUN if args.dry_run else args.trigger,
    )
    if args.dry_run:
        return ended(asyncio.run(_rehearse(context, connection, options)), args.json)
    try:
        summary = carry_out(context, connection, options, quiet=args.json)
    except BusyError:
        if args.trigger == SCHEDULE:
            context.schedule_claims.release(
                connection.id
            )  # it is still due, once the other run has ended
        raise
    return ended(summary, args.json)


def carry_out(
    context: AppContext, connection: Connection, options: Options, *, quiet: bool
) -> RunSummary:
    """Run in this process; signals stop it, and a line shows the progress unless `quiet`."""
    return asyncio.run(_run(context, connection, options, quiet))


def ended(summary: RunSummary, as_json: bool) -> int:
    """Print how a run ended and return its exit code."""
    if as_json:
        print(summary.line(), flush=True)
    else:
        _print_summary(summary)
    for words in (summary.message, summary.notice):
        if words:
            print_message(words)
    return exitcodes.of_run(summary)


async def _rehearse(context: AppContext, connection: Connection, options: Options) -> RunSummary:
    """Count what a run would do; nothing is written to the services or the home."""
    async with RunFactory(context).rehearsal(connection) as rehearsal:
        summary = await rehearsal.count(options)
    summary.notice = "Nothing was written."
    return summary


async def _run(
    context: AppContext, connection: Connection, options: Options, quiet: bool
) -> RunSummary:
    notifier = Notifier(context, connection)
    try:
        summary = await _execute(context, connection, options, quiet)
    except (ConfigError, CredentialsError) as failure:
        if options.trigger == SCHEDULE:
            unseen = not_started(connection, failure, options.trigger, datetime.now(UTC))
            with suppress(StorageError):
                context.history(connection).save(unseen)
            await _notify(context, connection, notifier, unseen)
        raise
    await _notify(context, connection, notifier, summary)
    return summary


async def _notify(
    context: AppContext, connection: Connection, notifier: Notifier, summary: RunSummary
) -> None:
    """Send the notifications of a run that has ended; a signal to end does not wait for them."""
    sending = asyncio.create_task(notifier.send(summary))
    for number in _SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, sending.cancel)
    try:
        summary.notice = await sending
    except asyncio.CancelledError:
        summary.notice = "No notification was sent: the process was asked to end."
    if summary.notice:
        with suppress(StorageError):  # what the run did is printed all the same
            context.history(connection).note(summary.run, summary.notice)


async def _execute(
    context: AppContext, connection: Connection, options: Options, quiet: bool
) -> RunSummary:
    async with RunFactory(context).engine(connection, options, print_message) as engine:
        loop = asyncio.get_running_loop()

        def asked_to_end(number: signal.Signals) -> None:
            engine.stop.signal()
            with suppress(ActuiError):  # a run stops whether or not that can be recorded
                context.audit.record(
                    "stopped", connection, run=engine.summary.run, signal=number.name
                )

        for number in _SIGNALS:
            loop.add_signal_handler(number, asked_to_end, number)
        printing = None
        if not quiet and sys.stderr.isatty():
            printing = asyncio.create_task(_print_progress(engine.live))
        try:
            return await engine.execute()
        finally:
            if printing is not None:
                printing.cancel()
                _write_progress("\n")


async def _print_progress(snapshot: RunSnapshot) -> None:
    """Update the progress line on the terminal; nothing is written while nothing changes."""
    shown = ""
    while True:
        line = progress_line(snapshot)
        if line != shown and _write_progress(line, before="\r\x1b[K"):
            shown = line
        await asyncio.sleep(POLL_SECONDS)


def _write_progress(text: str, *, before: str = "") -> bool:
    """Write to the terminal and return whether it took it; one that hangs is not waited for."""
    if not takes_output(sys.stderr):
        return False
    send_control(sys.stderr, before)
    print(text, end="", file=sys.stderr, flush=True)
    return True


def _print_summary(summary: RunSummary) -> None:
    print(run_line(summary))
    for goal in summary.goals:
        print(
            f"  {plain(goal.goal)} ({goal.kind}): read {goal.read:,}, created {goal.created:,}, "
            f"updated {goal.updated:,}, unchanged {goal.unchanged:,}, skipped {goal.skipped:,}, "
            f"rejected {goal.rejected:,}, unknown {goal.unknown:,}"
        )
        for reason, count in sorted(goal.reasons.items()):
            print(f"    {reason}: {count:,}")
        if goal.rechecks:
            print(f"    people without a match: {goal.rechecks}")
        if goal.kind == "export":
            known = "unknown" if goal.available is None else f"{goal.available:,}"
            print(f"    available for export: {known}")
            lists = goal.lists
            print(
                f"    lists: subscribed {lists.subscribed:,}, resubscribed "
                f"{lists.resubscribed:,}, unsubscribed {lists.unsubscribed:,}, left {lists.left:,}"
            )
        if goal.message:
            print(f"    {plain(goal.message)}")
        if goal.omitted:
            words = shlex.join(["actui", "outcomes", summary.connection, "--omitted"])
            print(f"    to see for whom something was omitted: {plain(words)}")
    unique = summary.unique
    print(f"  unique profiles: imported {unique.imported:,}, exported {unique.exported:,}")


def watch(args: argparse.Namespace) -> int:
    """Follow a run that any process started; exits with the run's exit code."""
    context = AppContext.open()
    connection = context.connections.find(args.name).connection
    shown = ""
    was_running = context.lock(connection).is_held()
    with context.ledger(connection) as ledger:
        try:
            while context.lock(connection).is_held():
                snapshot = ledger.runs.read_progress()
                if snapshot is not None:
                    line = snapshot.model_dump_json() if args.json else progress_line(snapshot)
                    if line != shown:
                        print(line, flush=True)
                        shown = line
                time.sleep(POLL_SECONDS)
        except KeyboardInterrupt:
            raise StoppedError(
                f"Not watched any more; the run goes on: actui stop '{connection.name}' stops it.",
                code="interrupted",
            ) from None
    last = next(iter(context.history(connection).all(limit=1)), None)
    if last is None:
        raise ConfigError(f"'{connection.name}' has never run: actui run '{connection.name}'")
    if not was_running:
        print_message(f"'{plain(connection.name)}' is not running; this is its last run.")
    return ended(last, args.json)


def stop(args: argparse.Namespace) -> int:
    """Ask the current run to stop."""
    context = AppContext.open()
    connection = context.connections.find(args.name).connection
    if not context.lock(connection).is_held():
        raise ConfigError(f"'{connection.name}' is not running.", code="not-running")
    level = context.request_stop(connection)
    if not level:
        raise ConfigError(
            f"The run of '{connection.name}' is only just beginning; ask again in a moment.",
            code="not-running",
        )
    if args.json:
        print(json.dumps({"connection": connection.name, "stop": level}))
    elif level == 1:
        print(
            f"{plain(connection.name)}: will end after the batch in flight; stop again to end now"
        )
    else:
        print(f"{plain(connection.name)}: ends now")
    return exitcodes.OK


def runs(args: argparse.Namespace) -> int:
    """Print the run history, newest first."""
    context = AppContext.open()
    connection = context.connections.find(args.name).connection
    found = context.history(connection).all(limit=args.limit)
    if not found:
        print_message(f"'{connection.name}' has never run: actui run '{connection.name}'")
    for summary in found:
        print(summary.line() if args.json else run_line(summary))
        if summary.notice and not args.json:
            print(f"    {plain(summary.notice)}")
    return exitcodes.OK
