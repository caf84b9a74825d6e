"""Who is unsubscribed for having left the segment, and when nobody is."""

from __future__ import annotations

import pytest

from tests.services.export.desk import ACTIVE, NEWSLETTER, READERS, UNSUBSCRIBED, VISITORS, Desk

LEAVING = {"unsubscribe": True, "resubscribe": "own"}


async def people(desk: Desk, count: int) -> dict[str, str]:
    """Profiles in the segment by address."""
    return {f"p{n}@x.org": await desk.profile(f"p{n}@x.org") for n in range(count)}


async def leave(desk: Desk, *profiles: str) -> None:
    await desk.post("/clock", advance=60)
    for profile in profiles:
        await desk.mutate("blueconic", "leave", id=profile, segment=READERS)


async def active(desk: Desk) -> set[str]:
    return {
        email
        for email, row in (await desk.contacts()).items()
        if row["lists"].get(NEWSLETTER) == ACTIVE
    }


async def test_who_left_is_unsubscribed_and_nobody_else(desk: Desk) -> None:
    # on the list before: not this goal's to remove
    await desk.contact("p0@x.org", {NEWSLETTER: ACTIVE})
    profiles = await people(desk, 4)
    await desk.export(LEAVING)
    await leave(desk, profiles["p0@x.org"], profiles["p1@x.org"])
    summary = await desk.export(LEAVING)
    assert (summary.ok, summary.lists.unsubscribed) == (True, 1)
    assert await active(desk) == {"p0@x.org", "p2@x.org", "p3@x.org"}
    assert (await desk.export(LEAVING)).lists.unsubscribed == 0


async def test_without_the_setting_nobody_is(desk: Desk) -> None:
    profiles = await people(desk, 2)
    await desk.export()
    await leave(desk, profiles["p0@x.org"])
    await desk.export()
    assert await active(desk) == {"p0@x.org", "p1@x.org"}


async def test_who_had_left_by_themselves_is_left_alone(desk: Desk) -> None:
    profiles = await people(desk, 2)
    await desk.export(LEAVING)
    await leave(desk, profiles["p0@x.org"])
    await desk.mutate("activecampaign", "unsubscribe", id="p0@x.org", list=NEWSLETTER)
    await desk.forget()
    assert (await desk.export(LEAVING)).lists.unsubscribed == 0
    assert await desk.writes() == []


async def test_losing_consent_is_not_leaving(desk: Desk) -> None:
    profiles = await people(desk, 3)
    for profile in profiles.values():
        await desk.mutate("blueconic", "consent", id=profile)
    connection = desk.connection(LEAVING, objectives=["marketing"])
    assert (await desk.run(connection)).goals[0].created == 3
    await desk.mutate("blueconic", "refuse", id=profiles["p0@x.org"])
    # not even by the address they have now are they asked for
    await desk.change(profiles["p0@x.org"], email=["p0-now@x.org"])
    await desk.forget()
    summary = (await desk.run(connection)).goals[0]
    assert (summary.ok, summary.lists.unsubscribed) == (True, 0)
    assert summary.reasons == {"no-consent": 1}
    assert await active(desk) == set(profiles)
    rows = (await desk.control.get("/requests")).json()
    told = [row["path"] for row in rows if row["service"] == "activecampaign"]
    assert not [path for path in told if "p0" in path]
    assert await desk.writes() == []


async def test_merging_is_not_leaving(desk: Desk) -> None:
    profiles = await people(desk, 3)
    await desk.export(LEAVING)
    into = await desk.profile("other@x.org")
    await desk.mutate("blueconic", "merge", id=profiles["p1@x.org"], set={"into": into})
    summary = await desk.export(LEAVING)
    assert (summary.ok, summary.lists.unsubscribed) == (True, 0)
    assert await active(desk) == set(profiles)
    # the merged person's contact is theirs: no second one is made
    assert len(await desk.contacts()) == 3


async def test_a_listing_short_of_three_in_ten_unsubscribes_nobody(desk: Desk) -> None:
    await people(desk, 40)
    await desk.export(LEAVING)
    await desk.switch(segment_listing="short")
    summary = await desk.export(LEAVING)
    assert (summary.ok, summary.read, summary.lists.unsubscribed) == (True, 28, 0)
    assert summary.warnings == 1
    assert len(await active(desk)) == 40


async def test_a_changed_address_is_not_leaving(desk: Desk) -> None:
    profiles = await people(desk, 2)
    await desk.export(LEAVING)
    # the same address under another profile: still somebody in the segment
    await leave(desk, profiles["p0@x.org"])
    await desk.profile("P0@x.org")
    assert (await desk.export(LEAVING)).lists.unsubscribed == 0
    assert await active(desk) == {"p0@x.org", "p1@x.org"}


@pytest.mark.parametrize("order", [("A", "B"), ("B", "A")])
async def test_another_goals_people_stay(desk: Desk, order: tuple[str, str]) -> None:
    """Somebody who moves from one goal's segment to the other's stays on their common list."""
    goals = {
        "A": {"id": "g-a", "name": "A", **LEAVING},
        "B": {"id": "g-b", "name": "B", "segment": VISITORS},
    }
    connection = desk.connection(*(goals[name] for name in order))
    profiles = await people(desk, 2)
    await desk.run(connection)
    await leave(desk, profiles["p0@x.org"])
    await desk.mutate("blueconic", "enter", id=profiles["p0@x.org"], segment=VISITORS)
    await desk.run(connection)
    assert await active(desk) == {"p0@x.org", "p1@x.org"}
    await desk.mutate("blueconic", "leave", id=profiles["p0@x.org"], segment=VISITORS)
    await desk.run(connection)
    assert await active(desk) == {"p1@x.org"}


async def test_nobody_is_unsubscribed_while_another_goals_people_are_not_all_known(
    desk: Desk,
) -> None:
    """Whoever is left out of a short listing, the first seven of ten are not."""
    goals = ({"id": "g-a", "name": "A", **LEAVING}, {"id": "g-b", "name": "B", "segment": VISITORS})
    profiles = await people(desk, 7)
    for n in range(7, 10):
        await desk.profile(f"p{n}@x.org", segments=[VISITORS])
    connection = desk.connection(*goals)
    await desk.run(connection)
    await leave(desk, profiles["p0@x.org"])
    await desk.switch(segment_listing="short")
    first = (await desk.run(connection)).goals[0]
    assert (first.ok, first.lists.unsubscribed, first.warnings) == (True, 0, 1)
    await desk.switch(segment_listing="whole")
    assert (await desk.run(connection)).goals[0].lists.unsubscribed == 1


async def test_goals_of_other_connections_keep_their_people(desk: Desk) -> None:
    profiles = await people(desk, 3)
    await desk.export(LEAVING)
    numbers = {email: int(row["id"]) for email, row in (await desk.contacts()).items()}
    await leave(desk, profiles["p0@x.org"], profiles["p1@x.org"])
    desk.claims[int(NEWSLETTER)] = None
    summary = await desk.export(LEAVING)
    assert (summary.lists.unsubscribed, summary.warnings) == (0, 1)
    desk.claims[int(NEWSLETTER)] = {numbers["p0@x.org"]}
    assert (await desk.export(LEAVING)).lists.unsubscribed == 1
    assert await active(desk) == {"p0@x.org", "p2@x.org"}


async def test_too_many_leavers_wait_for_a_word(desk: Desk) -> None:
    profiles = await people(desk, 50)
    await desk.export(LEAVING)
    await leave(desk, *list(profiles.values())[:11])
    summary = await desk.export(LEAVING)
    assert (summary.ok, summary.code) == (False, "leavers-need-confirmation")
    assert "11 of 50" in summary.message
    assert len(await active(desk)) == 50
    assert (await desk.export(LEAVING, confirm_leavers=10)).ok is False
    assert len(await active(desk)) == 50
    summary = await desk.export(LEAVING, confirm_leavers=11)
    assert (summary.ok, summary.lists.unsubscribed) == (True, 11)
    assert len(await active(desk)) == 39


async def test_many_who_may_have_left_are_looked_up_by_the_page(desk: Desk) -> None:
    profiles = await people(desk, 40)
    await desk.export(LEAVING)
    await leave(desk, *list(profiles.values())[:30])
    gone, *_ = (await desk.contacts()).values()
    await desk.mutate("activecampaign", "unsubscribe", id=gone["id"], list=NEWSLETTER)
    await desk.forget()
    summary = await desk.export(LEAVING)
    assert (summary.code, summary.leavers) == ("leavers-need-confirmation", 29)
    assert await desk.requests("GET", r"/api/3/contacts/\d+") == 0
    assert len(await active(desk)) == 39


async def test_who_is_gone_does_not_make_the_share_look_smaller(desk: Desk) -> None:
    profiles = await people(desk, 60)
    await desk.export(LEAVING)
    deleted = [f"p{n}@x.org" for n in range(10)]
    rows = await desk.contacts()
    for email in deleted:
        await desk.mutate("activecampaign", "delete", id=rows[email]["id"])
    await leave(desk, *(profiles[f"p{n}@x.org"] for n in range(21)))
    summary = await desk.export(LEAVING)
    assert (summary.code, summary.leavers) == ("leavers-need-confirmation", 11)
    assert "11 of 50" in summary.message
    assert len(await active(desk)) == 50


async def test_ten_may_leave_whatever_their_share(desk: Desk) -> None:
    profiles = await people(desk, 12)
    await desk.export(LEAVING)
    await leave(desk, *list(profiles.values())[:10])
    assert (await desk.export(LEAVING)).lists.unsubscribed == 10


async def test_an_empty_listing_unsubscribes_nobody(desk: Desk) -> None:
    profiles = await people(desk, 3)
    await desk.export(LEAVING)
    await leave(desk, *profiles.values())
    summary = await desk.export(LEAVING)
    assert (summary.code, len(await active(desk))) == ("leavers-need-confirmation", 3)
    assert (await desk.export(LEAVING, confirm_leavers=3)).lists.unsubscribed == 3


async def test_a_changed_segment_unsubscribes_nobody(desk: Desk) -> None:
    profiles = await people(desk, 3)
    await desk.export(LEAVING)
    for profile in list(profiles.values())[:2]:
        await desk.mutate("blueconic", "enter", id=profile, segment=VISITORS)
    await desk.post("/clock", advance=60)
    goal = {**LEAVING, "segment": VISITORS}
    summary = await desk.export(goal)
    assert (summary.code, len(await active(desk))) == ("leavers-need-confirmation", 3)
    assert (await desk.export(goal, confirm_leavers=1)).lists.unsubscribed == 1
    assert await active(desk) == {"p0@x.org", "p1@x.org"}


@pytest.mark.parametrize("kind", ["reset", "truncated", "500-html"])
async def test_a_listing_that_breaks_off_unsubscribes_nobody(desk: Desk, kind: str) -> None:
    profiles = await people(desk, 3)
    await desk.export(LEAVING)
    await leave(desk, profiles["p0@x.org"])
    await desk.fault(kind, ".*/segments/.*/profiles", times=-1)
    summary = await desk.export(LEAVING)
    assert not summary.ok
    assert len(await active(desk)) == 3


async def test_a_limited_run_unsubscribes_nobody(desk: Desk) -> None:
    profiles = await people(desk, 3)
    await desk.export(LEAVING)
    await leave(desk, profiles["p0@x.org"])
    await desk.export(LEAVING, limit=5)
    assert len(await active(desk)) == 3


async def test_whose_subscription_is_older_than_the_goals_was_not_put_there_by_it(
    desk: Desk,
) -> None:
    await desk.contact("p0@x.org")
    profiles = await people(desk, 2)
    sending = {"method": "POST", "path": ".*/bulk_import", "count": 1}
    who = {"id": "p0@x.org", "list": NEWSLETTER}
    early = desk.clock.now().timestamp() - 3600
    await desk.mutate("activecampaign", "subscribe", **who, at=early, after=sending)
    await desk.export(LEAVING)
    await leave(desk, profiles["p0@x.org"])
    assert (await desk.export(LEAVING)).lists.unsubscribed == 0
    assert await active(desk) == {"p0@x.org", "p1@x.org"}


@pytest.mark.parametrize("fault", ["reset", "reset-after-commit"])
async def test_a_lost_answer_is_looked_after(desk: Desk, fault: str) -> None:
    profiles = await people(desk, 2)
    await desk.export(LEAVING)
    await leave(desk, profiles["p0@x.org"])
    await desk.fault(fault, ".*/contactLists", method="POST")
    assert (await desk.export(LEAVING)).lists.unsubscribed == 1
    assert await desk.status("p0@x.org") == UNSUBSCRIBED
    await desk.mutate("blueconic", "enter", id=profiles["p0@x.org"], segment=READERS)
    # when nobody can know whose word it was, it was the person's
    expected = 1 if fault == "reset" else 0
    assert (await desk.export(LEAVING)).lists.resubscribed == expected


async def test_an_unsubscription_that_is_lost_twice_is_tried_again(desk: Desk) -> None:
    profiles = await people(desk, 3)
    await desk.export(LEAVING)
    await leave(desk, profiles["p0@x.org"])
    await leave(desk, profiles["p1@x.org"])
    await desk.fault("reset", ".*/contactLists", method="POST", times=2)
    summary = await desk.export(LEAVING)
    assert (summary.ok, summary.lists.unsubscribed, summary.warnings) == (True, 1, 1)
    assert "unsubscribing were lost" in summary.message
    assert (await desk.export(LEAVING)).lists.unsubscribed == 1
    assert await active(desk) == {"p2@x.org"}


@pytest.mark.parametrize("status", [400, 404, 503])
async def test_an_unsubscription_counts_whatever_status_was_answered(
    desk: Desk, status: int
) -> None:
    profiles = await people(desk, 2)
    await desk.export(LEAVING)
    await leave(desk, profiles["p0@x.org"])
    await desk.fault(f"{status}-after-commit", ".*/contactLists", method="POST")
    summary = await desk.export(LEAVING)
    assert (summary.ok, summary.lists.unsubscribed) == (True, 1)
    assert await active(desk) == {"p1@x.org"}
