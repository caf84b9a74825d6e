"""`actui outcomes`: the outcome of each person, for people, programs and spreadsheets."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actui import exitcodes
from actui.commands.errors import print_message
from actui.console.formatting import counted, plain
from actui.console.views.outcomes import Person, omitted_lines, printed
from actui.context.context import AppContext
from actui.model.connection import Connection
from actui.model.errors import ConfigError
from actui.model.goals import Named
from actui.model.omitted import is_named
from actui.model.run import Outcome, Reason
from actui.operations.spreadsheet import csv_lines, save_csv
from store.ledger import SqliteLedger


def outcomes(args: argparse.Namespace) -> int:
    """Print one line per person: outcome, reason and what was omitted."""
    context = AppContext.open()
    connection = context.connections.find(args.name).connection
    if args.raw and not (args.csv or args.to):
        raise ConfigError("--raw is about a CSV file: use it with --csv or --to.")
    _refuse_unknown(context, connection, args)
    names = {goal.id: goal.name for goal in connection.goals}
    goal = next((id_ for id_, name in names.items() if args.goal in (id_, name)), args.goal)
    with context.ledger(connection) as ledger:
        _refuse_unknown_field(connection, ledger, args.omitted)
        values = _Values(args.omitted)
        rows = values.counted(
            ledger.outcomes.find(
                run=args.run,
                goal=goal,
                outcome=args.outcome,
                reason=args.reason,
                omitted=args.omitted,
            )
        )
        if args.to:
            file = Path(args.to).expanduser()
            many = save_csv(file, connection, map(Person.of, rows), raw=args.raw)
            message = f"{counted(many, 'line', 'lines')} written to {plain(str(file))}."
            written = {"file": str(file), "lines": many}
            print(json.dumps(written, ensure_ascii=False) if args.json else message)
        elif args.csv:
            # bytes: the file is UTF-8 whatever the terminal's encoding is
            for line in csv_lines(connection, map(Person.of, rows), raw=args.raw):
                sys.stdout.buffer.write(line)
        else:
            for row in rows:
                facts = printed(connection, row)
                print(json.dumps(facts, ensure_ascii=False) if args.json else _line(facts, row))
    if args.omitted is not None and args.run and not (args.outcome or args.reason):
        _print_missing(context, connection, args.run, goal, values)
    return exitcodes.OK


def _line(line: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    who = line["email"] or line["profile_id"] or line["contact_id"]
    why = " ".join(str(line[key]) for key in ("reason", "detail") if line[key])
    parts = [str(line["run"]), str(line["goal"]), str(who), str(line["outcome"]), why]
    parts.append("; ".join(omitted_lines(row["omitted"])))
    return plain("  ".join(part for part in parts if part))


@dataclass(slots=True)
class _Values:
    """Counts the omitted values of a field among the people who are printed."""

    wanted: str | None
    found: int = 0

    def matches(self, field: str) -> bool:
        return not self.wanted or is_named(field, self.wanted)

    def counted(self, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for row in rows:
            self.found += sum(v.count for v in row["omitted"].values if self.matches(v.field))
            yield row


def _print_missing(
    context: AppContext, connection: Connection, run: str, goal: str | None, values: _Values
) -> None:
    """Print a message if the run omitted more values than the listed people account for."""
    summary = context.history(connection).find(run)
    goals = [one for one in summary.goals if goal in (None, one.goal_id)] if summary else []
    omitted = sum(
        sum(reasons.values())
        for one in goals
        for field, reasons in one.warned.items()
        if field and values.matches(field)
    )
    if omitted > values.found:
        more = counted(omitted - values.found, "value was", "values were")
        print_message(
            f"{more} omitted for people whom this run keeps no line of: people who are unchanged "
            f"are listed with their latest run. See: actui outcomes '{connection.name}' --omitted"
        )


def _refuse_unknown_field(connection: Connection, ledger: SqliteLedger, wanted: str | None) -> None:
    """Raise ConfigError for a field or list that is not known here and never was."""
    known = {"email"} | ledger.outcomes.omitted_names()
    for goal in connection.goals:
        known |= {mapping.field for mapping in goal.mappings}
        known |= {named.name for named in goal.lists if isinstance(named, Named)}
    if not wanted or any(is_named(name, wanted) for name in known):
        return
    plainly = {name.strip("%").casefold(): name for name in sorted(known)}
    close = difflib.get_close_matches(wanted.strip("%").casefold(), plainly, n=1)
    hint = (
        f"Did you mean {plainly[close[0]]}?"
        if close
        else f"There are: {', '.join(plainly.values())}."
    )
    raise ConfigError(
        f"No goal of '{connection.name}' has a field or list '{wanted}'. {hint}", code="unknown"
    )


def _refuse_unknown(context: AppContext, connection: Connection, args: argparse.Namespace) -> None:
    """Raise ConfigError for a name that stands for nothing, so that it does not look empty.

    A goal that was deleted may still have people.
    """
    for key, kind in (("outcome", Outcome), ("reason", Reason)):
        message, known = getattr(args, key), [one.value for one in kind]
        if message is not None and message not in known:
            close = difflib.get_close_matches(message, known, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(known)}."
            raise ConfigError(f"There is no {key} '{message}'. {hint}", code="unknown")
    if args.run is not None and context.history(connection).find(args.run) is None:
        raise ConfigError(f"'{connection.name}' has no run '{args.run}' in its history.")
