"""A run on a damaged ledger: a sentence, nothing sent twice, and a way on."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from actui.context.run_factory import RunFactory
from actui.model.connection import Connection
from actui.model.errors import ConfigError
from actui.model.run import RunState
from actui.sync.run.goal_run import Options
from tests.process.e2e.lab import NAME, Lab, lab
from tests.process.e2e.test_sums import goal, people, points

TABLES = ("sum", "fact", "goal", "membership", "link", "resubscribed")


def connection_of(world: Lab) -> Connection:
    return world.context.connections.find(NAME).connection


def ledger_of(world: Lab) -> Path:
    return world.context.home.ledger_file(connection_of(world).id)


def break_table(path: Path, table: str) -> None:
    """Overwrite the page at which a table begins."""
    with closing(sqlite3.connect(path)) as database:
        (root,) = database.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)
        ).fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)


async def test_a_broken_page_ends_the_run_with_a_sentence_and_fresh_goes_on() -> None:
    async with lab() as world:
        totals = await people(world)
        world.apply(goal(mode="full"))
        await world.run()
        break_table(ledger_of(world), "person")

        failed = await world.run()
        assert (failed.state, failed.code) == (RunState.FAILED, "damaged")
        assert str(ledger_of(world)) in failed.message
        assert world.context.history(connection_of(world)).all()[0].state is RunState.FAILED

        told: list[str] = []
        fresh = Options(fresh=True)
        async with RunFactory(world.context).engine(
            connection_of(world), fresh, told.append
        ) as engine:
            assert (await engine.execute()).ok
        assert await points(world) == totals
        assert "was set aside as" in told[0]
        (aside,) = ledger_of(world).parent.glob("*.damaged")
        assert str(aside) in told[0]
        with world.context.ledger(connection_of(world)) as ledger:
            assert ledger.doubts.find() is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: break_table(path, "sum"),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"not a database" * 999),
        lambda path: os.truncate(path, 4096 * 3),
    ],
    ids=["the table of Sums", "zero bytes", "another file", "truncated"],
)
async def test_sums_that_cannot_be_read_are_asked_about(damage: Callable[[Path], object]) -> None:
    async with lab() as world:
        totals = await people(world)
        world.apply(goal())
        await world.run()
        damage(ledger_of(world))

        with pytest.raises(ConfigError, match="--confirm-restored") as asked:
            await world.run(fresh=True)
        assert asked.value.code == "restored"
        with pytest.raises(ConfigError, match="--confirm-restored"):
            await world.run()
        assert await points(world) == totals

        told = await world.run(confirm_restored=True)
        assert told.state is RunState.FINISHED
        await world.run()  # asked once


@pytest.mark.parametrize("table", TABLES)
async def test_what_can_be_read_is_kept(table: str) -> None:
    async with lab() as world:
        totals = await people(world)
        world.apply(goal())
        await world.run()
        break_table(ledger_of(world), table)
        told = await world.run(fresh=True, confirm_restored=True, full=True)
        assert told.ok
        if table != "sum":
            assert await points(world) == totals


async def test_a_ledger_that_is_gone_is_asked_about() -> None:
    async with lab() as world:
        totals = await people(world)
        world.apply(goal())
        await world.run()
        shutil.rmtree(ledger_of(world).parent)
        with pytest.raises(ConfigError, match="does not know all of run"):
            await world.run()
        assert await points(world) == totals


async def test_an_older_copy_of_a_ledger_is_asked_about() -> None:
    async with lab() as world:
        await people(world)
        world.apply(goal())
        await world.run()
        copy = world.place / "older.db"
        shutil.copyfile(ledger_of(world), copy)
        await world.contact(email="late@example.org", firstName="L", fields={"POINTS": "5"})
        await world.run(full=True)
        before = await points(world)
        ledger_of(world).unlink()
        copy.rename(ledger_of(world))
        with pytest.raises(ConfigError, match="copied here from elsewhere"):
            await world.run()
        assert await points(world) == before
        assert (await world.run(confirm_restored=True)).ok


async def test_an_older_state_of_the_same_file_is_asked_about() -> None:
    """As when a file is overwritten in place."""
    async with lab() as world:
        await people(world)
        world.apply(goal())
        await world.run()
        older = ledger_of(world).read_bytes()
        await world.run(full=True)
        with ledger_of(world).open("r+b") as file:
            file.write(older)
            file.truncate()
        with pytest.raises(ConfigError, match="does not know all of run"):
            await world.run()


async def test_goals_that_no_doubt_touches_run() -> None:
    plain = goal(name="Plain", mappings=[{"field": "firstName", "property": "first_name"}])
    async with lab() as world:
        await people(world)
        world.apply(goal(), plain)
        await world.run()
        shutil.rmtree(ledger_of(world).parent)
        assert (await world.run(goals=("Plain",))).ok
        with pytest.raises(ConfigError, match="by 'Points'"):
            await world.run()
