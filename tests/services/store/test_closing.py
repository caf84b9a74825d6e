"""Whoever opens a ledger or a lock closes it, also where opening it goes wrong half-way."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import re
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest

from actui.context.context import AppContext
from actui.context.run_factory import RunFactory
from actui.context.services import ConsoleServices
from actui.model.connection import Connection
from actui.model.errors import ConfigError, DamagedError
from store.ledger import SqliteLedger, open_ledger, scratch
from store.ledger.accounts import BoundAccounts
from store.ledger.scratch import scratch_ledger
from store.locks import RunLock


def still_open(place: Path) -> list[str]:
    """The files in a folder that this process holds open."""
    found = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(str(link.readlink()))
    return [name for name in found if name.startswith(f"{place}/")]


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """A ledger of a later version."""
    path = tmp_path / "ledger.db"
    open_ledger(path).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    return path


# each test keeps the error, whose traceback would keep alive what was left open


@pytest.mark.parametrize("opens", [open_ledger, scratch_ledger])
def test_a_newer_ledger_is_not_left_open(newer: Path, opens) -> None:
    with pytest.raises(ConfigError, match="newer actui") as refused:
        opens(newer)
    assert still_open(newer.parent) == []
    assert refused.traceback


@pytest.mark.parametrize("opens", [open_ledger, scratch_ledger])
def test_a_damaged_ledger_is_not_left_open(tmp_path: Path, opens) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(DamagedError, match=re.escape(str(path))) as refused:
        opens(path)
    assert still_open(tmp_path) == []
    assert refused.traceback


def test_a_lock_that_the_system_refuses_is_not_left_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(OSError, match="No locks") as refused, RunLock(tmp_path / "lock").held():
        pass
    assert still_open(tmp_path) == []
    assert refused.traceback


def home_of(tmp_path: Path) -> tuple[AppContext, Connection]:
    context = AppContext.open({"ACTUI_HOME": str(tmp_path)})
    return context, context.connections.save(Connection(name="News")).connection


def test_a_ledger_that_cannot_be_bound_is_not_left_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, connection = home_of(tmp_path)

    def refuse(self: BoundAccounts, *origins: str) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(BoundAccounts, "bind", refuse)
    with pytest.raises(sqlite3.OperationalError) as refused:
        context.bound_ledger(connection, fresh=False)
    assert still_open(tmp_path) == []
    assert refused.traceback


def test_a_console_closes_the_ledgers_it_follows(tmp_path: Path) -> None:
    context, connection = home_of(tmp_path)
    with ConsoleServices(context) as services:
        reader = services.reader(connection)
        assert reader.unique().imported == 0
        assert still_open(tmp_path) != []
    assert still_open(tmp_path) == []
    # what is read after that opens it again
    assert reader.snapshot() is None
    reader.close()
    assert still_open(tmp_path) == []


async def test_who_no_longer_waits_for_a_preview_leaves_its_ledger_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, connection = home_of(tmp_path)
    began, may_open, is_open = (threading.Event() for _ in range(3))
    opened: list[SqliteLedger] = []

    def slowly(path: Path | None) -> SqliteLedger:
        began.set()
        may_open.wait()
        opened.append(scratch_ledger(path))
        is_open.set()
        return opened[0]

    monkeypatch.setattr(scratch, "scratch_ledger", slowly)

    async def wait() -> None:
        async with RunFactory(context).rehearsal(connection):
            raise AssertionError("nobody waits any more")

    waiting = asyncio.create_task(wait())
    await asyncio.to_thread(began.wait)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    may_open.set()
    await asyncio.to_thread(is_open.wait)
    while asyncio.all_tasks() != {asyncio.current_task()}:  # noqa: ASYNC110  a thread ends
        await asyncio.sleep(0)
    await asyncio.sleep(0)  # what is to be done when it has opened has been called by then
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0].people.exchanged_counts()
