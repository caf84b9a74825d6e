"""`actui check`: what is wrong with connections or files, before anything runs."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from actui import exitcodes
from actui.commands.files import files_of, read_file
from actui.commands.guard import say
from actui.commands.words import print_findings
from actui.console.words import plain
from actui.model.connection import Connection
from actui.model.due import upcoming
from actui.model.errors import ActuiError
from actui.model.findings import Finding, findings
from actui.model.known import as_known, counterpart
from actui.scheduling import nobody_looks
from actui.wiring import House

_DUE_TIMES = 3


def check(asked: argparse.Namespace) -> int:
    """Print the findings; exit 2 when one of them keeps a connection from running.

    Of several, one that cannot be asked about keeps no other from being checked.
    """
    house = House.open()
    chosen = list(_chosen(house, asked.names))
    if not chosen:
        say("There is no connection yet: actui apply FILE, or actui for the console.")
    several, codes = len(chosen) > 1, {exitcodes.OK}
    for connection, found in chosen:
        online: list[Finding] = []
        unasked: list[Finding] = []
        try:
            if asked.online:
                online = asyncio.run(house.check_online(connection))
        except ActuiError as failure:
            if not several:
                raise
            codes.add(exitcodes.of_error(failure))
            unasked = [Finding(failure.code, "online", failure.message)]
        _print(connection, found + online + unasked, asked, several=several)
        if any(finding.severity == "error" for finding in found + online):
            codes.add(exitcodes.USAGE)
    return min(codes - {exitcodes.OK}, default=exitcodes.OK)


def _chosen(house: House, names: list[str]) -> Iterator[tuple[Connection, list[Finding]]]:
    """The connections that are meant and what is wrong with each; without names all of the home.

    A file is of the connection that it would update, whose secrets it is checked with.
    """
    stored = house.connections.all()
    if not names:
        names = [one.connection.id for one in stored]
    held = [one.connection for one in stored]
    for name in names:
        known = any(name in (one.id, one.name) for one in held)
        if name == "-" or Path(name).is_file() or (Path(name).is_dir() and not known):
            for file in files_of([name]):
                read = read_file(file)
                connection = as_known(read, counterpart(read, held))
                yield connection, findings(connection)
        else:
            kept = house.connections.find(name)
            idle = nobody_looks(house, kept, datetime.now(UTC))
            yield kept.connection, findings(kept.connection) + ([idle] if idle else [])


def _print(
    connection: Connection, found: list[Finding], asked: argparse.Namespace, *, several: bool
) -> None:
    if asked.json:
        for finding in found:
            facts = {"connection": connection.name, **asdict(finding)}
            print(json.dumps(facts, ensure_ascii=False))
        return
    if several and found:
        print(f"{plain(connection.name)}:")
    print_findings(found)
    if not found:
        print(f"{plain(connection.name)}: nothing wrong")
    for due in _clock_times(connection):
        print(f"due {due:%a %Y-%m-%d %H:%M %Z}")


def _clock_times(connection: Connection) -> list[datetime]:
    """The next due times by the connection's own clock, where they depend on nothing else."""
    if connection.schedule.type == "times-per-day":
        return []  # counted from when it is switched on
    now = datetime.now(UTC)
    zone = connection.timezone
    found = upcoming(connection.schedule, zone, now, now, _DUE_TIMES)
    return [due.astimezone(ZoneInfo(zone)) for due in found]
