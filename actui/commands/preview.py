"""`actui preview`: what a run would do, person by person, without doing it."""

from __future__ import annotations

import argparse
import asyncio
import json
from typing import Any

from actui import exitcodes
from actui.console.views.preview import lines
from actui.context.context import AppContext
from actui.context.run_factory import RunFactory
from actui.model.connection import Connection
from actui.model.mailbox import parse_address
from actui.model.preview import Ask, Change, Preview, PreviewedPerson


def preview(args: argparse.Namespace) -> int:
    """Print the preview; exits with 1 if a run would fail a goal."""
    context = AppContext.open()
    connection = context.connections.find(args.name).connection
    ask = Ask(tuple(args.goal), args.first, tuple(dict.fromkeys(map(parse_address, args.email))))
    shown = asyncio.run(_show(context, connection, ask))
    if args.json:
        print(json.dumps(_facts(connection, shown), ensure_ascii=False))
    else:
        for line in lines(shown, "->"):
            print(line)
    return exitcodes.OK if all(goal.ok for goal in shown.goals) else exitcodes.GOALS_FAILED


async def _show(context: AppContext, connection: Connection, ask: Ask) -> Preview:
    async with RunFactory(context).rehearsal(connection) as rehearsal:
        return await rehearsal.show(ask)


def _facts(connection: Connection, shown: Preview) -> dict[str, Any]:
    return {
        "connection": connection.name,
        "notes": list(shown.notes),
        "goals": [
            {
                "goal": goal.goal,
                "kind": goal.kind,
                "ok": goal.ok,
                "message": goal.message,
                "notes": list(goal.notes),
                **({"available": goal.available} if goal.kind == "export" else {}),
                "people": [_person(person) for person in goal.people],
            }
            for goal in shown.goals
        ],
    }


def _person(person: PreviewedPerson) -> dict[str, Any]:
    record = person.record
    return {
        "email": person.email,
        "outcome": record.outcome.value if record else None,
        "reason": record.reason.value if record and record.reason else None,
        "detail": record.detail if record else person.absent,
        "contact_id": record.contact_id if record else None,
        "profile_id": record.profile_id if record else None,
        "omitted": record.omitted.facts() if record else [],
        "values": [_change(one) for one in person.values],
        "lists": [_change(one) for one in person.lists],
    }


def _change(change: Change) -> dict[str, Any]:
    return {"name": change.name, "before": list(change.before), "after": list(change.after)}
