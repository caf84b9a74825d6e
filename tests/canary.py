"""No secret and no person where none may be: searched for in all that the suite writes and prints.

Every secret of the suite holds `MARK`. It may be found in `PRIVATE` and `KEPT` alone. People's
addresses may stand in a ledger, in what `outcomes` and `why` print and in files that tests make
themselves, but not in what a home keeps about runs (`ABOUT_RUNS`).
"""

from __future__ import annotations

import json
import mmap
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from store import key_store as keystore
from tests.services.contract.listening.marking import MARK

PRIVATE = "secrets.json"
"""The one file of a home in which secrets stand rightly: the user agreed to it."""
KEPT = {
    "kept.json": "the key store of a test",
    "credentials": "a folder of systemd's credentials",
    "store": "the folder of a test's password manager",
    "state": "what a sandbox keeps, its own key included",
}
"""Files and folders of the tests, in no home, in which a secret stands rightly, and why."""
ABOUT_RUNS = ("runs", "logs", "audit")
"""Folders of a home: histories with messages, logs with crash reports, and who did what."""
_ADDRESS = re.compile(rb"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_LARGEST = 4_000_000
"""Bytes of a file about runs that is read for addresses; the largest of the suite is smaller."""


FOUND: list[str] = []
"""Leaks of this process so far: one that a server's thread finds must not pass unseen."""


class Leak(AssertionError):
    """A secret or a person was found where none may be."""


def check(shown: str | bytes, where: str) -> None:
    """Raises Leak when a secret is in something that was printed or sent."""
    mark = MARK.encode() if isinstance(shown, bytes) else MARK
    if mark in shown:  # type: ignore[operator]
        at = shown.index(mark)  # type: ignore[arg-type]
        around = shown[max(at - 80, 0) : at + 8]
        FOUND.append(f"{where} holds a secret after {around!r}")
        raise Leak(FOUND[-1])


def leaks_in(place: Path) -> Iterator[str]:
    """Every file below `place` that holds a secret or a person and may not."""
    for file in place.rglob("*"):
        if file.is_symlink() or not file.is_file():
            continue
        if _holds(file, MARK.encode()) and not _may_hold(file, place):
            yield f"{file} holds a secret"
        if file.name == "connections.json":
            yield from _people_in(file.parent)


def _may_hold(file: Path, place: Path) -> bool:
    folders = [one for one in file.parents if one.is_relative_to(place)]
    if any((folder / "connections.json").is_file() for folder in folders):
        return file.name == PRIVATE
    return bool(KEPT.keys() & set(file.relative_to(place).parts))


def _holds(file: Path, wanted: bytes) -> bool:
    if file.stat().st_size == 0:
        return False
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as all_:
        return all_.find(wanted) >= 0


def _people_in(home: Path) -> Iterator[str]:
    """Files of a home about runs with an address that is not of its configuration."""
    configured: set[bytes] = set()
    for name in ("connections.json", "connections.json.bak", "settings.json"):
        if (home / name).is_file():
            configured |= set(_ADDRESS.findall((home / name).read_bytes()))
    for folder in ABOUT_RUNS:
        for file in (home / folder).rglob("*"):
            if file.is_file() and file.stat().st_size <= _LARGEST:
                for found in set(_ADDRESS.findall(file.read_bytes())) - configured:
                    yield f"{file} holds the address {found.decode()}"


def watch_processes() -> None:
    """From now on, what a finished process printed is searched, where the tests read it whole."""
    communicate = subprocess.Popen.communicate

    def searched(self: Any, *args: Any, **more: Any) -> Any:
        printed = communicate(self, *args, **more)
        # a password command and the key store's process are there to hand a secret over
        if not (isinstance(self.args, str) or keystore._CHILD in self.args):
            for text in printed:
                check(text or "", f"the output of {json.dumps(list(map(str, self.args)))[:200]}")
        return printed

    vars_of: Any = subprocess.Popen
    vars_of.communicate = searched
