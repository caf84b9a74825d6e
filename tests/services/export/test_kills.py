"""`kill -9` in each state of a batch's journal, then `actui run`: as if nothing had happened."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from actui.model.connection import Connection
from tests.long_cases import mostly_long
from tests.process.e2e.lab import Lab, lab
from tests.process.forked import Forked

BULK, INFO = "/api/3/import/bulk_import", "/api/3/import/info"
PEOPLE, KNOWN, LEFT = 300, 100, 20
SEGMENT, NEWSLETTER = "Newsletter readers", "3"

Instant = Callable[[Lab, Connection], Awaitable[None]]
GOAL: dict[str, Any] = {
    "export": {
        "name": "Readers",
        "segment": SEGMENT,
        "identifiers": [{"field": "email", "property": "email"}],
        "mappings": [
            {"from": {"property": "first_name"}, "field": "firstName"},
            {"from": "profile_id", "field": "%BCID%"},
        ],
        "lists": ["Newsletter"],
        "unsubscribe": True,
        "resubscribe": "own",
    }
}


async def people(world: Lab) -> None:
    """Profiles; some of them contacts already, some of those gone from the list."""
    for n in range(KNOWN):
        lists = {NEWSLETTER: 2} if n < LEFT else {}
        await world.contact(email=f"p{n}@x.org", lists=lists)
    for n in range(PEOPLE):
        properties = {"email": [f"p{n}@x.org"], "first_name": [f"Ada {n}"]}
        await world.profile(properties=properties, segments=[SEGMENT])


async def contacts(world: Lab) -> list[tuple[str, str, dict[str, int]]]:
    rows = await world.lines("/contacts")
    return sorted((row["email"], row["firstName"], row["lists"]) for row in rows)


def seen(log: list[dict[str, Any]], path: str) -> list[dict[str, Any]]:
    """Requests to a path, whatever they asked there."""
    method = "POST" if path == BULK else "GET"
    return [r for r in log if r["method"] == method and r["path"].partition("?")[0] == path]


async def killed(run: Forked) -> None:
    """End a process as a power cut would."""
    run.kill()
    await asyncio.to_thread(run.communicate)


def dies_at(kind: str, path: str, *, after: int = 0, released: bool = False) -> Instant:
    """Dies while a request meets a fault."""

    async def dies(world: Lab, _: Connection) -> None:
        method = "POST" if path == BULK else "GET"
        await world.fault(kind, path, method=method, after=after)
        run = world.start()
        await world.until(lambda log: len(seen(log, path)) > after)
        await killed(run)
        if released:
            await world.post("/release")

    return dies


async def done_not_committed(world: Lab, connection: Connection) -> None:
    """Somebody holds the ledger while the last answer comes in, so it cannot be committed."""
    await world.fault("hold", INFO, method="GET")
    run = world.start()
    await world.until(lambda log: bool(seen(log, INFO)))
    ledger = sqlite3.connect(world.context.home.ledger_file(connection.id), isolation_level=None)
    ledger.execute("BEGIN IMMEDIATE")
    await world.post("/clock", advance=60)
    await world.post("/release")
    await world.until(lambda log: any(r["status"] for r in seen(log, INFO)))
    await killed(run)
    ledger.execute("ROLLBACK")
    ledger.close()


INSTANTS: dict[str, Instant] = {
    "sent, not applied": dies_at("timeout", BULK),
    "applied after the death": dies_at("hold", BULK, released=True),
    "applied, answer held": dies_at("timeout-after-commit", BULK),
    "second batch sent, not applied": dies_at("timeout", BULK, after=1),
    "queued": dies_at("hold", INFO, released=True),
    "completed, not committed": done_not_committed,
}


NOW = ("applied, answer held", "completed, not committed")


@pytest.mark.parametrize("instant", mostly_long(INSTANTS, NOW))
async def test_a_run_that_died_goes_on_to_the_same_end(instant: str) -> None:
    async with lab() as world:
        await people(world)
        connection = world.apply(GOAL)
        await INSTANTS[instant](world, connection)
        (cut_off,) = world.context.history(connection).all()

        summary = await world.run()

        assert (summary.run, summary.ok) == (cut_off.run, True)
        goal = summary.goals[0]
        assert goal.adds_up
        assert (goal.read, goal.created, goal.updated) == (PEOPLE, PEOPLE - KNOWN, KNOWN)
        assert (goal.lists.subscribed, goal.lists.left) == (PEOPLE - LEFT, LEFT)
        assert await contacts(world) == sorted(
            (f"p{n}@x.org", f"Ada {n}", {NEWSLETTER: 2 if n < LEFT else 1}) for n in range(PEOPLE)
        )
        # two batches are needed; what was taken twice set automations off twice
        twice = sum(r["status"] == 200 for r in seen(await world.requests(), BULK)) - 2
        print(f"{instant}: batches taken twice: {twice}")
        assert twice <= (instant in ("applied after the death", "applied, answer held"))
        # everybody is known as this goal's: whoever leaves is noticed
        assert (await world.run()).goals[0].unchanged == PEOPLE
        leaver = next(r for r in await world.lines("/profiles") if "p299@x.org" in str(r))
        await world.post("/clock", advance=60)
        gone = {"service": "blueconic", "op": "leave", "id": leaver["id"], "segment": SEGMENT}
        await world.post("/mutate", **gone)
        assert (await world.run()).goals[0].lists.unsubscribed == 1
