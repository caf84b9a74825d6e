"""`kill -9` at each dangerous instant of an import, then `actui run`: every Sum is applied once."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from actui.model.connection import Connection
from actui.model.run import RunState
from tests.process.e2e.lab import Lab, lab
from tests.process.e2e.scale import KILLS
from tests.process.e2e.test_sums import PEOPLE, PUT, goal, people, points
from tests.process.forked import Forked

pytestmark = pytest.mark.long

TOKEN = "/rest/v2/oauth/token"

Instant = Callable[[Lab, Connection], Awaitable[None]]


async def killed(run: Forked) -> None:
    """End a process as a power cut would."""
    run.kill()
    await asyncio.to_thread(run.communicate)


async def killed_at(world: Lab, requests: int) -> None:
    """A full run dies when it has sent so many requests."""
    run = world.start("--full")
    await world.until(lambda log: run.poll() is not None or len(log) >= requests)
    await killed(run)


async def journalled_not_sent(world: Lab, _: Connection) -> None:
    """The token is refused, so the entries wait in the journal for another one."""
    await world.fault("401", PUT, method="PUT")
    await world.fault("hold", TOKEN, after=1)
    run = world.start()
    await world.arrived("POST", TOKEN, 2)
    await killed(run)
    await world.control.delete("/faults")


async def sent_not_applied(world: Lab, _: Connection) -> None:
    await world.fault("timeout", PUT, method="PUT")
    run = world.start()
    await world.arrived("PUT", PUT)
    await killed(run)


async def applied_after_the_death(world: Lab, _: Connection) -> None:
    await world.fault("hold", PUT, method="PUT")
    run = world.start()
    await world.arrived("PUT", PUT)
    await killed(run)
    await world.post("/release")


async def applied_answer_held(world: Lab, _: Connection) -> None:
    await world.fault("timeout-after-commit", PUT, method="PUT")
    run = world.start()
    await world.arrived("PUT", PUT)
    await killed(run)


async def answered_not_committed(world: Lab, connection: Connection) -> None:
    """Somebody holds the ledger while the answer comes in, so it cannot be committed."""
    await world.fault("hold", PUT, method="PUT")
    run = world.start()
    await world.arrived("PUT", PUT)
    ledger = sqlite3.connect(world.context.home.ledger_file(connection.id), isolation_level=None)
    ledger.execute("BEGIN IMMEDIATE")
    await world.post("/release")
    await world.until(lambda log: any(r["path"] == PUT and r["status"] == 200 for r in log))
    await killed(run)
    ledger.execute("ROLLBACK")
    ledger.close()


INSTANTS: tuple[Instant, ...] = (
    journalled_not_sent,
    sent_not_applied,
    applied_after_the_death,
    applied_answer_held,
    answered_not_committed,
)


@pytest.mark.parametrize("dies", INSTANTS, ids=lambda dies: dies.__name__)
async def test_a_run_that_died_is_continued_and_adds_nothing_twice(dies: Instant) -> None:
    async with lab() as world:
        totals = await people(world)
        connection = world.apply(goal())
        await dies(world, connection)
        (cut_off,) = world.context.history(connection).all()
        assert (cut_off.state, cut_off.code) == (RunState.FAILED, "cut-off")

        summary = await world.run()

        assert summary.run == cut_off.run
        assert (summary.state, summary.ok) == (RunState.FINISHED, True)
        assert summary.goals[0].read == PEOPLE
        assert await points(world) == totals


async def test_a_goal_that_was_changed_meanwhile_starts_over_and_the_others_do_not() -> None:
    async with lab() as world:
        totals = await people(world)
        first = goal(id="g-1", name="First", mappings=[])
        second = goal(id="g-2")
        connection = world.apply(first, second)
        await world.fault("timeout", PUT, method="PUT", after=1)
        run = world.start()
        await world.arrived("PUT", PUT, 2)
        await killed(run)
        (cut_off,) = world.context.history(connection).all()
        lastly = {"field": "lastName", "property": "last_name"}
        second["import"]["mappings"].append(lastly)
        world.apply(first, second)
        await world.forget()

        summary = await world.run()

        assert summary.run == cut_off.run
        assert [told.read for told in summary.goals] == [PEOPLE, PEOPLE]
        assert [told.ok for told in summary.goals] == [True, True]
        assert sum(row["method"] == "PUT" for row in await world.requests()) == 1
        assert await points(world) == totals


@pytest.mark.timeout(60 + 10 * KILLS)
async def test_kills_at_random_requests_leave_every_sum_right() -> None:
    """The same people over and over, their points changing between the deaths."""
    drawn = random.Random(20261124)
    async with lab(contacts=600, profiles=500) as world:
        connection = world.apply(goal(contacts="all", create_profiles=False))
        before = await points(world)
        await world.run()
        expected = await points(world)
        assert expected != before
        with world.context.ledger(connection) as ledger:
            updated = {row["contact_id"] for row in ledger.outcomes.find(outcome="updated")}
        owners = Counter(
            email
            for r in await world.lines("/profiles")
            for email in r["properties"].get("email", [])
        )
        rows = [
            row
            for row in await world.lines("/contacts")
            if int(row["id"]) in updated and owners[row["email"]] == 1 and row["email"] in expected
        ]
        added = {row["id"]: row["fields"].get("POINTS") or "0" for row in rows}
        for _ in range(KILLS):
            for row in drawn.sample(rows, 5):
                value = str(drawn.randrange(10, 500))
                if value == added[row["id"]]:
                    continue
                added[row["id"]] = value
                email = row["email"]
                expected[email] = [str(int((expected[email] or ["0"])[0]) + int(value))]
                await world.post(
                    "/mutate",
                    service="activecampaign",
                    op="update",
                    id=row["id"],
                    set={"fields": {"POINTS": value}},
                )
            await world.forget()
            await killed_at(world, drawn.randrange(1, 22))
            await world.run()
        assert await points(world) == expected
