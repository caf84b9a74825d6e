"""Commands about a home as a whole: audit."""

from __future__ import annotations

import argparse
import json
from itertools import islice
from typing import Any

from actui import exitcodes
from actui.commands.guard import say
from actui.console.words import plain
from actui.wiring import House

_WHO = ("at", "user", "host", "behind", "action", "connection", "connection_id", "changes")


def audit(asked: argparse.Namespace) -> int:
    """Print who did what, newest first."""
    found = list(islice(House.open().audit.lines(asked.name), asked.limit))
    if not found:
        of = f" of '{plain(asked.name)}'" if asked.name else " yet"
        say(f"Nothing is recorded{of}.")
    for line in found:
        print(json.dumps(line, ensure_ascii=False) if asked.json else _told(line))
    return exitcodes.OK


def _told(line: dict[str, Any]) -> str:
    behind = ", ".join(f"{how} {name}" for how, name in line.get("behind", {}).items())
    said = f"{line['at']}  {line['user']}@{line['host']}{f' ({behind})' if behind else ''}  "
    said += f"{line['action']} {line.get('connection', '')}".rstrip()
    more = [f"{name} {_value(value)}" for name, value in line.items() if name not in _WHO]
    if more:
        said += f" ({', '.join(more)})"
    rows = [plain(said)]
    for change in line.get("changes", ()):
        if change["where"] == "connection":
            continue  # a whole one: --json has it
        before, after = _value(change["before"]), _value(change["after"])
        rows.append(plain(f"    {change['where']}: {before} -> {after}"))
    return "\n".join(rows)


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict) and "name" in value:
        return str(value["name"])
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False)
