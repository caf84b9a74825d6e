"""Runs of the program itself: they tell, and nothing that goes wrong there changes them."""

from __future__ import annotations

import json
from typing import Any

from actui.model.settings import MailServer, Settings
from store.settings import SettingsFile
from tests.process.e2e.lab import NAME, Lab, lab
from tests.process.notifying.servers import HERE, free_port, mail_server, webhook
from tests.process.scheduling.test_processes import GOAL, WHO_AM_I, actui, begin, ended

WHO = {"recipients": ["ops@example.com"]}


def with_mail(world: Lab, port: int) -> None:
    mail = MailServer(host=HERE, port=port, security="none")
    SettingsFile(world.context.home).save(Settings(requests_per_second=2_000, mail=mail))


async def run(world: Lab, *words: str) -> tuple[int, dict[str, Any]]:
    code, said = await actui(world, "run", NAME, "--json", *words)
    return code, json.loads(next(line for line in said.splitlines() if line.startswith("{")))


async def test_a_run_by_hand_tells_of_its_failure_and_its_recovery() -> None:
    async with lab(contacts=12) as world:
        with mail_server() as box, webhook() as (url, posted):
            with_mail(world, box.port)
            world.apply(GOAL, notify={"when": "failure", "webhook": url, **WHO})
            await world.fault("500-html", "/rest/v2/profiles", method="PUT", times=-1)
            code, failed = await run(world)
            assert (code, failed["ok"]) == (1, False)
            await world.control.delete("/faults")
            code, fine = await run(world)
            assert (code, fine["ok"]) == (0, True)
            assert (await run(world))[0] == 0
    assert "notice" not in failed | fine
    assert box.subjects == [f"actui: {NAME} failed", f"actui: {NAME} works again"]
    assert [one["event"] for one in posted] == ["failed", "recovered"]
    assert posted[1]["run"] == fine


async def test_a_mail_server_that_is_gone_is_shown_and_harms_no_run() -> None:
    async with lab(contacts=12) as world:
        port = free_port()
        with_mail(world, port)
        world.apply(GOAL, notify={"when": "every-run", **WHO})
        code, summary = await run(world)
        _, shown = await actui(world, "runs", NAME)
    assert (code, summary["state"], summary["ok"]) == (0, "FINISHED", True)
    assert f"{HERE}:{port} could not be reached" in summary["notice"]
    assert summary["notice"] in shown


async def test_a_run_that_was_killed_is_told_by_the_next() -> None:
    async with lab(contacts=12) as world:
        with mail_server() as box:
            with_mail(world, box.port)
            world.apply(GOAL, notify={"when": "failure", **WHO})
            await world.fault("hold", WHO_AM_I, method="GET")
            killed = begin(world, "run", NAME)
            await world.arrived("GET", WHO_AM_I)
            killed.kill()
            await ended(killed)
            await world.post("/release")
            code, _ = await run(world)
    assert code == 0
    assert box.subjects == [f"actui: {NAME} failed", f"actui: {NAME} works again"]
    assert "process ended before its work did" in box.received[0][1].get_content()


async def test_a_scheduled_run_that_cannot_begin_is_recorded_and_told() -> None:
    async with lab(contacts=0) as world:
        with mail_server() as box:
            with_mail(world, box.port)
            connection = world.apply(GOAL, notify={"when": "failure", **WHO})
            secret = world.environ.pop(f"ACTUI_SECRET_{NAME.upper()}_BLUECONIC_CLIENT_SECRET")
            environ = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
            world.environ |= environ
            code, _ = await actui(world, "run", NAME, "--trigger", "schedule")
            found = world.context.history(connection).all()
    assert code == 4
    assert [(one.state, one.code, one.trigger) for one in found] == [
        ("FAILED", "no-secret", "schedule")
    ]
    ((_, message),) = box.received
    assert "actui secret set" in message.get_content()
    assert secret not in message.as_string()
