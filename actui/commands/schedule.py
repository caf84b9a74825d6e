"""Commands that start what is due: due, schedule."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from datetime import datetime

from actui import exitcodes
from actui.app.terminal import lasting_output
from actui.commands.errors import print_message
from actui.commands.units import cron_line, systemd_unit
from actui.console.formatting import plain
from actui.context.context import AppContext
from actui.model.characters import ACTING
from actui.model.errors import ActuiError, ConfigError
from actui.operations.launching import SCHEDULE, Starter
from actui.operations.scheduling import DueResult, Scheduler, utc_now

LOOK_SECONDS = 5.0


def due(args: argparse.Namespace) -> int:
    """Start every run that is due, each in a process of its own, and return."""
    context = AppContext.open()
    starter = Starter(context.home, context.environ, SCHEDULE)
    looked = Scheduler(context, starter.start).look()
    for result in looked:
        _report(result, as_json=args.json)
    return exitcodes.GOALS_FAILED if any(t.done == "failed" for t in looked) else exitcodes.OK


@lasting_output()
def schedule(args: argparse.Namespace) -> int:
    """Start runs when they are due, until SIGTERM, SIGINT or SIGHUP; started runs continue."""
    context = AppContext.open()
    if args.print_systemd or args.print_cron:
        return _print(context, args)
    enough = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it
            signal.signal(number, lambda *_: enough.set())
    starter = Starter(context.home, context.environ, SCHEDULE)
    scheduler = Scheduler(context, starter.start)
    _log("the scheduler looks what is due", as_json=args.json)
    reported: set[tuple[str, str]] = set()
    trouble = ""
    while not enough.is_set():
        try:
            looked, message = scheduler.look(), ""
        except ActuiError as failure:
            # what somebody is about to repair must not end the scheduler
            looked, message = [], failure.message
        except OSError as failure:
            looked, message = [], f"{failure.filename or 'The home'}: {failure.strerror}."
        if message and message != trouble:
            print_message(message)
        trouble = message
        for result in looked:
            if result.done == "started" or (result.connection.id, result.message) not in reported:
                _report(result, as_json=args.json)
        reported = {(result.connection.id, result.message) for result in looked}
        for name, code in starter.ended():
            _log(f"{plain(name)}: its run ended with exit code {code}", as_json=args.json)
        enough.wait(LOOK_SECONDS)
    _log("the scheduler ends; runs that were started go on", as_json=args.json)
    return exitcodes.OK


def _print(context: AppContext, args: argparse.Namespace) -> int:
    """Print the unit for systemd or the line for cron."""
    if ACTING.search(f"{context.home.root}{sys.executable}"):
        raise ConfigError(
            "Neither systemd nor cron can be given this home: its path holds a control character."
        )
    if args.print_systemd:
        names = [stored.connection.name for stored in context.connections.all()]
        kind, text = "systemd", systemd_unit(context.home, context.settings, names)
    else:
        kind, text = "cron", cron_line(context.home)
    print(json.dumps({kind: text}) if args.json else text)
    return exitcodes.OK


def _report(result: DueResult, *, as_json: bool) -> None:
    name, when = result.connection.name, result.due.isoformat(timespec="seconds")
    if as_json:
        facts = {
            "at": _stamp(utc_now()),
            "connection": name,
            "id": result.connection.id,
            "due": when,
        }
        print(json.dumps({**facts, "done": result.done, "message": result.message}), flush=True)
    elif result.done == "failed":
        print_message(
            f"{plain(name)} was due at {_stamp(result.due)}, but nothing was started: "
            f"{result.message}"
        )
    else:
        _log(
            f"{plain(name)}: due {_stamp(result.due)}, {result.done}. {result.message}",
            as_json=False,
        )


def _log(message: str, *, as_json: bool) -> None:
    at = _stamp(utc_now())
    print(json.dumps({"at": at, "message": message}) if as_json else f"{at} {message}", flush=True)


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}Z"
