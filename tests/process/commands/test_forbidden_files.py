"""Files that may not be read, or that belong to somebody else, end each command with a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from actui import exitcodes
from store.forgotten import Forgotten
from store.home import Home
from store.ledger import open_ledger
from tests.long_cases import mostly_long
from tests.process.commands.test_damaged_home import COMMANDS, NAMES, files
from tests.process.forked import drop_privileges

NOBODY = 65_534
CHILD = """
import contextlib, io, json, os, sys
from actui.cli import main
from actui.console.workbench import Workbench
from actui.model.errors import ActuiError
from actui.context.services import ConsoleServices
from actui.context.context import AppContext
from store.key_store import KeyStore, NoKeyStoreError

def missing(*asked):
    raise NoKeyStoreError("This machine has no key store that keeps secrets safely.")

KeyStore._ask = missing  # what this host answers, without a process for each time

def console():
    try:
        with ConsoleServices(AppContext.open()) as services:
            bench = Workbench(services)
            for seen in bench.overviews.all():
                connection = seen.connection
                bench.overviews.kept(connection), bench.overviews.history(connection)
                services.reader(connection).version(), services.reader(connection).snapshot()
    except ActuiError as failure:
        print(failure.message, file=sys.stderr)
        return 2
    return 0

for words in [None, *json.loads(sys.argv[1])]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = console() if words is None else main(words)
    print(json.dumps([words, code, out.getvalue(), err.getvalue()]))
"""


def closed(file: Path) -> None:
    file.chmod(0)


def of_somebody_else(file: Path) -> None:
    file.chmod(0o700 if file.is_dir() else 0o600)
    os.chown(file, NOBODY, NOBODY)


# only root can give a file away
WAYS = mostly_long([closed, *([of_somebody_else] if os.geteuid() == 0 else [])], [closed])
MORE = ("ledger folder", "forgotten key", "locks")


@pytest.mark.parametrize("way", WAYS, ids=lambda way: str(way.__name__))
@pytest.mark.parametrize("name", [*NAMES, *MORE])
def test_it_is_a_sentence_that_names_the_file(
    home: Home, name: str, way: Callable[[Path], None]
) -> None:
    Forgotten(home).add(["address bob@example.com"], ("", ""))
    known = files(home)
    with open_ledger(known["ledger"]):
        pass
    known |= {
        "ledger folder": known["ledger"].parent,
        "forgotten key": home.root / "forgotten.key",
        "locks": home.locks_dir,
    }
    file = known[name]
    if not file.exists():
        file.write_text('{"_default": {}}')
    way(file)
    backup = ["backup", str(home.root / "backup.tar.gz")]
    try:
        done = subprocess.run(
            [sys.executable, "-c", CHILD, json.dumps([backup, *COMMANDS])],
            env={**os.environ, "ACTUI_HOME": str(home.root)},
            preexec_fn=drop_privileges if os.geteuid() == 0 else None,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    finally:
        if file.exists():  # the last command deletes what belongs to the connection
            file.chmod(0o700)
    assert done.returncode == 0, done.stderr
    for words, code, out, err in map(json.loads, done.stdout.splitlines()):
        assert code != exitcodes.BUG, (words, err)
        assert "Traceback" not in out + err, (words, err)
        if code and "denied" in out + err:
            assert str(file) in out + err, (words, err)
