"""`actui doctor`: check whether everything that actui needs is there, and say what to do if not."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from actui import exitcodes
from actui.api.mail import try_mail_server
from actui.api.rate import check_pace_file
from actui.console.formatting import plain
from actui.context.clients import PROBE, AccountClients
from actui.context.context import AppContext
from actui.model.connection import Connection, is_loopback
from actui.model.errors import ActuiError, ConfigError, CredentialsError, UnreachableError
from actui.model.findings import BAD_URL, findings
from actui.model.redaction import redact
from actui.operations import health
from actui.operations.health import Check
from actui.operations.notifying import MAIL_SECRET
from actui.operations.scheduling import find_missing_scheduler
from store.connections import Stored
from store.forgotten import Forgotten
from store.history import History
from store.home import is_id
from store.json_file import check_file
from store.sqlite import damaged_database

CLOCK_SECONDS = 60
"""A clock that is off by more shifts schedules and what counts as changed."""
SERVICE_SECONDS = 30
_SIGNS = {"ok": "ok     ", "warning": "WARNING", "error": "ERROR  "}
_CODES = {
    ConfigError.default_code: exitcodes.USAGE,
    CredentialsError.default_code: exitcodes.CREDENTIALS,
    UnreachableError.default_code: exitcodes.UNREACHABLE,
}


def doctor(args: argparse.Namespace) -> int:
    """Run all checks; the exit code is that of the worst result."""
    context, found = AppContext.open(), []
    for check in _all(context, offline=args.offline):
        found.append(check)
        if args.json:
            print(json.dumps(asdict(check), ensure_ascii=False), flush=True)
        else:
            print(
                f"{_SIGNS[check.severity]} {plain(f'{check.about}: {check.message}')}", flush=True
            )
    codes = {
        _CODES.get(one.code, exitcodes.GOALS_FAILED) for one in found if one.severity == "error"
    }
    worst = (exitcodes.USAGE, exitcodes.CREDENTIALS, exitcodes.UNREACHABLE, exitcodes.GOALS_FAILED)
    return next((code for code in worst if code in codes), exitcodes.OK)


def _all(context: AppContext, *, offline: bool) -> Iterator[Check]:
    """The results of all checks; a check that fails itself gives a result, too."""
    home, environ = context.home, context.environ
    yield from _safely("home", lambda: health.of_home(home))
    yield from _safely("permissions", lambda: health.of_permissions(home))
    yield from _safely("disk", lambda: health.of_disk(home))
    yield from _safely("package", health.of_package)
    yield from _safely("terminal", lambda: _terminal(environ))
    yield from _safely("log-out", lambda: health.of_logging_out(environ))
    trouble, known = None, []
    try:
        settings = context.settings
        known = list(context.connections.all())
    except ActuiError as failure:
        trouble = health.wrong("configuration", failure.message, failure.default_code)
    connections = [stored.connection for stored in known]
    is_used = trouble is not None or any(map(_is_away, connections))
    zones = [connection.timezone for connection in connections]
    yield from _safely("time zones", lambda: health.of_time_zones(zones))
    yield from _safely("proxy", lambda: health.of_proxies(environ, is_used=is_used))
    yield from _safely("certificates", lambda: health.of_certificates(environ, is_used=is_used))
    yield from _safely("files", lambda: _files(context))
    if trouble is not None:
        yield trouble
        return
    other_way = bool(settings.password_command) or settings.secrets_in_file
    yield from _safely("keyring", lambda: health.of_keyring(context.secrets, other_way))
    yield from _addresses(connections)
    for connection in connections:
        yield from _ledger(context, connection)
    yield from _safely("schedule", lambda: _schedules(context, known))
    if not connections:
        yield health.good("connections", "There is none yet: actui apply FILE")
    if not offline and (connections or settings.mail.host):
        yield from asyncio.run(_services(context, connections))


def _safely(about: str, look: Callable[[], Check | Iterator[Check]]) -> Iterator[Check]:
    """The results of one check, or one about its failure, so that the others still run."""
    try:
        found = look()
        yield from [found] if isinstance(found, Check) else found
    except Exception as failure:  # the doctor is called when nothing is as it should be
        yield _stumbled(about, failure)


def _stumbled(about: str, failure: Exception) -> Check:
    """The result for a check that failed, without an unknown error's text: it may hold a secret."""
    if isinstance(failure, ActuiError):
        return health.wrong(about, failure.message, failure.default_code)
    why = getattr(failure, "strerror", None) or type(failure).__name__
    return health.wrong(about, f"This could not be looked at: {why}.")


def _terminal(environ: Mapping[str, str]) -> Check:
    size = os.get_terminal_size(2) if sys.stderr.isatty() else None
    seen = (size.columns, size.lines) if size else None
    return health.of_terminal(environ, seen, sys.stdout.encoding)


def _is_away(connection: Connection) -> bool:
    """Whether a service of the connection is reached over the network."""
    urls = (connection.activecampaign.url, connection.blueconic.url)
    return any(url and not is_loopback(urlsplit(url).hostname) for url in urls)


def _addresses(connections: Sequence[Connection]) -> Iterator[Check]:
    """URLs of services to which nothing can be sent; earlier versions accepted them."""
    for connection in connections:
        for finding in findings(connection):
            if finding.code == BAD_URL:
                about = f"address of {connection.name}"
                yield health.wrong(about, finding.message, ConfigError.default_code)


def _ledger(context: AppContext, connection: Connection) -> Iterator[Check]:
    """Check a ledger by reading all of it: no run reads every page that may be damaged."""
    about = f"ledger of {connection.name}"
    try:
        with context.ledger(connection) as ledger:
            broken = ledger.database.check()
            unique, doubt = ledger.people.exchanged_counts(), ledger.doubts.find()
            miscounted = [] if broken else ledger.counts.miscounted()
    except (ActuiError, OSError, sqlite3.Error) as failure:
        yield health.wrong(about, f"It cannot be opened: {redact(failure)}.".replace("..", "."))
        return
    if broken:
        file = context.home.ledger_file(connection.id)
        yield health.wrong(about, damaged_database(file, broken).message)
        return
    known = unique.imported + unique.exported
    yield health.good(about, f"It is whole, and knows {known:,} profiles.")
    if doubt is not None:
        message = "Runs with a Sum, resubscribe or unsubscribe need --confirm-restored."
        yield health.doubtful(
            about, f"It may not remember all that was done. {doubt.why} {message}"
        )
    for goal, counted, kept in miscounted:
        message = (
            f"The open run counts {counted:,} people for '{goal}', and {kept:,} have an outcome"
        )
        if counted == kept:
            message = f"The open run counts other outcomes for '{goal}' than its people have"
        advice = "What is sent does not depend on it; the next run counts anew."
        yield health.doubtful(about, f"{message}. {advice}")


def _files(context: AppContext) -> Iterator[Check]:
    """Check every other file that can be damaged unnoticed; one result for each damaged one."""
    home, found = context.home, 0
    histories = [one for one in home.runs_dir.glob("*.json") if is_id(one.stem)]
    looks: dict[Path, Callable[[], object]] = {
        home.schedule_claims_file: context.schedule_claims.started,
        home.secrets_file: lambda: check_file(home.secrets_file),
        home.notices_file: lambda: check_file(home.notices_file),
        home.audit_dir: lambda: list(context.audit.lines()),
        **{one: History(home, one.stem).all for one in histories},
        **{one: partial(check_pace_file, one) for one in home.pace_dir.iterdir()},
    }
    for path, look in looks.items():
        try:
            look()
        except (ActuiError, OSError) as failure:
            found += 1
            message = getattr(failure, "message", redact(failure))
            yield health.wrong("files", message if str(path) in message else f"{path}: {message}")
    if trouble := Forgotten(home).check():
        found += 1
        yield health.wrong("files", trouble)
    if not found:
        yield health.good("files", f"{len(looks) + 1} other places in the home can be read.")


def _schedules(context: AppContext, known: Sequence[Stored]) -> Iterator[Check]:
    """Whether a scheduler is running, if a connection has a schedule."""
    scheduled = [
        one for one in known if one.connection.enabled and one.connection.schedule.type != "manual"
    ]
    idle = [find_missing_scheduler(context, one, datetime.now(UTC)) for one in scheduled]
    trouble = next((one for one in idle if one is not None), None)
    if trouble is not None:
        yield health.doubtful("schedule", trouble.message)
    elif scheduled:
        yield health.good("schedule", "Somebody looks what is due.")


async def _services(context: AppContext, connections: list[Connection]) -> list[Check]:
    """Check all services concurrently, so that one that hangs does not hide the others."""
    args = [
        _service(f"{service} of {connection.name}", test(context, connection))
        for connection in connections
        for service, test in _TESTS.items()
    ]
    if context.settings.mail.host:
        args.append(_service("mail server", _mail_server(context)))
    found: list[list[Check]] = await asyncio.gather(*args)
    return [check for checks in found for check in checks]


async def _service(about: str, test: Coroutine[Any, Any, list[Check]]) -> list[Check]:
    try:
        async with asyncio.timeout(SERVICE_SECONDS):
            checks = await test
    except TimeoutError:
        message = f"No answer within {SERVICE_SECONDS} s."
        return [health.wrong(about, message, UnreachableError.default_code)]
    except Exception as failure:  # one service must not hide what is known of the others
        return [_stumbled(about, failure)]
    return [check if check.about else replace(check, about=about) for check in checks]


async def _activecampaign(context: AppContext, connection: Connection) -> list[Check]:
    message = await AccountClients(context).probe_activecampaign(connection, None)
    async with AccountClients(context).activecampaign(connection, policy=PROBE) as service:
        page = await service.highest_contact_id()
    return [health.good("", message), of_clock(page.served_at, datetime.now(UTC))]


async def _blueconic(context: AppContext, connection: Connection) -> list[Check]:
    return [health.good("", await AccountClients(context).probe_blueconic(connection, None))]


async def _mail_server(context: AppContext) -> list[Check]:
    """Whether the mail server would accept a notification."""
    server = context.settings.mail
    password = None
    if server.username:
        found = await asyncio.to_thread(context.secrets.find, *MAIL_SECRET, server.origin)
        if found is None:
            raise CredentialsError("Its password is not stored: actui secret set smtp-password")
        password = found.value
    await try_mail_server(server, password, seconds=SERVICE_SECONDS)
    how = f"takes {server.username} as its user" if server.username else "answers"
    return [health.good("", f"{server.host}:{server.service_port} {how}; nothing was sent.")]


_Test = Callable[[AppContext, Connection], Coroutine[Any, Any, list[Check]]]
_TESTS: dict[str, _Test] = {"ActiveCampaign": _activecampaign, "BlueConic": _blueconic}


def of_clock(served_at: datetime | None, now: datetime) -> Check:
    """Compare this machine's clock with a service's."""
    if served_at is None:
        return health.good("clock", "ActiveCampaign did not tell its time.")
    apart = abs((now - served_at).total_seconds())
    if apart > CLOCK_SECONDS:
        message = (
            f"This machine's clock is {apart:,.0f} s away from ActiveCampaign's: set it by NTP."
        )
        return health.doubtful("clock", message)
    return health.good("clock", f"It agrees with ActiveCampaign's to {max(apart, 1):.0f} s.")
