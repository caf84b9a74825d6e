"""Batches from journal to completion, with everything that can go wrong on the way."""

from __future__ import annotations

import asyncio

import pytest

from actui.model.run import RETRY
from actui.sync.run.goal_run import PeopleFilter
from tests.services.export.desk import ACTIVE, NEWSLETTER, READERS, UNSUBSCRIBED, Desk

LEAVING = {"unsubscribe": True, "resubscribe": "own"}
BULK = ".*/import/bulk_import"


async def people(desk: Desk, count: int, **more: str) -> dict[str, str]:
    return {f"p{n}@x.org": await desk.profile(f"p{n}@x.org", **more) for n in range(count)}


async def test_one_bad_address_of_each_kind_costs_itself(desk: Desk) -> None:
    await people(desk, 300, first_name="Ada")
    await desk.profile("no-at-sign")
    await desk.profile("double..dot@x.org")
    summary = await desk.export()
    assert (summary.created, summary.rejected) == (300, 2)
    assert summary.reasons == {"invalid-email": 1, "rejected-by-activecampaign": 1}
    (row,) = [r for r in desk.rows() if r["reason"] == "rejected-by-activecampaign"]
    assert row["detail"] == "Field 'email' incorrect format"
    assert len(await desk.contacts()) == 300


async def test_an_address_that_fails_later_has_its_reason_found(desk: Desk) -> None:
    await desk.switch(bulk_odd_address="failed-row", bulk_bounced_contact="whole-row")
    await people(desk, 3)
    await desk.profile("double..dot@x.org")
    await desk.profile("competitor@example.com")
    await desk.contact("bounced@x.org", {"4": ACTIVE})
    await desk.mutate("activecampaign", "bounce", id="bounced@x.org")
    await desk.profile("bounced@x.org")
    summary = await desk.export()
    assert (summary.created, summary.rejected) == (3, 3)
    reasons = {r["email"]: (r["reason"], r["detail"]) for r in desk.rows() if r["reason"]}
    assert reasons["competitor@example.com"][0] == "excluded"
    assert "competitor@example.com" in reasons["competitor@example.com"][1]
    assert "bounced 1x" in reasons["bounced@x.org"][1]
    assert reasons["double..dot@x.org"][0] == "rejected-by-activecampaign"
    assert await desk.requests("POST", "/contact/sync") == 0


@pytest.mark.parametrize("end", ["failed", "interrupted"])
async def test_a_broken_batch_is_read_again_and_sent_once_more(desk: Desk, end: str) -> None:
    await people(desk, 4)
    await desk.switch(batch_end=end)
    await desk.fault("hold", BULK, method="POST", after=1)
    task = asyncio.create_task(desk.export(LEAVING))
    await desk.arrived("POST", "/import/bulk_import", 2)
    # the first half has been applied, and one of them opts out before the rest goes again
    await desk.mutate("activecampaign", "unsubscribe", id="p0@x.org", list=NEWSLETTER)
    await desk.switch(batch_end="completed")
    await desk.post("/release")
    summary = await task
    assert (summary.created, summary.rejected) == (4, 0)
    assert await desk.requests("POST", "/import/bulk_import") == 3
    assert await desk.status("p0@x.org") == UNSUBSCRIBED
    contacts = await desk.contacts()
    assert len(contacts) == 4


async def test_twice_broken_is_told(desk: Desk) -> None:
    await people(desk, 4)
    await desk.switch(batch_end="failed")
    summary = await desk.export()
    assert (summary.rejected, summary.ok) == (4, False)
    assert await desk.requests("POST", "/import/bulk_import") == 2


async def test_a_batch_that_never_ends_is_unresolved(desk: Desk) -> None:
    await people(desk, 4)
    await desk.switch(batch_speed="stuck")
    began = desk.clock.monotonic()
    summary = await desk.export()
    assert (summary.unknown, summary.reasons) == (4, {"unresolved": 4})
    assert summary.adds_up
    assert 1_800 < desk.clock.monotonic() - began < 2_100
    # nobody knows what became of them: they are sent again where somebody asks for it
    await desk.switch(batch_speed="normal")
    await desk.forget()
    summary = await desk.export()
    assert (summary.unknown, summary.reasons) == (4, {"unresolved": 4})
    assert await desk.writes() == []
    keys = frozenset(row["profile_id"] for row in desk.rows())
    assert (await desk.export(only=PeopleFilter({"g-1": keys}), trigger=RETRY)).created == 4


@pytest.mark.parametrize(
    "fault", ["reset", "reset-after-commit", "500-html", "truncated", "partial-then-reset"]
)
async def test_a_lost_answer_is_waited_out_and_sent_again(desk: Desk, fault: str) -> None:
    profiles = await people(desk, 4)
    await desk.fault(fault, BULK, method="POST")
    summary = await desk.export(LEAVING)
    assert (summary.created + summary.updated, summary.rejected) == (4, 0)
    assert summary.lists.subscribed == 4
    assert {row["lists"][NEWSLETTER] for row in (await desk.contacts()).values()} == {ACTIVE}
    # whoever joined by a batch whose answer was lost is this goal's all the same
    await desk.post("/clock", advance=60)
    await desk.mutate("blueconic", "leave", id=profiles["p0@x.org"], segment=READERS)
    assert (await desk.export(LEAVING)).lists.unsubscribed == 1


@pytest.mark.parametrize("released", [True, False])
@pytest.mark.parametrize(
    ("method", "where", "after"),
    [
        ("POST", "/import/bulk_import", 0),
        ("POST", "/import/bulk_import", 1),
        ("GET", "/import/info", 0),
        ("GET", "/import/info", 1),
    ],
    ids=["sending first", "sending second", "queued", "polled"],
)
async def test_a_cut_off_run_goes_on_to_the_same_end(
    desk: Desk, method: str, where: str, after: int, released: bool
) -> None:
    profiles = await people(desk, 300, first_name="Ada")
    await desk.contact("p1@x.org", {NEWSLETTER: UNSUBSCRIBED})
    async with desk.held(desk.connection(LEAVING), method, where, after=after):
        if released:
            await desk.post("/release")
    summary = await desk.go_on()
    if not released:
        await desk.post("/release")
    assert summary.adds_up
    assert (summary.read, summary.created, summary.updated) == (300, 299, 1)
    assert (summary.lists.subscribed, summary.lists.left) == (299, 1)
    contacts = await desk.contacts()
    assert len(contacts) == 300
    assert {row["firstName"] for row in contacts.values()} == {"Ada"}
    # each of them is known as this goal's: one leaves, and it is noticed
    await desk.post("/clock", advance=60)
    await desk.mutate("blueconic", "leave", id=profiles["p299@x.org"], segment=READERS)
    assert (await desk.export(LEAVING)).lists.unsubscribed == 1


async def test_who_withdraws_consent_while_a_run_is_cut_off_is_not_sent(desk: Desk) -> None:
    profile = await desk.profile("a@x.org", first_name="Ada")
    await desk.mutate("blueconic", "consent", id=profile)
    connection = desk.connection(objectives=["marketing"])
    async with desk.held(connection, "POST", "/import/bulk_import"):
        await desk.mutate("blueconic", "refuse", id=profile)
    await desk.forget()
    summary = await desk.go_on()
    assert summary.reasons == {"no-consent": 1}
    assert await desk.writes() == []


async def test_what_an_abandoned_run_has_queued_is_still_followed(desk: Desk) -> None:
    profiles = await people(desk, 3)
    async with desk.held(desk.connection(LEAVING), "GET", "/import/info"):
        await desk.post("/release")
    # the goal is another one now, so the run begins anew
    goal = {**LEAVING, "reconcile_days": 8}
    summary = await desk.export(goal)
    assert summary.read == 3
    await desk.post("/clock", advance=60)
    await desk.mutate("blueconic", "leave", id=profiles["p0@x.org"], segment=READERS)
    assert (await desk.export(goal)).lists.unsubscribed == 1
