"""Commands about one person: why they are where they are."""

from __future__ import annotations

import argparse
import json

from actui import exitcodes
from actui.console.people import Person, goal_name
from actui.console.words import moment, plain
from actui.model.connection import Connection
from actui.wiring import House


def why(asked: argparse.Namespace) -> int:
    """Say, goal by goal, what became of a person last and which rule decided it."""
    house = House.open()
    connection = house.connections.find(asked.name).connection
    with house.ledger(connection) as ledger:
        rows = ledger.story(asked.email)
    if asked.json:
        for row in rows:
            print(json.dumps({**row, "goal": goal_name(connection, str(row["goal"]))}))
        return exitcodes.OK
    latest = {str(row["goal"]): Person.of(row) for row in rows}
    known = [goal.id for goal in connection.goals]
    for goal in [*known, *(gone for gone in latest if gone not in known)]:
        print(_sentence(connection, goal, latest.get(goal)))
    return exitcodes.OK


def _sentence(connection: Connection, goal: str, person: Person | None) -> str:
    name = plain(goal_name(connection, goal))
    if person is None:
        return (
            f"{name}: nothing is kept of this address: no run has met it here, or nothing of it "
            "ever had to be written."
        )
    when = f"{moment(person.at, connection.timezone).strip()}, run {person.run}"
    because = f": {person.why}" if person.why else ""
    return f"{name}: {person.outcome}{because} ({when})."
