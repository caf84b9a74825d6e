"""Connections as files: apply, export."""

from __future__ import annotations

import argparse
import difflib
import errno
import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import yaml

from actui import exitcodes
from actui.commands.errors import print_message
from actui.commands.prompts import read_stdin
from actui.commands.run_lines import print_findings
from actui.console.formatting import plain
from actui.context.context import AppContext
from actui.model.connection import Connection, origin
from actui.model.difference import difference
from actui.model.document import dump, dump_file, load
from actui.model.errors import ActuiError, ConfigError
from actui.model.findings import Finding, findings
from actui.model.inherited import as_known, counterpart
from actui.model.yaml_text import LARGEST
from store.connections import Stored

_ENDINGS = (".yaml", ".yml")
_NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


def apply(args: argparse.Namespace) -> int:
    """Create or update a connection from each file; none is changed unless all are valid."""
    context = AppContext.open()
    stored = context.connections.all()
    versions = {one.connection.id: one.version for one in stored}
    held = [one.connection for one in stored]
    wanted = [
        (as_known(read, before), before)
        for read in [read_file(name) for name in files_of(args.files)]
        for before in [counterpart(read, held)]
    ]
    context.connections.refuse_clashes([connection for connection, _ in wanted])
    for connection, before in wanted:
        done = "unchanged" if connection == before else "updated" if before else "created"
        saved = connection
        if not args.dry_run and done != "unchanged":
            expected = versions.get(connection.id)
            saved = context.connections.save(connection, expected=expected).connection
        _print_saved(saved, before, done, args)
        print_findings(findings(saved) + bound_to_others(context, saved), to_stderr=True)
    applied = {connection.id for connection, _ in wanted}
    kept = [one.name for one in held if one.id not in applied]
    if kept and any(kind_of_path(name) == "folder" for name in args.files):
        print_message(f"in none of the files, and left as they are: {plain(', '.join(kept))}")
    return exitcodes.OK


def _print_saved(
    saved: Connection, before: Connection | None, done: str, args: argparse.Namespace
) -> None:
    if args.json:
        facts = {"connection": saved.name, "id": saved.id, "done": done, "dry_run": args.dry_run}
        changes = [] if saved == before else difference(before, saved)
        print(json.dumps({**facts, "changes": [asdict(one) for one in changes]}))
        return
    was_called = before.name if before else saved.name
    if saved.name != was_called:
        is_more = saved.model_copy(update={"name": was_called}) != before
        done = f"renamed to {saved.name}{', updated' if is_more else ''}"
    print(plain(f"{was_called}: {'would be ' if args.dry_run else ''}{done}"))
    for redirected in _redirected(before, saved):
        print(plain(f"  {redirected}"))
    if saved.name != was_called:
        print_message(
            f"the file has the id of '{plain(was_called)}'; to make a new connection of it, "
            "leave the id out."
        )
    if args.dry_run and done != "unchanged":
        was = dump(before).splitlines() if before else []
        now = dump(saved).splitlines()
        for line in difflib.unified_diff(was, now, "stored", "file", lineterm="", n=2):
            print(plain(line))


def _redirected(before: Connection | None, saved: Connection) -> Iterator[str]:
    """A message for each account that an update replaces: people's data will go to another."""
    if before is None:
        return
    for service, was, now in (
        ("ActiveCampaign", before.activecampaign.url, saved.activecampaign.url),
        ("BlueConic", before.blueconic.url, saved.blueconic.url),
    ):
        if was and origin(was) != origin(now):
            yield f"{service}: {now or 'none'}, until now {was}"


def bound_to_others(context: AppContext, connection: Connection) -> list[Finding]:
    """A finding if the ledger belongs to other accounts, so that the connection cannot run."""
    if not connection.id:
        return []
    try:
        context.knows_these_accounts(connection)
    except ActuiError as refused:
        if refused.code != "other-account":
            return []  # doctor tells what else may ail a ledger
        message = (
            f"{refused.trouble} Its next run has to be started with --fresh, and remembers "
            "nothing of them."
        )
        return [Finding(refused.code, "activecampaign.url", message)]
    return []


def files_of(names: list[str]) -> Iterator[str]:
    """The named files, and the files of named folders by name, without hidden ones."""
    for name in names:
        if kind_of_path(name) != "folder":
            yield name
            continue
        found = _in_folder(Path(name))
        if not found:
            raise ConfigError(f"{name} holds no connection file (*.yaml).")
        yield from map(str, found)


def kind_of_path(name: str) -> Literal["file", "folder", "nothing"]:
    """What a path is; anything that can be opened, or that cannot be read, counts as a file."""
    try:
        return "folder" if stat.S_ISDIR(Path(name).stat().st_mode) else "file"
    except OSError as failure:
        return "nothing" if failure.errno in _NOWHERE else "file"


def _in_folder(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix in _ENDINGS and not path.name.startswith(".") and path.is_file()
    )


def read_file(name: str) -> Connection:
    """The connection in a file, `-` for stdin. Raises ConfigError with the lines of mistakes."""
    if name == "-":
        return load(read_stdin("stdin", LARGEST + 1), "stdin")
    shown = plain(name)
    try:
        raw = _first_bytes(name)
    except OSError as wrong:
        raise ConfigError(f"{shown} cannot be read: {wrong.strerror}.") from wrong
    if len(raw) > LARGEST:
        raise ConfigError(f"{shown} is larger than {LARGEST:,} bytes, so it is not read.")
    try:
        return load(raw.decode("utf-8-sig"), shown)
    except UnicodeDecodeError:
        raise ConfigError(f"{shown} is not UTF-8 text.") from None


def _first_bytes(name: str) -> bytes:
    """At most one byte more than a file may have, so that an endless device is no problem.

    A named pipe is not waited for; without a writer it is empty.
    """
    descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(LARGEST + 1)


def export(args: argparse.Namespace) -> int:
    """Print one connection as a file, or write each of them into a folder."""
    connections = AppContext.open().connections
    if args.to is not None:
        chosen = [connections.find(args.name)] if args.name else connections.all()
        if not chosen:
            print_message("There is no connection yet, so nothing was written.")
            return exitcodes.OK
        return _write_all(Path(args.to), chosen, as_json=args.json)
    if args.name is None:
        raise ConfigError("Which connection? Name one, or say --to FOLDER for all of them.")
    text = dump_file(connections.find(args.name).connection)
    sys.stdout.write(json.dumps(yaml.safe_load(text)) + "\n" if args.json else text)
    return exitcodes.OK


def _write_all(folder: Path, chosen: list[Stored], *, as_json: bool) -> int:
    """Write each connection into a file; one that has the same content stays, with its comments."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        present = {path: read_file(str(path)) for path in _in_folder(folder)}
        for connection in (one.connection for one in chosen):
            mine = next((path for path, held in present.items() if held.id == connection.id), None)
            path = mine or _free(folder, connection, present)
            done = "unchanged" if present.get(path) == connection else "written"
            if done == "written":
                path.write_text(dump_file(connection), encoding="utf-8")
            present[path] = connection
            if as_json:
                print(json.dumps({"connection": connection.name, "file": str(path), "done": done}))
            else:
                print(plain(f"{connection.name}: {path} {done}"))
    except OSError as wrong:
        raise ConfigError(f"{folder} cannot be written: {wrong.strerror}.") from wrong
    return exitcodes.OK


def _free(folder: Path, connection: Connection, present: dict[Path, Connection]) -> Path:
    word = re.sub(r"[^a-z0-9]+", "-", connection.name.lower()).strip("-")
    path = folder / f"{word or connection.id}.yaml"
    return folder / f"{word}-{connection.id}.yaml" if path in present else path
