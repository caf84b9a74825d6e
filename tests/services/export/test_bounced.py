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
        assert ledger.index_fact("bounced") == "counted"
        ledger.set_index_fact("bounced", None)
        ledger._db.execute("UPDATE contact SET hard_bounces = 0")
    await desk.profile("a@x.org")
    await desk.export({"mode": "full"})
    assert await desk.status("a@x.org") is None
