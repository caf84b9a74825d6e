"""Somebody to whom mail has bounced for good is put on no list, by either road."""

from __future__ import annotations

import pytest

from actui.model.omitted import OmittedList
from tests.services.export.desk import (
    ACTIVE,
    BOUNCED,
    NEWSLETTER,
    UNCONFIRMED,
    UNSUBSCRIBED,
    VIP,
    Desk,
)

KNOWING = pytest.mark.parametrize("others", [0, 8], ids=["asked for", "read whole"])
BOUNCES = {"on another list": {VIP: BOUNCED}, "by the counter alone": {}}


async def crowd(desk: Desk, many: int) -> None:
    for number in range(many):
        await desk.profile(f"other{number}@example.com")


async def bounced(desk: Desk, email: str, lists: dict[str, int]) -> None:
    """A contact that stands so on lists; without a bounced one, its counter alone tells."""
    await desk.contact(email, lists if BOUNCED in lists.values() else {**lists, VIP: ACTIVE})
    if BOUNCED not in lists.values():
        await desk.mutate("activecampaign", "bounce", id=email, list=VIP)
        await desk.mutate("activecampaign", "subscribe", id=email, list=VIP)


def kept_off(desk: Desk) -> tuple[OmittedList, ...]:
    found: tuple[OmittedList, ...] = ()
    for row in desk.rows():
        if row["email"] == "a@x.org":
            found = row["omitted"].lists
    return found


@KNOWING
@pytest.mark.parametrize("lists", BOUNCES.values(), ids=list(BOUNCES))
@pytest.mark.parametrize("setting", ["never", "own", "all"])
async def test_a_list_is_not_joined_by_import(desk, others, lists, setting):
    await bounced(desk, "a@x.org", lists)
    await desk.profile("a@x.org", first_name="Ada")
    await crowd(desk, others)
    summary = await desk.export({"resubscribe": setting})
    assert (await desk.contacts())["a@x.org"]["firstName"] == "Ada"
    assert await desk.status("a@x.org") is None
    assert (summary.lists.subscribed, summary.lists.left) == (others, 1)
    assert kept_off(desk) == (OmittedList("Newsletter", "bounced"),)


@KNOWING
@pytest.mark.parametrize("lists", BOUNCES.values(), ids=list(BOUNCES))
async def test_nobody_is_resubscribed(desk, others, lists):
    await bounced(desk, "a@x.org", {**lists, NEWSLETTER: UNSUBSCRIBED})
    await desk.profile("a@x.org")
    await crowd(desk, others)
    summary = await desk.export({"resubscribe": "all"})
    assert (await desk.status("a@x.org"), summary.lists.resubscribed) == (UNSUBSCRIBED, 0)
    assert kept_off(desk) == (OmittedList("Newsletter", "bounced"),)


@KNOWING
@pytest.mark.parametrize("standing", [{}, {NEWSLETTER: UNSUBSCRIBED}])
async def test_another_contact_of_the_same_address_bounced(desk, others, standing):
    await bounced(desk, "anna@m\u00fcnchen.de", {VIP: BOUNCED})
    await desk.contact("anna@xn--mnchen-3ya.de", standing)
    await desk.profile("anna@xn--mnchen-3ya.de")
    await crowd(desk, others)
    summary = await desk.export({"resubscribe": "all"})
    assert (await desk.contacts())["anna@xn--mnchen-3ya.de"]["lists"] == standing
    assert summary.lists.resubscribed == 0


@pytest.mark.parametrize("setting", ["own", "all"])
async def test_unconfirmed_people_stay_so(desk, setting):
    await desk.contact("a@x.org", {NEWSLETTER: UNCONFIRMED})
    await desk.profile("a@x.org")
    await desk.export({"resubscribe": setting})
    assert await desk.status("a@x.org") == UNCONFIRMED
    assert kept_off(desk) == (OmittedList("Newsletter", "unconfirmed"),)


async def test_an_index_without_bounces_is_read_anew(desk):
    await crowd(desk, 8)
    await bounced(desk, "a@x.org", {})
    await desk.export()
    with desk.ledger() as ledger:
        assert ledger.contact_index.fact("bounced") == "counted"
        ledger.contact_index.set_fact("bounced", None)
        ledger.database.connection.execute("UPDATE contact SET hard_bounces = 0")
    await desk.profile("a@x.org")
    await desk.export({"mode": "full"})
    assert await desk.status("a@x.org") is None


async def swept(desk: Desk, *emails: str) -> None:
    """An index that knows these contacts, and was read after all that moves their stamps."""
    await desk.switch(list_writes_bump_udate="no")
    for email in emails:
        await desk.contact(email, {VIP: ACTIVE})
    # beyond the hour by which the index overlaps when it is refreshed
    desk.sandbox.clock.advance(7_200)
    await crowd(desk, 8)
    await desk.export()
    with desk.ledger() as ledger:
        assert ledger.contact_index.fact("swept") is not None


@pytest.mark.parametrize("standing", [BOUNCED, ACTIVE], ids=["still", "subscribed again"])
async def test_a_bounce_that_moves_no_stamp_is_seen_before_a_list_is_joined(desk, standing):
    await swept(desk, "a@x.org", "b@x.org", "c@x.org", "d@x.org")
    await desk.mutate("activecampaign", "bounce", id="a@x.org", list=VIP)
    if standing == ACTIVE:
        await desk.mutate("activecampaign", "subscribe", id="a@x.org", list=VIP)
    for name in "abcd":
        await desk.profile(f"{name}@x.org", first_name="Ada")
    await desk.forget()

    summary = await desk.export()

    assert (await desk.status("a@x.org"), await desk.status("b@x.org")) == (None, ACTIVE)
    assert kept_off(desk) == (OmittedList("Newsletter", "bounced"),)
    assert (summary.lists.subscribed, summary.lists.left) == (3, 1)
    # the index is refreshed, and the four are read together
    assert await desk.requests("GET", "/contacts") <= 6


async def test_a_silent_bounce_is_seen_where_nobody_can_be_asked_for_by_id(desk):
    await desk.switch(contact_filters="ids-ignored")
    await swept(desk, *(f"p{number}@x.org" for number in range(250)))
    for number in (7, 8, 120, 240):
        await desk.profile(f"p{number}@x.org")
    await desk.mutate("activecampaign", "bounce", id="p120@x.org", list=VIP)
    await desk.forget()
    summary = await desk.export()
    assert (summary.lists.subscribed, summary.lists.left) == (3, 1)
    assert await desk.status("p120@x.org") is None
    assert await desk.requests("GET", "/contacts") <= 10


async def test_who_bounces_while_a_killed_run_rests_is_put_on_no_list(desk):
    await desk.contact("a@x.org", {VIP: ACTIVE})
    await desk.profile("a@x.org", first_name="Ada")
    async with desk.held(desk.connection(), "POST", "/bulk_import", kind="timeout"):
        await desk.mutate("activecampaign", "bounce", id="a@x.org", list=VIP)
    summary = await desk.go_on()
    assert (summary.updated, summary.lists.subscribed, summary.lists.left) == (1, 0, 1)
    assert await desk.status("a@x.org") is None


async def test_a_silent_bounce_of_another_contact_of_the_same_address_is_seen(desk):
    await swept(desk, "anna@m\u00fcnchen.de", "anna@xn--mnchen-3ya.de")
    await desk.mutate("activecampaign", "bounce", id="anna@m\u00fcnchen.de", list=VIP)
    await desk.profile("anna@xn--mnchen-3ya.de")
    await crowd(desk, 8)
    await desk.export()
    assert await desk.status("anna@xn--mnchen-3ya.de") is None


async def test_many_who_join_are_read_for_no_more_than_the_account_takes(desk):
    await swept(desk, *(f"p{number}@x.org" for number in range(250)))
    await desk.mutate("activecampaign", "bounce", id="p7@x.org", list=VIP)
    for number in range(0, 250, 2):
        await desk.profile(f"p{number}@x.org")
    await desk.profile("p7@x.org")
    await desk.forget()
    summary = await desk.export()
    assert summary.lists.subscribed == 125
    assert await desk.status("p7@x.org") is None
    assert await desk.requests("GET", "/contacts") <= 10
