"""Commands about a home as a whole: audit, backup, restore."""

from __future__ import annotations

import argparse
import json
import sys
from itertools import islice
from pathlib import Path
from typing import Any

from actui import __version__, exitcodes
from actui.commands.errors import print_message
from actui.commands.prompts import confirmed
from actui.console.formatting import counted, plain
from actui.context.context import AppContext
from store.backup import holds_something, make_backup, restore_backup

_WHO = ("at", "user", "host", "behind", "action", "connection", "connection_id", "changes")


def audit(args: argparse.Namespace) -> int:
    """Print the audit log, newest first."""
    found = list(islice(AppContext.open().audit.lines(args.name), args.limit))
    if not found:
        of = f" of '{plain(args.name)}'" if args.name else " yet"
        print_message(f"Nothing is recorded{of}.")
    for line in found:
        print(json.dumps(line, ensure_ascii=False) if args.json else _audit_line(line))
    return exitcodes.OK


def backup(args: argparse.Namespace) -> int:
    """Write all that cannot be read from the services again into one file, without secrets."""
    context, file = AppContext.open(), Path(args.file).expanduser().absolute()
    made = make_backup(context.home, file, __version__)
    context.audit.record("backed up", file=str(file))
    if args.json:
        print(json.dumps({"file": str(file), "files": made.files, "bytes": made.size}))
    else:
        print(f"{file}: {counted(made.files, 'file', 'files')}, without any secret")
    return exitcodes.OK


def restore(args: argparse.Namespace) -> int:
    """Put a backup into this home."""
    context, file = AppContext.open(), Path(args.file).expanduser().absolute()
    replace = args.replace
    if not replace and holds_something(context.home) and sys.stdin.isatty():
        question = f"Replace the connections, ledgers and histories in {context.home.root}?"
        replace = confirmed(question, "")
    found = restore_backup(context.home, file, replace=replace)
    context.audit.record("restored", file=str(file), made=found.made)
    replaced = str(found.replaced) if found.replaced else None
    if args.json:
        facts = {"made": found.made, "connections": found.connections, "replaced": replaced}
        print(json.dumps(facts))
    else:
        print(
            f"Restored {counted(found.connections, 'connection', 'connections')} as of {found.made}"
        )
        if replaced:
            print(f"What was here before is in {replaced}; delete it when it is not needed.")
    print_message(
        "Enter the secrets again (actui secret set). People forgotten since that backup have to be "
        "forgotten again. Runs with a Sum, resubscribe or unsubscribe wait for --confirm-restored."
    )
    return exitcodes.OK


def _audit_line(line: dict[str, Any]) -> str:
    behind = ", ".join(f"{how} {name}" for how, name in line.get("behind", {}).items())
    message = f"{line['at']}  {line['user']}@{line['host']}{f' ({behind})' if behind else ''}  "
    message += f"{line['action']} {line.get('connection', '')}".rstrip()
    more = [f"{name} {_value(value)}" for name, value in line.items() if name not in _WHO]
    if more:
        message += f" ({', '.join(more)})"
    rows = [plain(message)]
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
