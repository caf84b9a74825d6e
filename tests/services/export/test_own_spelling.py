"""A contact that was found is written under its own spelling, whether or not case counts.

Where addresses in other letter case are other contacts, any other spelling would make a second one.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.services.export.desk import (
    ACTIVE,
    EMAIL_LINK,
    NEWSLETTER,
    READERS,
    UNSUBSCRIBED,
    VIP,
    Desk,
)

CASE = pytest.mark.parametrize("matching", ["any-case", "exact"])
KNOWING = pytest.mark.parametrize("others", [0, 8], ids=["asked for", "read whole"])
MIXED, LOWER = "Anna@Example.com", "anna@example.com"
BY_KEY = {"identifiers": [{"field": "%BCID%", "property": "customer_id"}]}
BY_BOTH = {"identifiers": [*EMAIL_LINK, *BY_KEY["identifiers"]]}


async def crowd(desk: Desk, many: int) -> None:
    """So many others in the segment: with enough of them everybody is read, not asked for."""
    for number in range(many):
        await desk.profile(f"other{number}@example.com")


async def annas(desk: Desk) -> list[dict[str, object]]:
    return [one for one in await desk.lines("/contacts") if one["email"].lower() == LOWER]


@CASE
@KNOWING
@pytest.mark.parametrize(
    ("profile", "contact"), [(MIXED, LOWER), ("ANNA@EXAMPLE.COM", LOWER), (MIXED, MIXED)]
)
async def test_nobody_becomes_two_contacts(desk, matching, others, profile, contact):
    await desk.switch(email_matching=matching)
    await desk.contact(contact, {VIP: UNSUBSCRIBED})
    await crowd(desk, others)
    person = await desk.profile(profile, first_name="Anna")
    goal = {"lists": ["Newsletter", "VIP"]}
    summary = await desk.export(goal)
    assert (summary.updated, summary.created, summary.lists.left) == (1, others, 1)
    await desk.change(person, first_name=["Bo"])
    await desk.export(goal)
    (anna,) = await annas(desk)
    assert (anna["email"], anna["firstName"]) == (contact, "Bo")
    assert anna["lists"] == {NEWSLETTER: ACTIVE, VIP: UNSUBSCRIBED}


@CASE
async def test_a_stored_capital_is_found_by_reading_everybody(desk, matching):
    await desk.switch(email_matching=matching)
    await desk.contact(MIXED)
    await crowd(desk, 8)
    await desk.profile(LOWER, first_name="Anna")
    summary = await desk.export()
    assert (summary.updated, summary.created) == (1, 8)
    (anna,) = await annas(desk)
    assert (anna["email"], anna["firstName"]) == (MIXED, "Anna")


async def test_of_two_that_differ_in_case_the_very_same_spelling_is_meant(desk):
    """Only an account where case counts can hold both."""
    await desk.switch(email_matching="exact")
    await desk.contact(LOWER)
    await desk.contact(MIXED, {NEWSLETTER: UNSUBSCRIBED})
    await crowd(desk, 8)
    await desk.profile(MIXED, first_name="Anna")
    await desk.export()
    names = {one["email"]: one["firstName"] for one in await annas(desk)}
    assert names == {MIXED: "Anna", LOWER: ""}


@CASE
@pytest.mark.parametrize("goal", [{}, BY_KEY, BY_BOTH], ids=["email", "another field", "both"])
async def test_who_was_made_here_is_written_under_the_stored_spelling(desk, matching, goal):
    """Also after the profile's own spelling has changed, by the link that the first run left."""
    await desk.switch(email_matching=matching, contact_case="lower")
    mappings = [
        {"from": {"property": "first_name"}, "field": "firstName"},
        {"from": {"property": "email"}, "field": "email"},
    ]
    wanted = {**goal, "mappings": mappings}
    person = await desk.profile(MIXED, first_name="Anna", customer_id="C-1")
    assert (await desk.export(wanted)).created == 1
    await desk.change(person, email=["ANNA@example.com"], first_name=["Bo"])
    assert (await desk.export(wanted)).updated == 1
    (anna,) = await annas(desk)
    assert (anna["email"], anna["firstName"]) == (LOWER, "Bo")


@CASE
async def test_a_refused_row_is_recognized_under_the_stored_spelling(desk, matching):
    """ActiveCampaign names the address as it was sent, and its lists are looked up with it."""
    await desk.switch(email_matching=matching)
    await desk.contact(LOWER)
    await desk.profile(MIXED, first_name="Anna")
    sending = {"method": "POST", "path": ".*/bulk_import", "count": 1}
    for op in ("subscribe", "unsubscribe"):
        await desk.mutate("activecampaign", op, id=LOWER, list=NEWSLETTER, after=sending)
    summary = await desk.export()
    (anna,) = await annas(desk)
    assert (summary.updated, summary.lists.left) == (1, 1)
    assert (anna["firstName"], anna["lists"]) == ("Anna", {NEWSLETTER: UNSUBSCRIBED})


@CASE
async def test_leavers_are_recognized_under_the_stored_spelling(desk, matching):
    await desk.switch(email_matching=matching)
    await desk.contact(LOWER)
    person = await desk.profile(MIXED)
    goal = {"unsubscribe": True}
    await desk.export(goal)
    assert (await desk.export(goal)).lists.unsubscribed == 0
    await desk.post("/clock", advance=60)
    await desk.mutate("blueconic", "leave", id=person, segment=READERS)
    summary = await desk.export(goal, confirm_leavers=1)
    assert summary.lists.unsubscribed == 1


@CASE
@pytest.mark.parametrize("goal", [{}, BY_KEY], ids=["email", "another field"])
async def test_a_changed_address_is_written_as_activecampaign_stores_it(desk, matching, goal):
    """A contact that gets another address gets its fields and lists under the stored spelling."""
    await desk.switch(email_matching=matching, contact_case="lower")
    mappings = [
        {"from": {"property": "first_name"}, "field": "firstName"},
        {"from": {"property": "email"}, "field": "email"},
    ]
    wanted = {**goal, "mappings": mappings}
    person = await desk.profile("old@example.com", customer_id="C-1")
    assert (await desk.export(wanted)).created == 1
    await desk.change(person, email=[MIXED], first_name=["Bo"])
    assert (await desk.export(wanted)).updated == 1
    (anna,) = await desk.lines("/contacts")
    assert (anna["email"], anna["firstName"]) == (LOWER, "Bo")


@CASE
@pytest.mark.parametrize("fault", ["lost answer", "interrupted batch"])
async def test_a_row_that_is_sent_again_goes_to_the_stored_spelling(desk, matching, fault):
    """What was applied before has made the contact already."""
    await desk.switch(email_matching=matching, contact_case="lower")
    await desk.profile(MIXED, first_name="Anna")
    await desk.profile("other@example.com")
    if fault == "lost answer":
        await desk.fault("reset-after-commit", ".*/bulk_import", method="POST")
        summary = await desk.export()
    else:
        await desk.switch(batch_end="interrupted")
        await desk.fault("hold", ".*/bulk_import", method="POST", after=1)
        task = asyncio.create_task(desk.export())
        await desk.arrived("POST", "/import/bulk_import", 2)
        await desk.switch(batch_end="completed")
        await desk.post("/release")
        summary = await task
    assert (summary.created, summary.updated) == (2, 0)
    (anna,) = await annas(desk)
    assert (anna["email"], anna["firstName"], anna["lists"]) == (LOWER, "Anna", {NEWSLETTER: 1})
