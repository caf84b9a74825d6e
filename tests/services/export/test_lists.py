"""Who is put on a list, who is not, and who is put there again."""

from __future__ import annotations

import pytest

from tests.services.export.desk import ACTIVE, BOUNCED, NEWSLETTER, UNCONFIRMED, UNSUBSCRIBED, Desk

EVERY_STATUS = {
    "active@x.org": ACTIVE,
    "unsubscribed@x.org": UNSUBSCRIBED,
    "unconfirmed@x.org": UNCONFIRMED,
    "bounced@x.org": BOUNCED,
}


async def test_only_who_is_not_on_the_list_joins_it(desk: Desk) -> None:
    for email, status in EVERY_STATUS.items():
        await desk.contact(email, {NEWSLETTER: status})
    await desk.contact("on-no-list@x.org")
    for email in (*EVERY_STATUS, "on-no-list@x.org", "new@x.org"):
        await desk.profile(email, first_name="Ada")
    summary = await desk.export()
    contacts = await desk.contacts()
    assert {e: contacts[e]["lists"][NEWSLETTER] for e in EVERY_STATUS} == EVERY_STATUS
    assert await desk.status("on-no-list@x.org") == await desk.status("new@x.org") == ACTIVE
    # who left still gets their fields
    assert {row["firstName"] for row in contacts.values()} == {"Ada"}
    assert (summary.lists.subscribed, summary.lists.left) == (2, 3)
    assert (summary.created, summary.updated, summary.rejected) == (1, 5, 0)
    assert await desk.requests("POST", "/contactLists") == 0


@pytest.mark.parametrize("reading", ["whole-row", "only-list"])
async def test_who_leaves_after_the_reading_is_not_put_back(desk: Desk, reading: str) -> None:
    await desk.switch(bulk_refused_subscribe=reading)
    await desk.contact("a@x.org")
    await desk.contact("b@x.org")
    for email in ("a@x.org", "b@x.org"):
        await desk.profile(email, first_name="Ada")
    sending = {"method": "POST", "path": ".*/bulk_import", "count": 1}
    await desk.mutate("activecampaign", "subscribe", id="a@x.org", list=NEWSLETTER, after=sending)
    await desk.mutate("activecampaign", "unsubscribe", id="a@x.org", list=NEWSLETTER, after=sending)
    summary = await desk.export()
    assert await desk.status("a@x.org") == UNSUBSCRIBED
    assert (await desk.contacts())["a@x.org"]["firstName"] == "Ada"
    assert (summary.updated, summary.rejected) == (2, 0)
    assert (summary.lists.subscribed, summary.lists.left) == (1, 1)


async def again(desk: Desk, setting: str, **more: object) -> int:
    """Export everybody in full; how many were resubscribed."""
    summary = await desk.export({"resubscribe": setting, "mode": "full", **more})
    assert summary.ok, summary.message
    return summary.lists.resubscribed


async def test_nobody_is_resubscribed_unless_the_goal_says_so(desk: Desk) -> None:
    await desk.contact("a@x.org", {NEWSLETTER: UNSUBSCRIBED})
    await desk.profile("a@x.org")
    assert await again(desk, "never") == 0
    # opted out by themselves: not this goal's own
    assert await again(desk, "own") == 0
    assert await desk.status("a@x.org") == UNSUBSCRIBED


async def test_all_covers_who_opted_out_but_not_twice(desk: Desk) -> None:
    for email, status in EVERY_STATUS.items():
        await desk.contact(email, {NEWSLETTER: status})
        await desk.profile(email)
    assert await again(desk, "all") == 1
    assert await desk.status("unsubscribed@x.org") == ACTIVE
    assert await desk.status("unconfirmed@x.org") == UNCONFIRMED
    assert await desk.status("bounced@x.org") == BOUNCED
    assert await again(desk, "all") == 0
    await desk.post("/clock", advance=60)
    who = {"id": "unsubscribed@x.org", "list": NEWSLETTER}
    await desk.mutate("activecampaign", "unsubscribe", **who)
    assert await again(desk, "all") == 0
    assert await desk.status("unsubscribed@x.org") == UNSUBSCRIBED


async def test_own_covers_the_row_this_goal_unsubscribed_and_nobody_touched(desk: Desk) -> None:
    profile = await desk.profile("a@x.org")
    goal = {"unsubscribe": True}
    await again(desk, "own", **goal)
    await desk.post("/clock", advance=60)
    await desk.mutate("blueconic", "leave", id=profile, segment="Newsletter readers")
    summary = await desk.export({"resubscribe": "own", **goal}, confirm_leavers=1)
    assert (summary.lists.unsubscribed, await desk.status("a@x.org")) == (1, UNSUBSCRIBED)
    # they come back, though nothing about them has changed
    await desk.mutate("blueconic", "enter", id=profile, segment="Newsletter readers")
    summary = await desk.export({"resubscribe": "own", **goal})
    assert (summary.lists.resubscribed, await desk.status("a@x.org")) == (1, ACTIVE)
    # and opt out by themselves
    await desk.post("/clock", advance=60)
    await desk.mutate("activecampaign", "unsubscribe", id="a@x.org", list=NEWSLETTER)
    assert await again(desk, "own", **goal) == 0


async def test_a_row_somebody_touched_since_is_not_own(desk: Desk) -> None:
    profile = await desk.profile("a@x.org")
    goal = {"unsubscribe": True, "resubscribe": "own"}
    await desk.export(goal)
    await desk.post("/clock", advance=60)
    await desk.mutate("blueconic", "leave", id=profile, segment="Newsletter readers")
    await desk.export(goal, confirm_leavers=1)
    for op in ("subscribe", "unsubscribe"):
        await desk.post("/clock", advance=60)
        await desk.mutate("activecampaign", op, id="a@x.org", list=NEWSLETTER)
    await desk.mutate("blueconic", "enter", id=profile, segment="Newsletter readers")
    summary = await desk.export(goal)
    assert (summary.lists.resubscribed, summary.lists.left) == (0, 1)
    assert await desk.status("a@x.org") == UNSUBSCRIBED


@pytest.mark.parametrize("fault", ["reset", "503", "500-html"])
async def test_a_resubscription_that_is_lost_twice_is_tried_again(desk: Desk, fault: str) -> None:
    await desk.contact("a@x.org", {NEWSLETTER: UNSUBSCRIBED})
    await desk.profile("a@x.org")
    await desk.fault(fault, ".*/contactLists", method="POST", times=2)
    summary = await desk.export({"resubscribe": "all"})
    assert (summary.ok, summary.lists.resubscribed) == (True, 0)
    assert summary.warnings == 1
    assert "resubscribing were lost" in summary.message
    assert desk.rows()[0]["omitted"].lists[0].why == "resubscription-lost"
    assert await desk.status("a@x.org") == UNSUBSCRIBED

    summary = await desk.export({"resubscribe": "all"})
    assert (summary.lists.resubscribed, await desk.status("a@x.org")) == (1, ACTIVE)
    await desk.forget()
    assert (await desk.export({"resubscribe": "all"})).unchanged == 1
    assert await desk.writes() == []


@pytest.mark.parametrize("status", [400, 404, 422, 503])
async def test_a_resubscription_counts_whatever_status_was_answered(
    desk: Desk, status: int
) -> None:
    await desk.contact("a@x.org", {NEWSLETTER: UNSUBSCRIBED})
    await desk.profile("a@x.org")
    await desk.fault(f"{status}-after-commit", ".*/contactLists", method="POST")
    summary = await desk.export({"resubscribe": "all"})
    assert (summary.ok, summary.lists.resubscribed, summary.warnings) == (True, 1, 0)
    assert await desk.status("a@x.org") == ACTIVE


@pytest.mark.parametrize("fault", ["reset", "reset-after-commit"])
async def test_a_lost_answer_resubscribes_once(desk: Desk, fault: str) -> None:
    await desk.contact("a@x.org", {NEWSLETTER: UNSUBSCRIBED})
    await desk.profile("a@x.org")
    await desk.post("/clock", advance=60)
    await desk.fault(fault, ".*/contactLists", method="POST")
    assert await again(desk, "all") == 1
    assert await desk.status("a@x.org") == ACTIVE
    await desk.post("/clock", advance=60)
    await desk.mutate("activecampaign", "unsubscribe", id="a@x.org", list=NEWSLETTER)
    assert await again(desk, "all") == 0
