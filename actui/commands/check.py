"""`actui check`: find mistakes in connections or files before anything runs."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime

from actui import exitcodes
from actui.commands.errors import print_message
from actui.commands.files import bound_to_others, files_of, kind_of_path, read_file
from actui.commands.run_lines import print_findings
from actui.console.formatting import plain
from actui.context.clients import AccountClients
from actui.context.context import AppContext
from actui.model.accounts import CONNECTION_SECRETS, secret_command_name, secret_origin
from actui.model.available_people import available_words
from actui.model.connection import Connection
from actui.model.due_times import upcoming
from actui.model.errors import ActuiError, ConfigError, CredentialsError
from actui.model.findings import Finding, findings
from actui.model.inherited import as_known, counterpart
from actui.model.secret import SecretName, secret_label
from actui.model.timezones import time_zone
from actui.operations.scheduling import find_missing_scheduler
from store.secrets import Secrets

_DUE_TIMES = 3


def check(args: argparse.Namespace) -> int:
    """Print the findings; exit 2 if one of them keeps a connection from running.

    Exit 4 if only a secret is missing, as for a run. A connection whose accounts cannot be asked
    does not keep the others from being checked.
    """
    context = AppContext.open()
    unattended = context.secrets.unattended()
    held = {one.connection.id for one in context.connections.all()}
    chosen = list(_chosen(context, args.names))
    if not chosen:
        print_message("There is no connection yet: actui apply FILE, or actui for the console.")
    several, codes = len(chosen) > 1, {exitcodes.OK}
    for connection, found in chosen:
        online: Sequence[Finding] = ()
        available: Mapping[str, int | None] = {}
        unasked: list[Finding] = []
        try:
            if args.online:
                answer = asyncio.run(AccountClients(context).check_online(connection))
                online, available = answer.findings, answer.available
        except ActuiError as failure:
            if not several:
                raise
            codes.add(exitcodes.of_error(failure))
            unasked = [Finding(failure.code, "online", failure.message)]
        missing: list[Finding] = []
        others: list[Finding] = []
        if connection.id in held:  # for another there is nothing yet to store a secret for
            others = bound_to_others(context, connection)
            missing = _secrets(context, connection, unattended, is_proved=args.online)
        findings = [*found, *others, *online, *unasked, *missing]
        findings.sort(key=lambda finding: finding.severity != "error")
        _print(connection, findings, args, several=several)
        _print_available(connection, available, args)
        if any(finding.severity == "error" for finding in missing):
            codes.add(exitcodes.CREDENTIALS)
        if any(finding.severity == "error" for finding in (*found, *others, *online)):
            codes.add(exitcodes.USAGE)
    return min(codes - {exitcodes.OK}, default=exitcodes.OK)


def _chosen(context: AppContext, names: list[str]) -> Iterator[tuple[Connection, list[Finding]]]:
    """The chosen connections, by default all, and what is wrong with each.

    A file is checked with the id and the secrets of the connection that it would update.
    """
    stored = context.connections.all()
    if not names:
        names = [one.connection.id for one in stored]
    held = [one.connection for one in stored]
    for name in names:
        known = any(name in (one.id, one.name) for one in held)
        kind = kind_of_path(name)
        if name == "-" or kind == "file" or (kind == "folder" and not known):
            for file in files_of([name]):
                read = read_file(file)
                connection = as_known(read, counterpart(read, held))
                yield connection, findings(connection)
        else:
            kept = context.connections.find(name)
            idle = find_missing_scheduler(context, kept, datetime.now(UTC))
            yield kept.connection, findings(kept.connection) + ([idle] if idle else [])


def _secrets(
    context: AppContext, connection: Connection, unattended: Secrets, *, is_proved: bool
) -> list[Finding]:
    """The secrets that a run from here would miss, and those that only a scheduled run would.

    A secret without its URL is omitted, as the URL is missing first. If `is_proved`, the accounts
    were asked, which proves the secrets found here.
    """
    names = [n for n in CONNECTION_SECRETS if secret_origin(connection, n).startswith("http")]
    is_scheduled = connection.enabled and connection.schedule.type != "manual"

    def here() -> list[Finding | None]:
        return [None if is_proved else _missed(context, connection, name) for name in names]

    def there() -> list[Finding | None]:
        return [
            _missed_by_schedule(connection, unattended, name) if is_scheduled else None
            for name in names
        ]

    # side by side: a locked key store is waited for in both
    with ThreadPoolExecutor(2) as pool:
        now, later = pool.submit(here), pool.submit(there)
        pairs = zip(now.result(), later.result(), strict=True)
    return [finding for one, other in pairs if (finding := one or other)]


def _missed(context: AppContext, connection: Connection, name: SecretName) -> Finding | None:
    try:
        context.secret(connection, name)
    except CredentialsError as failure:
        return Finding(failure.code, _where(name), failure.message)
    return None


def _missed_by_schedule(
    connection: Connection, unattended: Secrets, name: SecretName
) -> Finding | None:
    """A warning if a scheduled run would miss the secret.

    No error, because what a service's unit gives its runs cannot be seen from here.
    """
    why = ""
    try:
        if unattended.find(connection.name, connection.id, name, secret_origin(connection, name)):
            return None
    except CredentialsError as failure:
        why = f" {failure.message}"
    message = secret_command_name(name)
    return Finding(
        "not-for-schedule",
        _where(name),
        f"A scheduled run would not find the {secret_label(name)} of '{connection.name}': "
        f"actui secret set '{connection.name}' {message} stores it, "
        f"actui secret status '{connection.name}' tells the other ways.{why}",
        "warning",
    )


def _where(name: SecretName) -> str:
    return f"secrets.{secret_command_name(name)}"


def _print(
    connection: Connection, found: list[Finding], args: argparse.Namespace, *, several: bool
) -> None:
    if args.json:
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


def _print_available(
    connection: Connection, available: Mapping[str, int | None], args: argparse.Namespace
) -> None:
    """Print how many people each export goal would find: lines of the form of findings."""
    for goal, number in available.items():
        words = available_words(number)
        if not args.json:
            print(f"{plain(goal)}: {words}")
            continue
        facts = {
            "connection": connection.name,
            "code": "available",
            "where": f"goals.{goal}",
            "message": words,
            "severity": "info",
            "available": number,
        }
        print(json.dumps(facts, ensure_ascii=False))


def _clock_times(connection: Connection) -> list[datetime]:
    """The next due times on the connection's clock, if they depend on the schedule alone."""
    if connection.schedule.type == "times-per-day":
        return []  # counted from when it is switched on
    now = datetime.now(UTC)
    zone = connection.timezone
    try:
        found = upcoming(connection.schedule, zone, now, now, _DUE_TIMES)
    except ConfigError:
        return []  # what is wrong with the zone is a finding
    return [due.astimezone(time_zone(zone)) for due in found]
