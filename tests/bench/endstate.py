"""What both services and a home hold at the end, in a form in which two worlds can be compared.

Two worlds that saw the same things happen give contacts and profiles other ids, runs other names
and receipts other values, so everything is named by e-mail address and times are omitted.
"""

from __future__ import annotations

import json
import re
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from store.ledger import open_ledger
from store.ledger.keys import unpack
from tests.process.e2e.lab import NAME, Lab

State = dict[str, list[str]]
RECEIPT = "actui_sum_receipt"
"""The property whose value differs with every send."""
_ACCEPTED = "CASE WHEN outcome <= 2 THEN 'accepted' ELSE outcome END"
"""Created, updated and unchanged are one: which it was of them is lost with the answer."""
TABLES = {
    "sum": "SELECT contact_id, field, property, value FROM sum",
    "membership": "SELECT g.id, list, contact_id, left_mark IS NULL FROM membership m"
    " JOIN goal g ON g.number = m.goal",
    "link": "SELECT profile, contact_id FROM link",
    "exchanged": "SELECT direction, profile FROM exchanged",
    "person": f"SELECT g.id, key, {_ACCEPTED}, reason, fingerprint IS NULL FROM person p"
    " JOIN goal g ON g.number = p.goal",
    "claim": "SELECT g.id, contact_id FROM claim c JOIN goal g ON g.number = c.goal",
    "resubscribed": "SELECT list, contact_id, done FROM resubscribed",
    "list change": "SELECT list, contact_id FROM list_change",
    "touch": "SELECT contact_id, campaign, kind, sum(n) FROM touch"
    " GROUP BY contact_id, campaign, kind",
    "omitted": f"SELECT g.id, key, {_ACCEPTED}, reason, omitted FROM omitted o"
    " JOIN goal g ON g.number = o.goal",
    "batch": "SELECT state, profiles FROM batch WHERE state <> 'done'",
    "sum_send": "SELECT contact_id, sums FROM sum_send",
    "open run": "SELECT trigger FROM run WHERE open = 1",
}
"""What of a ledger must be the same, with the columns that name people last or first."""
_PEOPLE = ("contact_id", "profile", "key")
_AN_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z?")


async def end_state(world: Lab, *, without: str = "") -> State:
    """Both services and the home; rows of people whose address holds `without` are omitted from
    the home, because what it keeps of them depends on the instant at which they acted."""
    contacts, profiles = await world.lines("/contacts"), await world.lines("/profiles")
    names = _names(contacts, profiles)
    state = {
        "contacts": [_named(json.dumps(_contact(row)), names) for row in contacts],
        "profiles": [_named(json.dumps(_profile(row)), names) for row in profiles],
        **dict(_home(world, names)),
    }
    if without:
        for kind, rows in state.items():
            if kind not in ("contacts", "profiles"):
                state[kind] = [row for row in rows if without not in row]
    return {kind: sorted(rows) for kind, rows in state.items()}


def differences(ours: State, expected: State) -> list[str]:
    """What one has and the other has not, a line each."""
    found = []
    for kind in sorted(ours.keys() | expected.keys()):
        here, there = ours.get(kind, []), expected.get(kind, [])
        if here != there:
            more = [row for row in here if row not in there]
            less = [row for row in there if row not in here]
            twice = [] if more or less else ["a row more or less often"]
            found += [f"{kind}: has {row}" for row in more + twice]
            found += [f"{kind}: misses {row}" for row in less]
    return found


def miscounted(world: Lab) -> list[str]:
    """Goals of a run that is still open whose counts are not those of their people."""
    context = world.context
    file = context.home.ledger_file(context.connections.find(NAME).connection.id)
    if not file.exists():
        return []
    with open_ledger(file) as ledger:
        return [
            f"{goal} says that it has read {told}, but {people} people have an outcome"
            for goal, told, people in ledger.counts.miscounted()
        ]


def unreadable(home: Path) -> list[str]:
    """Files of a home that are damaged, open to others, or left behind by a dead process."""
    found = []
    for file in sorted(one for one in home.rglob("*") if one.is_file()):
        name = str(file.relative_to(home))
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            found.append(f"{name} is open to others")
        if file.name.endswith(".tmp"):
            found.append(f"{name} was left behind")
        elif file.suffix == ".json":
            try:
                json.loads(file.read_text())
            except ValueError as wrong:
                found.append(f"{name} is damaged: {wrong}")
        elif file.suffix == ".db":
            with closing(sqlite3.connect(file)) as ledger:
                (told,) = ledger.execute("PRAGMA quick_check").fetchone()
            if told != "ok":
                found.append(f"{name} is damaged: {told}")
        elif file.name.startswith("crash-"):
            found.append(f"{name}: {file.read_text()[-300:]}")
    return found


def _names(contacts: list[Any], profiles: list[Any]) -> dict[str, str]:
    names = {str(row["id"]): str(row["email"]).lower() for row in contacts}
    for row in profiles:
        names[row["id"]] = (row["properties"].get("email") or ["a profile"])[0].lower()
    return names


def _named(text: str, names: dict[str, str]) -> str:
    """Ids of profiles, which are long enough to be nothing else, replaced by addresses."""
    for one, name in names.items():
        if len(one) > 30:
            text = text.replace(one, f"<{name}>")
    return text


def _contact(row: Any) -> Any:
    return {key: value for key, value in row.items() if key != "id"}


def _profile(row: Any) -> Any:
    properties = {
        name: ["a receipt"] if name == RECEIPT else sorted(held)
        for name, held in row["properties"].items()
        # when and how often BlueConic saw a change is not what was changed
        if not name.startswith("last")
    }
    told = ("consentedObjectives", "refusedObjectives", "privacyLegislation", "segments")
    return {"properties": properties, **{name: row.get(name) for name in told}}


def _home(world: Lab, names: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    context = world.context
    connection = context.connections.find(NAME).connection
    told = connection.model_dump(mode="json")
    for name in ("id", "activecampaign", "blueconic"):
        told.pop(name, None)
    for goal in told["goals"]:
        goal.pop("id", None)
    goals = {goal.id: goal.name for goal in connection.goals}
    yield "connection", [json.dumps(told, sort_keys=True)]
    yield "settings", [context.settings.model_dump_json()]
    kept = context.home.root / "secrets.json"
    stored = re.sub(r"127\.0\.0\.1:\d+", "sandbox", kept.read_text()) if kept.exists() else ""
    yield "secrets", [stored.replace(connection.id, "connection")]
    file = context.home.ledger_file(connection.id)
    if not file.exists():
        return
    with closing(sqlite3.connect(file)) as ledger:
        for table, query in TABLES.items():
            found = ledger.execute(query)
            columns = [one[0] for one in found.description]
            yield f"ledger {table}", [_row(columns, row, names, goals) for row in found]


def _row(
    columns: list[str], row: tuple[Any, ...], names: dict[str, str], goals: dict[str, str]
) -> str:
    shown = []
    for column, value in zip(columns, row, strict=True):
        text = unpack(value) if isinstance(value, bytes) and len(value) == 16 else str(value)
        if column in _PEOPLE:
            text = names.get(text, text)
        shown.append(_AN_INSTANT.sub("then", goals.get(text, text)))
    return " ".join(shown)
