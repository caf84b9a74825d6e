"""A batch that ActiveCampaign does not know, or says nothing readable of, comes to an end."""

from __future__ import annotations

from typing import Any

import pytest

from actui.api.activecampaign.client import ActiveCampaignClient
from actui.model.records import BulkQueued
from tests.services.export.desk import ACTIVE, UNSUBSCRIBED, Desk

INFO = ".*/import/info"
SPOILED = "4"
"""An id that may be one, though of no batch of the account."""


@pytest.fixture
def spoiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids that ActiveCampaign gave; each batch is queued under another one while this is empty."""
    given: list[str] = []
    original = ActiveCampaignClient.bulk_import

    async def queue(self: ActiveCampaignClient, *rows: Any, **more: Any) -> Any:
        answer = await original(self, *rows, **more)
        if isinstance(answer, BulkQueued):
            given.append(answer.batch_id)
            return BulkQueued(SPOILED) if len(given) == 1 else answer
        return answer

    monkeypatch.setattr(ActiveCampaignClient, "bulk_import", queue)
    return given


async def people(desk: Desk, count: int) -> list[str]:
    return [await desk.profile(f"p{n}@x.org", first_name="Ada") for n in range(count)]


async def test_a_batch_that_is_not_known_is_read_again_and_sent_once_more(
    desk: Desk, spoiled: list[str]
) -> None:
    await people(desk, 3)
    began = desk.clock.monotonic()
    summary = await desk.export()
    assert (summary.ok, summary.read, summary.created, summary.adds_up) == (True, 3, 3, True)
    assert desk.clock.monotonic() - began > 1_800
    assert len(spoiled) == await desk.requests("POST", "/import/bulk_import") == 2
    assert {row["lists"]["3"] for row in (await desk.contacts()).values()} == {ACTIVE}
    await desk.forget()
    assert ((await desk.export()).unchanged, await desk.writes()) == (3, [])


async def test_who_left_meanwhile_is_not_put_back_by_the_second_sending(
    desk: Desk, spoiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await people(desk, 2)
    original = ActiveCampaignClient.batch

    async def asked(self: ActiveCampaignClient, batch_id: str) -> Any:
        # the first sending was applied, and its person has opted out by now
        if batch_id == SPOILED and "p0@x.org" in await desk.contacts():
            await desk.mutate("activecampaign", "unsubscribe", id="p0@x.org", list="3")
        return await original(self, batch_id)

    monkeypatch.setattr(ActiveCampaignClient, "batch", asked)
    summary = await desk.export()
    assert (summary.ok, summary.adds_up, len(spoiled)) == (True, True, 2)
    assert await desk.status("p0@x.org") == UNSUBSCRIBED
    assert await desk.status("p1@x.org") == ACTIVE


@pytest.mark.parametrize("kind", ["404-after-commit", "400-after-commit", "empty", "200-html"])
async def test_batches_of_which_nothing_is_ever_said_are_unresolved(desk: Desk, kind: str) -> None:
    await people(desk, 3)
    await desk.fault(kind, INFO, method="GET", times=-1)
    summary = await desk.export()
    assert (summary.unknown, summary.reasons) == (3, {"unresolved": 3})
    assert await desk.requests("POST", "/import/bulk_import") == 2
    assert {row["detail"].partition(" ")[0] for row in desk.rows()} == {"ActiveCampaign"}
    # what the next run finds does not keep it from anybody else
    await desk.control.delete("/faults")
    await desk.profile("new@x.org", first_name="New")
    summary = await desk.export()
    assert (summary.ok, summary.created, summary.unknown) == (True, 1, 3)


async def test_a_batch_of_an_earlier_run_that_is_not_known_keeps_nobody_back(desk: Desk) -> None:
    await people(desk, 3)
    await desk.fault("503", INFO, method="GET", times=-1)
    failed = await desk.export()
    assert (failed.ok, failed.code) == (False, "service-busy")
    await desk.control.delete("/faults")
    with desk.ledger() as ledger:
        ledger.database.connection.execute("UPDATE batch SET batch_id = ?", (SPOILED,))
    await desk.post("/clock", advance=7_200)
    summary = await desk.export()
    assert (summary.ok, summary.read, summary.updated + summary.created) == (True, 3, 3)
    assert {row["lists"]["3"] for row in (await desk.contacts()).values()} == {ACTIVE}
    await desk.forget()
    assert ((await desk.export()).unchanged, await desk.writes()) == (3, [])


async def test_a_busy_service_is_no_reason_to_give_a_batch_up(desk: Desk) -> None:
    await people(desk, 3)
    await desk.fault("503", INFO, method="GET", times=-1)
    assert (await desk.export()).code == "service-busy"
    await desk.control.delete("/faults")
    await desk.forget()
    summary = await desk.export()
    assert (summary.ok, summary.unchanged, await desk.writes()) == (True, 3, [])
