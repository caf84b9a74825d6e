"""Real runs: whoever started one, everybody sees it and can stop it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from actui.context.context import AppContext
from actui.context.services import ConsoleServices
from actui.model.connection import Connection
from actui.model.errors import BusyError
from actui.model.run import RunSummary
from actui.model.settings import Settings
from actui.operations.scheduling import Scheduler
from store.settings import SettingsFile
from tests.process import forked
from tests.process.e2e.lab import NAME, Lab, lab
from tests.process.e2e.processes import ACTUI

GOAL = {
    "import": {
        "name": "Contacts",
        "contacts": "all",
        "create_profiles": True,
        "identifiers": [{"field": "email", "property": "email"}],
    }
}
OFTEN = {"type": "times-per-day", "times": 480}
WHO_AM_I = "/api/3/users/me"


def begin(world: Lab, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*ACTUI, *words],
        env={**os.environ, **world.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


async def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    out, _ = await asyncio.to_thread(process.communicate)
    return process.returncode, out


async def actui(world: Lab, *words: str) -> tuple[int, str]:
    environ = {**os.environ, **world.environ}
    done = await asyncio.to_thread(forked.run, *words, environ=environ)
    return done.returncode, done.stdout + done.stderr


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110  another process changes it
        await asyncio.sleep(0.01)


def prepared(world: Lab, **more: Any) -> Connection:
    SettingsFile(world.context.home).save(Settings(requests_per_second=2_000))
    return world.apply(GOAL, **more)


def last(world: Lab, connection: Connection) -> RunSummary:
    return world.context.history(connection).all(limit=1)[0]


async def test_the_scheduler_ends_and_its_run_goes_on() -> None:
    async with lab(contacts=30) as world:
        connection = prepared(world, schedule=OFTEN)
        await world.fault("hold", WHO_AM_I, method="GET")
        scheduler = begin(world, "schedule")
        await world.arrived("GET", WHO_AM_I)
        # another look, by cron or a second scheduler, finds nothing due
        assert await actui(world, "due") == (0, "")
        scheduler.send_signal(signal.SIGTERM)
        code, said = await ended(scheduler)
        assert code == 0
        assert said.count("started") == 1 + said.count("that were started")
        assert world.context.lock(connection).is_held()
        await world.post("/release")
        await until(lambda: not world.context.lock(connection).is_held())
        run = last(world, connection)
    assert (run.state, run.ok, run.trigger) == ("FINISHED", True, "schedule")
    assert run.goals[0].read == 30


@pytest.mark.parametrize("who", ["schedule", "hand", "console"])
async def test_whoever_started_a_run_all_see_it_and_can_stop_it(who: str) -> None:
    async with lab(contacts=30) as world:
        environ = {**os.environ, **world.environ}
        with ConsoleServices(AppContext.open(environ)) as console:
            connection = prepared(world, schedule=OFTEN)
            await world.fault("hold", WHO_AM_I, method="GET")
            by_hand = None
            if who == "schedule":
                code, said = await actui(world, "due", "--json")
                assert (code, json.loads(said)["done"]) == (0, "started")
            elif who == "hand":
                by_hand = begin(world, "run", NAME, "--json")
            else:
                console.starter.start(connection)
            await world.arrived("GET", WHO_AM_I)

            _, listed = await actui(world, "list", "--json")
            assert json.loads(listed)["running"] is True
            reader = console.reader(connection)
            assert reader.is_running()
            snapshot = reader.snapshot()
            assert snapshot is not None
            assert snapshot.state == "STARTING"
            with pytest.raises(BusyError):
                console.starter.start(connection)
            # what is due queues behind it, wherever it came from
            results = Scheduler(world.context, lambda _: pytest.fail("two at a time")).look()
            assert [result.done for result in results] == ([] if who == "schedule" else ["waits"])

            # asked twice, by whomever, it ends where it stands: its request is never answered
            assert reader.request_stop() == 1
            code, said = await actui(world, "stop", NAME, "--json")
            assert (code, json.loads(said)["stop"]) == (0, 2)
            await until(lambda: not world.context.lock(connection).is_held())
            if by_hand is not None:
                assert (await ended(by_hand))[0] == 5
            run = last(world, connection)
            assert run.state == "STOPPED"
            assert run.trigger == {"hand": "manual"}.get(who, who)


async def test_a_turn_that_found_the_connection_running_is_still_due() -> None:
    async with lab(contacts=0) as world:
        connection = prepared(world, schedule=OFTEN)
        schedule_claims = world.context.schedule_claims
        schedule_claims.claim(
            connection.id, None, world.context.connections.find(NAME).since, lambda: ""
        )
        with world.context.lock(connection).held():
            code, _ = await actui(world, "run", NAME, "--trigger", "schedule")
        assert code == 3
        assert schedule_claims.started() == {}


async def test_the_audit_tells_who_stopped_a_scheduled_run_and_how() -> None:
    async with lab(contacts=0) as world:
        connection = prepared(world, schedule=OFTEN)
        world.environ["SUDO_USER"] = "alice"
        await world.fault("hold", WHO_AM_I, method="GET")
        assert (await actui(world, "due"))[0] == 0
        await world.arrived("GET", WHO_AM_I)
        with world.context.ledger(connection) as ledger:
            snapshot = ledger.runs.read_progress()
        assert snapshot is not None
        os.kill(snapshot.pid, signal.SIGTERM)
        audit = world.context.audit
        await until(lambda: "stopped" in {line["action"] for line in audit.lines(NAME)})
        world.environ["SUDO_USER"] = "bob"
        for _ in range(2):
            assert (await actui(world, "stop", NAME))[0] == 0
        await until(lambda: not world.context.lock(connection).is_held())
        now, soon, stopped, ran, *_ = audit.lines(NAME)
    assert (ran["action"], ran["trigger"], ran["behind"]["sudo"]) == ("ran", "schedule", "alice")
    assert (stopped["action"], stopped["signal"]) == ("stopped", "SIGTERM")
    assert [(line["level"], line["behind"]["sudo"]) for line in (soon, now)] == [
        (1, "bob"),
        (2, "bob"),
    ]
    assert {line["run"] for line in (ran, stopped, soon, now)} == {snapshot.run}
