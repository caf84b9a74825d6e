"""How often somebody may be touched before an export passes them by."""

from __future__ import annotations

from typing import Any

import pytest

from actui.sandbox.activecampaign.campaigns import Campaign
from tests.services.export.desk import ACTIVE, NEWSLETTER, READERS, Desk
from tests.services.export.test_clock_jumps import JUMPS, Moved

DAY = 86_400.0
CAPPED: dict[str, Any] = {
    # at most two in a week
    "lifecycle": {"lifecycle": "Welcome", "stage": "First stage", "events": ["opened"]},
    # the sandbox shows no stages unless a test says so
    "unknown_stage": "export",
    "mode": "full",
}


@pytest.fixture
def mailing(desk: Desk) -> Campaign:
    """A campaign sent to the newsletter an hour ago."""
    now = int(desk.clock.now().timestamp())
    return desk.sandbox.account.campaigns.add("News", (int(NEWSLETTER),), now - 3600)


async def people(desk: Desk, *names: str) -> None:
    for name in names:
        await desk.contact(f"{name}@x.org", {NEWSLETTER: ACTIVE})
        await desk.profile(f"{name}@x.org", first_name="Ada")


async def opened(desk: Desk, mailing: Campaign, name: str, op: str = "open", **more: Any) -> None:
    await desk.mutate("activecampaign", op, id=f"{name}@x.org", campaign=mailing.id, **more)


async def over(desk: Desk, goal: dict[str, Any] | None = None) -> set[str]:
    """Who is held back by the cap, by the first part of their address."""
    summary = await desk.export(goal or CAPPED)
    assert summary.ok, summary.message
    held = [row["email"] for row in desk.rows() if row["reason"] == "over-threshold"]
    assert summary.reasons.get("over-threshold", 0) == len(held)
    return {email.partition("@")[0] for email in held}


async def test_opens_count_once_each_however_often_they_are_read(
    desk: Desk, mailing: Campaign
) -> None:
    await people(desk, "once", "twice", "never")
    await opened(desk, mailing, "once")
    await opened(desk, mailing, "twice")
    await opened(desk, mailing, "twice")
    assert await over(desk) == {"twice"}
    assert await over(desk) == {"twice"}
    # nothing moved, so no link was read again
    await desk.forget()
    assert await over(desk) == {"twice"}
    assert await desk.requests("GET", "/links") == 0
    await desk.post("/clock", advance=DAY)
    await opened(desk, mailing, "once")
    assert await over(desk) == {"once", "twice"}
    # the window slides: two opens now lie outside of it, one of `once` does not
    await desk.post("/clock", advance=6.5 * DAY)
    assert await over(desk) == set()
    await opened(desk, mailing, "once")
    assert await over(desk) == {"once"}


async def test_only_the_events_and_lists_of_the_goal_count(desk: Desk, mailing: Campaign) -> None:
    await people(desk, "clicker", "elsewhere")
    now = int(desk.clock.now().timestamp())
    other = desk.sandbox.account.campaigns.add("Other list", (4,), now - 3600)
    for _ in range(2):
        await opened(desk, mailing, "clicker", "click")
        await opened(desk, other, "elsewhere")
    assert await over(desk) == set()
    clicks = {**CAPPED["lifecycle"], "events": ["opened", "clicked"]}
    assert await over(desk, {**CAPPED, "lifecycle": clicks}) == {"clicker"}


async def test_goals_in_one_stage_fill_its_cap_together(desk: Desk, mailing: Campaign) -> None:
    await people(desk, "a")
    now = int(desk.clock.now().timestamp())
    other = desk.sandbox.account.campaigns.add("Webinar", (4,), now - 3600)
    await opened(desk, mailing, "a")
    await opened(desk, other, "a")
    webinar = {**CAPPED, "id": "g-2", "name": "Webinar", "lists": ["Webinar 2026"]}
    summary = (await desk.run(desk.connection(CAPPED, webinar))).goals
    assert [goal.reasons for goal in summary] == [{"over-threshold": 1}] * 2


@pytest.mark.parametrize("after", range(3))
async def test_a_run_cut_off_in_between_counts_nothing_twice(
    desk: Desk, mailing: Campaign, after: int
) -> None:
    await people(desk, "once", "twice")
    await opened(desk, mailing, "once")
    await opened(desk, mailing, "twice")
    await opened(desk, mailing, "twice")
    async with desk.held(desk.connection(CAPPED), "GET", "/linkData", after=after):
        await desk.post("/release")
    assert (await desk.go_on()).reasons == {"over-threshold": 1}
    assert await over(desk) == {"twice"}


async def test_a_newcomer_by_sweep_or_look_up_is_held_back_too(
    desk: Desk, mailing: Campaign
) -> None:
    """Nobody has been linked yet in the first run; their contact is known by then all the same."""
    await people(desk, "a", "b", "c", "d")
    for _ in range(2):
        await opened(desk, mailing, "c")
    await desk.forget()
    assert await over(desk) == {"c"}
    assert (await desk.contacts())["c@x.org"]["firstName"] == ""


@pytest.mark.parametrize("path", ["campaigns", "campaigns/.*/links", "links/.*/linkData"])
async def test_refused_endpoints_fail_the_goal(desk: Desk, mailing: Campaign, path: str) -> None:
    await people(desk, "a")
    await desk.fault("403-bare", f"/api/3/{path}", times=-1)
    await desk.forget()
    summary = await desk.export(CAPPED)
    assert (summary.ok, summary.code) == (False, "threshold-unavailable")
    assert await desk.writes() == []


async def test_a_lifecycle_that_is_off_limits_nobody(desk: Desk, mailing: Campaign) -> None:
    await people(desk, "a")
    for _ in range(4):
        await opened(desk, mailing, "a")
    quiet = {"lifecycle": "Win back", "stage": "Quiet", "events": ["opened"]}
    await desk.forget()
    assert await over(desk, {**CAPPED, "lifecycle": quiet}) == set()
    assert await desk.requests("GET", "/campaigns") == 0


async def test_only_people_of_the_stage_where_stages_are_shown(desk: Desk) -> None:
    profiles = {
        name: await desk.profile(f"{name}@x.org", first_name="Ada")
        for name in ("first", "second", "none")
    }
    for name in ("first", "second"):
        stage = f"{name.capitalize()} stage"
        await desk.mutate("blueconic", "update", id=profiles[name], set={"stage": stage})
    goal = {**CAPPED, "unsubscribe": True, "resubscribe": "own"}
    summary = await desk.export(goal)
    assert (summary.created, summary.warnings) == (3, 1)
    await desk.switch(lifecycle_stages="profile-only")
    summary = await desk.export(goal)
    assert (summary.updated, summary.reasons) == (1, {"not-in-stage": 2})
    # being in another stage, or at the cap, is not leaving the segment
    assert summary.lists.unsubscribed == 0


@pytest.mark.parametrize("none", ["empty", "left-out"])
@pytest.mark.parametrize("shown", ["present", "profile-only", "absent"])
async def test_five_people_of_whom_one_is_in_the_stage(desk: Desk, shown: str, none: str) -> None:
    await desk.switch(lifecycle_stages=shown, no_lifecycle_stage=none)
    stages = {"none": None, "other1": "Second stage", "bound": "First stage"}
    stages |= dict.fromkeys(("other2", "other3"), "Second stage")
    for name, stage in stages.items():
        profile = await desk.profile(f"{name}@x.org", first_name="Ada")
        await desk.mutate("blueconic", "update", id=profile, set={"stage": stage})
    goal = {**CAPPED, "unknown_stage": "skip"}
    summary = await desk.export(goal)
    assert summary.ok, summary.message
    if shown == "absent":
        assert (summary.reasons, summary.warnings) == ({"stage-unknown": 5}, 1)
        assert "does not show lifecycle stages, so nobody is exported" in summary.message
        assert await desk.contacts() == {}
        summary = await desk.export({**goal, "unknown_stage": "export"})
        assert (summary.created, summary.warnings) == (5, 1)
        assert "exported whatever their stage" in summary.message
    else:
        assert (summary.reasons, summary.warnings) == ({"not-in-stage": 4}, 0)
        assert list(await desk.contacts()) == ["bound@x.org"]
        assert await desk.status("bound@x.org") == ACTIVE


async def test_at_the_cap_nobody_is_unsubscribed(desk: Desk, mailing: Campaign) -> None:
    goal = {**CAPPED, "unsubscribe": True, "resubscribe": "own"}
    profile = await desk.profile("a@x.org", first_name="Ada")
    await desk.export(goal)
    for _ in range(2):
        await opened(desk, mailing, "a")
    summary = await desk.export(goal)
    assert (summary.reasons, summary.lists.unsubscribed) == ({"over-threshold": 1}, 0)
    await desk.post("/clock", advance=60)
    await desk.mutate("blueconic", "leave", id=profile, segment=READERS)
    assert (await desk.export(goal, confirm_leavers=1)).lists.unsubscribed == 1


async def test_mail_to_another_spelling_of_the_address_counts(
    desk: Desk, mailing: Campaign
) -> None:
    await people(desk, "anna", "eva")
    for spelled in ("an\u00adna@x.org", "ev\u00ada@x.org"):
        await desk.contact(spelled, {NEWSLETTER: ACTIVE})
    for email in ("anna@x.org", "an\u00adna@x.org", "eva@x.org"):
        await desk.mutate("activecampaign", "open", id=email, campaign=mailing.id)
    for number in range(10):  # enough to read everybody
        await desk.profile(f"other{number}@x.org")
    assert await over(desk) == {"anna"}


@pytest.mark.parametrize("off", JUMPS.values(), ids=JUMPS)
async def test_the_window_slides_by_activecampaign_s_time(
    desk: Desk, mailing: Campaign, off: float
) -> None:
    await people(desk, "once", "twice")
    await opened(desk, mailing, "once")
    await opened(desk, mailing, "twice")
    await opened(desk, mailing, "twice")
    desk.clock = clock = Moved(desk.clock)
    clock.off = off
    assert await over(desk) == {"twice"}
    await desk.post("/clock", advance=7.5 * DAY)
    assert await over(desk) == set()
