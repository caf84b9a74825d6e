"""Commands about one person: why, forget."""

from __future__ import annotations

import argparse
import asyncio
import json

from actui import exitcodes
from actui.commands.errors import print_message
from actui.commands.prompts import confirmed
from actui.console.formatting import counted, moment, plain
from actui.console.views.next_check import with_next_checks
from actui.console.views.outcomes import SPELLINGS, Person, goal_name, omitted_lines, printed
from actui.context.context import AppContext
from actui.model.connection import Connection
from actui.model.mailbox import parse_address
from actui.operations.erasure import Report
from actui.operations.erasure import forget as forget_person


def why(args: argparse.Namespace) -> int:
    """Print for each goal a person's last outcome and the rule that decided it."""
    context = AppContext.open()
    connection = context.connections.find(args.name).connection
    email = parse_address(args.email)
    with context.ledger(connection) as ledger:
        rows = ledger.outcomes.of_person(email)
        people = with_next_checks(connection, [Person.of(row) for row in rows], ledger.goals.state)
    if args.json:
        for row, one in zip(rows, people, strict=True):
            print(json.dumps(printed(connection, row) | {"next_check": one.next_check}))
        return exitcodes.OK
    latest = {one.goal: one for one in people}
    known = [goal.id for goal in connection.goals]
    for goal in [*known, *(gone for gone in latest if gone not in known)]:
        person = latest.get(goal)
        print(_sentence(connection, goal, person))
        if person is not None:
            for line in [person.next_check, *omitted_lines(person.omitted)]:
                if line:
                    print(f"    {line}")
    return exitcodes.OK


def _sentence(connection: Connection, goal: str, person: Person | None) -> str:
    name = plain(goal_name(connection, goal))
    if person is None:
        return (
            f"{name}: nothing is kept of this address: no run has met it here, or nothing of it "
            f"ever had to be written. {SPELLINGS}"
        )
    when = f"{moment(person.at, connection.timezone).strip()}, run {person.run}"
    why = person.why_in(connection)
    because = f": {why}" if why else ""
    limit = f" {SPELLINGS}" if person.is_unmatched else ""
    return f"{name}: {person.outcome}{because} ({when}).{limit}"


def forget(args: argparse.Namespace) -> int:
    """Remove a person from this home, skip them from now on, and print what services keep."""
    email = parse_address(args.email)
    question = f"Forget {plain(email)} in all connections, permanently?"
    otherwise = "Say --yes to forget a person; they cannot be brought back."
    if not (args.yes or confirmed(question, otherwise)):
        print_message("Nobody was forgotten.")
        return exitcodes.OK
    context = AppContext.open()
    if not context.connections.all():
        print_message("There is no connection yet; every later one will skip this person.")
    reports = asyncio.run(forget_person(context, email, offline=args.offline))
    for report in reports:
        _print_report(report, as_json=args.json)
    trouble = [one for report in reports for one in report.trouble]
    if trouble:
        print_message("Not every service could be asked. Say it again when they can be.")
    return exitcodes.of_error(trouble[0]) if trouble else exitcodes.OK


def _print_report(report: Report, *, as_json: bool) -> None:
    name, trouble = report.connection.name, [one.message for one in report.trouble]
    if as_json:
        facts = {"connection": name, "rows": report.rows, "remains": report.remains}
        print(json.dumps(facts | {"not_asked": trouble}, ensure_ascii=False))
        return
    removed = (
        f"{counted(report.rows, 'row', 'rows')} removed" if report.rows else "nothing was kept"
    )
    print(f"{plain(name)}: {removed}; from now on the person is skipped as forgotten")
    for place in report.remains:
        print(f"  still there, and for you to delete: {place}")
    for sentence in trouble:
        print(f"  {plain(sentence)}")
