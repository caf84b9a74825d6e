"""Commands about configuration: list, apply, export, check, enable, disable, delete, paths."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from actui import exitcodes
from actui.console.words import state_words
from actui.model.connection import Connection
from actui.model.document import dump, load
from actui.model.due import upcoming
from actui.model.errors import ConfigError
from actui.model.findings import Finding, findings
from actui.wiring import House

_DUE_TIMES = 3


def apply(asked: argparse.Namespace) -> int:
    """Create or update a connection from each file; none is touched unless all are sound."""
    house = House.open()
    for connection in [_read(name) for name in asked.files]:
        known = {item.connection.id: item for item in house.connections.all()}
        named = {item.connection.name: item for item in known.values()}
        before = known.get(connection.id) or named.get(connection.name)
        saved = house.connections.save(_keep_ids(connection, before.connection if before else None))
        done = "updated" if before else "created"
        name = saved.connection.name
        if asked.json:
            print(json.dumps({"connection": name, "id": saved.connection.id, "done": done}))
        else:
            print(f"{name}: {done}")
        _print_findings(findings(saved.connection), to_stderr=True)
    return exitcodes.OK


def _read(name: str) -> Connection:
    if name == "-":
        return load(sys.stdin.read(), "stdin")
    try:
        return load(Path(name).read_text(encoding="utf-8"), name)
    except OSError as wrong:
        raise ConfigError(f"{name} cannot be read: {wrong.strerror}.") from wrong
    except UnicodeDecodeError:
        raise ConfigError(f"{name} is not UTF-8 text.") from None


def _keep_ids(connection: Connection, before: Connection | None) -> Connection:
    """Goals without an id are the ones of the same name and kind that exist already."""
    if before is None:
        return connection
    ids = {(goal.kind, goal.name): goal.id for goal in before.goals}
    goals = [
        goal if goal.id else goal.model_copy(update={"id": ids.get((goal.kind, goal.name), "")})
        for goal in connection.goals
    ]
    return connection.model_copy(update={"id": before.id, "goals": goals})


def export(asked: argparse.Namespace) -> int:
    """Print a connection as a file."""
    sys.stdout.write(dump(House.open().connections.find(asked.name).connection))
    return exitcodes.OK


def check(asked: argparse.Namespace) -> int:
    """Print the findings; exit 2 when one of them keeps the connection from running."""
    house = House.open()
    is_file = asked.name == "-" or Path(asked.name).is_file()
    connection = _read(asked.name) if is_file else house.connections.find(asked.name).connection
    found = findings(connection)
    if asked.online:
        found += asyncio.run(house.check_online(connection))
    if asked.json:
        for finding in found:
            print(
                json.dumps(
                    {
                        "code": finding.code,
                        "where": finding.where,
                        "message": finding.message,
                        "severity": finding.severity,
                    }
                )
            )
    else:
        _print_findings(found)
        if not found:
            print(f"{connection.name}: nothing wrong")
        for due in _clock_times(connection):
            print(f"due {due:%a %Y-%m-%d %H:%M %Z}")
    wrong = any(finding.severity == "error" for finding in found)
    return exitcodes.USAGE if wrong else exitcodes.OK


def _clock_times(connection: Connection) -> list[datetime]:
    """The next due times by the connection's own clock, where they depend on nothing else."""
    if connection.schedule.type == "times-per-day":
        return []  # counted from when it is switched on
    now = datetime.now(UTC)
    zone = connection.timezone
    found = upcoming(connection.schedule, zone, now, now, _DUE_TIMES)
    return [due.astimezone(ZoneInfo(zone)) for due in found]


def _print_findings(found: list[Finding], *, to_stderr: bool = False) -> None:
    for finding in found:
        print(f"{finding.severity}: {finding.message}", file=sys.stderr if to_stderr else None)


def list_(asked: argparse.Namespace) -> int:
    """Print every connection with its state."""
    house = House.open()
    for stored in house.connections.all():
        connection = stored.connection
        last = next(iter(house.history(connection).all(limit=1)), None)
        running = house.lock(connection).is_held()
        if asked.json:
            facts = {
                "id": connection.id,
                "name": connection.name,
                "enabled": connection.enabled,
                "labels": connection.labels,
                "running": running,
                "last_run": last.model_dump(mode="json") if last else None,
            }
            print(json.dumps(facts, ensure_ascii=False))
            continue
        state = "running" if running else state_words(last.state, last.ok) if last else "never ran"
        when = f" {last.ended or last.started}" if last else ""
        print(f"{connection.name}: {'on' if connection.enabled else 'off'}, {state}{when}")
    return exitcodes.OK


def _switch(asked: argparse.Namespace, *, enabled: bool) -> int:
    house = House.open()
    stored = house.connections.find(asked.name)
    changed = stored.connection.model_copy(update={"enabled": enabled})
    house.connections.save(changed, expected=stored.version)
    print(f"{changed.name}: {'on' if enabled else 'off'}")
    return exitcodes.OK


def enable(asked: argparse.Namespace) -> int:
    """Switch a connection on."""
    return _switch(asked, enabled=True)


def disable(asked: argparse.Namespace) -> int:
    """Switch a connection off; a run that is going goes on."""
    return _switch(asked, enabled=False)


def delete(asked: argparse.Namespace) -> int:
    """Delete a connection with its history, ledger and stored secrets."""
    house = House.open()
    connection = house.connections.find(asked.name).connection
    if not asked.yes:
        if not sys.stdin.isatty():
            raise ConfigError(f"Say --yes to delete '{connection.name}' and what it kept.")
        answer = input(f"Delete '{connection.name}' and everything it kept? [y/N] ")
        if answer.strip().lower() not in ("y", "yes"):
            return exitcodes.OK
    house.delete(connection)
    print(f"{connection.name}: deleted")
    return exitcodes.OK


def paths(asked: argparse.Namespace) -> int:
    """Print where actui keeps what."""
    home = House.open().home
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
    if asked.json:
        print(json.dumps({name: str(path) for name, path in places.items()}))
    else:
        for name, path in places.items():
            print(f"{name:12} {path}")
    return exitcodes.OK
