"""Commands about connections: list, enable, disable, delete, paths."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime

from actui import exitcodes
from actui.commands.errors import print_message
from actui.commands.prompts import confirmed
from actui.commands.run_lines import print_findings
from actui.console.formatting import plain, state_words
from actui.context.context import AppContext
from actui.model.connection import Connection
from actui.model.errors import DamagedError
from actui.model.findings import BAD_URL, findings
from actui.operations.scheduling import next_due_run


def list_(args: argparse.Namespace) -> int:
    """Print every connection with its state."""
    context = AppContext.open()
    known = context.connections.all()
    if not known:
        print_message("There is no connection yet: actui apply FILE, or actui for the console.")
    for stored in known:
        connection = stored.connection
        for finding in findings(connection):
            if finding.code == BAD_URL:
                print_message(f"{connection.name}: {finding.message}")
        try:
            last = next(iter(context.history(connection).all(limit=1)), None)
        except DamagedError as failure:  # the other connections can be shown
            print_message(failure.message)
            last = None
        running = context.lock(connection).is_held()
        coming = next_due_run(context, stored, datetime.now(UTC))
        due = coming.isoformat(timespec="seconds") if coming else None
        if args.json:
            facts = {
                "id": connection.id,
                "name": connection.name,
                "enabled": connection.enabled,
                "labels": connection.labels,
                "running": running,
                "next_run": due,
                "last_run": last.model_dump(mode="json") if last else None,
            }
            print(json.dumps(facts, ensure_ascii=False))
            continue
        state = "running" if running else state_words(last.state, last.ok) if last else "never ran"
        when = f" {last.ended or last.started}" if last else ""
        line = f"{plain(connection.name)}: {'on' if connection.enabled else 'off'}, {state}{when}"
        print(f"{line}, next run {due}" if due else line)
    return exitcodes.OK


def _switch(args: argparse.Namespace, *, enabled: bool) -> int:
    context = AppContext.open()
    stored = context.connections.find(args.name)
    changed = stored.connection.model_copy(update={"enabled": enabled})
    state = "on" if enabled else "off"
    if changed == stored.connection:
        _done(changed, "unchanged" if args.json else f"is {state} already", args)
    else:
        context.connections.save(changed, expected=stored.version)
        _done(changed, state, args)
    if enabled:
        print_findings(findings(changed), to_stderr=True)
    return exitcodes.OK


def _done(connection: Connection, done: str, args: argparse.Namespace) -> None:
    facts = {"connection": connection.name, "id": connection.id, "done": done}
    print(json.dumps(facts) if args.json else plain(f"{connection.name}: {done}"))


def enable(args: argparse.Namespace) -> int:
    """Switch a connection on."""
    return _switch(args, enabled=True)


def disable(args: argparse.Namespace) -> int:
    """Switch a connection off; a current run continues."""
    return _switch(args, enabled=False)


def delete(args: argparse.Namespace) -> int:
    """Delete a connection with its history, ledger and stored secrets."""
    context = AppContext.open()
    connection = context.connections.find(args.name).connection
    name = plain(connection.name)
    question = f"Delete '{name}' and everything it kept?"
    if not (args.yes or confirmed(question, f"Say --yes to delete '{name}' and what it kept.")):
        print_message("Nothing was deleted.")
        return exitcodes.OK
    context.delete(connection)
    _done(connection, "deleted", args)
    return exitcodes.OK


def paths(args: argparse.Namespace) -> int:
    """Print where actui stores its files."""
    home = AppContext.open().home
    places = {
        "home": home.root,
        "connections": home.connections_file,
        "settings": home.settings_file,
        "run history": home.runs_dir,
        "ledgers": home.ledgers_dir,
        "locks": home.locks_dir,
        "logs": home.logs_dir,
        "audit": home.audit_dir,
    }
    if args.json:
        print(json.dumps({name: str(path) for name, path in places.items()}))
    else:
        for name, path in places.items():
            print(plain(f"{name:12} {path}"))
    return exitcodes.OK
