"""`actui retry`: a run about only those people whom an earlier run could not deliver."""

from __future__ import annotations

import argparse
import json

from actui import exitcodes
from actui.app.terminal import outlive_terminal
from actui.commands.errors import print_message
from actui.commands.runs import carry_out, ended
from actui.console.formatting import plain
from actui.context.context import AppContext
from actui.model.connection import Connection
from actui.model.errors import ConfigError
from actui.model.run import FAILED, NOT_ACCEPTED, RETRY, Outcome, Reason
from actui.sync.run.engine import is_unfinished
from actui.sync.run.goal_run import Options, PeopleFilter


@outlive_terminal()
def retry(args: argparse.Namespace) -> int:
    """Send them again; exits with 0 if there is nobody to send."""
    context = AppContext.open()
    connection = context.connections.find(args.name).connection
    only = _people(context, connection, args)
    if not only.keys:
        if args.json:
            print(json.dumps({"connection": connection.name, "run": None, "people": 0}))
        else:
            print(f"{plain(connection.name)}: nobody to send again")
        return exitcodes.OK
    options = Options(
        goals=tuple(only.keys),
        only=only,
        trigger=RETRY,
        confirm_restored=args.confirm_restored,
    )
    return ended(carry_out(context, connection, options, quiet=args.json), args.json)


def _people(context: AppContext, connection: Connection, args: argparse.Namespace) -> PeopleFilter:
    """The people of the active goals to send again.

    Raises ConfigError if the last run is to be continued first, since that sends them, too.
    """
    names = {goal.name: goal.id for goal in connection.goals}
    goal = names.get(args.goal, args.goal)
    if goal is not None and goal not in names.values():
        raise ConfigError(f"'{connection.name}' has no goal '{args.goal}'.")
    if args.reason is not None and args.reason not in [reason.value for reason in Reason]:
        raise ConfigError(f"'{args.reason}' is no reason that an outcome can have.")
    if args.run is not None and context.history(connection).find(args.run) is None:
        raise ConfigError(f"'{connection.name}' has no run '{args.run}' in its history.")
    several = NOT_ACCEPTED if args.reason else FAILED
    outcomes = (Outcome.of(args.outcome),) if args.outcome else several
    with context.ledger(connection) as ledger:
        if is_unfinished(ledger.runs) and not context.lock(connection).is_held():
            raise ConfigError(
                f"The last run of '{connection.name}' has not come to its end; continue it first: "
                f"actui run '{connection.name}'",
                code="unfinished",
            )
        found = ledger.outcomes.failed(
            run=args.run, goal=goal, outcomes=outcomes, reason=args.reason
        )
    return PeopleFilter(_of_active_goals(connection, found))


def _of_active_goals(
    connection: Connection, found: dict[str, set[str]]
) -> dict[str, frozenset[str]]:
    active = {goal.id for goal in (*connection.imports(), *connection.exports())}
    left_out = sum(len(keys) for goal, keys in found.items() if goal not in active)
    if left_out:
        print_message(f"{left_out:,} people are left out: their goal is off or gone.")
    return {goal: frozenset(keys) for goal, keys in found.items() if goal in active}
