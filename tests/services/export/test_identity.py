"""Which contact a profile is; whichever way it is learned, by look-ups or by a sweep."""

from __future__ import annotations

from typing import Any

import pytest

from actui.sync.exporting.contact_directory import ContactDirectory
from tests.services.export.desk import (
    ACTIVE,
    EMAIL_LINK,
    NAME_ONLY,
    NEWSLETTER,
    UNSUBSCRIBED,
    Desk,
)

BY_CUSTOMER: dict[str, Any] = {
    "identifiers": [{"field": "%BCID%", "property": "customer_id"}],
    "mappings": [*NAME_ONLY, {"from": {"property": "email"}, "field": "email"}],
}


@pytest.fixture(params=["look-ups", "sweep"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to learn who is known, whatever they cost here."""

    async def chosen(_self: ContactDirectory, _addresses: int) -> bool:
        return bool(request.param == "sweep")

    monkeypatch.setattr(ContactDirectory, "_sweep_is_cheaper", chosen)
    return str(request.param)


async def emails(desk: Desk) -> set[str]:
    return set(await desk.contacts())


async def test_an_address_is_found_whatever_its_case(desk: Desk, way: str) -> None:
    await desk.contact("Ada@X.org")
    await desk.profile("aDA@x.org", first_name="Ada")
    summary = await desk.export()
    assert (summary.updated, summary.created) == (1, 0)
    assert await emails(desk) == {"ada@x.org"}


async def test_a_changed_address_moves_the_contact(desk: Desk, way: str) -> None:
    profile = await desk.profile("old@x.org", first_name="Ada")
    await desk.export()
    await desk.mutate("activecampaign", "unsubscribe", id="old@x.org", list=NEWSLETTER)
    await desk.change(profile, email=["new@x.org"])
    summary = await desk.export()
    assert (summary.updated, summary.created, summary.lists.left) == (1, 0, 1)
    assert await emails(desk) == {"new@x.org"}
    assert await desk.status("new@x.org") == UNSUBSCRIBED


async def test_an_opt_out_follows_its_person_to_another_contact(desk: Desk, way: str) -> None:
    profile = await desk.profile("old@x.org")
    await desk.export()
    await desk.mutate("activecampaign", "unsubscribe", id="old@x.org", list=NEWSLETTER)
    await desk.contact("other@x.org")
    await desk.change(profile, email=["other@x.org"])
    summary = await desk.export({"resubscribe": "all"})
    assert (summary.updated, summary.lists.left, summary.lists.resubscribed) == (1, 1, 0)
    assert await desk.status("other@x.org") is None


async def test_of_several_addresses_the_contacts_own_is_kept(desk: Desk, way: str) -> None:
    profile = await desk.profile("a@x.org", first_name="Ada")
    await desk.export()
    await desk.change(profile, email=["b@x.org", "a@x.org"], first_name=["Bea"])
    summary = await desk.export()
    assert (summary.updated, summary.warnings) == (1, 1)
    assert await emails(desk) == {"a@x.org"}
    await desk.change(profile, email=["no address", "c@x.org", "b@x.org"])
    assert (await desk.export()).updated == 1
    assert await emails(desk) == {"c@x.org"}


async def test_two_profiles_with_one_address(desk: Desk, way: str) -> None:
    await desk.profile("a@x.org", first_name="First")
    second = await desk.profile("A@x.org", first_name="Second")
    summary = await desk.export()
    assert (summary.created, summary.reasons) == (1, {"duplicate-identifier": 1})
    assert (await desk.contacts())["a@x.org"]["firstName"] == "First"
    await desk.change(second, first_name=["Third"])
    summary = await desk.export()
    assert (summary.unchanged, summary.reasons) == (1, {"duplicate-identifier": 1})


async def test_a_deleted_contact_does_not_come_back_by_itself(desk: Desk, way: str) -> None:
    profile = await desk.profile("a@x.org", first_name="Ada")
    await desk.export()
    await desk.mutate("activecampaign", "delete", id="a@x.org")
    await desk.change(profile, first_name=["Bea"])
    summary = await desk.export()
    assert summary.reasons == {"deleted-in-activecampaign": 1}
    assert await emails(desk) == set()
    summary = await desk.export({"recreate_deleted": True})
    assert (summary.created, await emails(desk)) == (1, {"a@x.org"})
    await desk.change(profile, first_name=["Cid"])
    assert (await desk.export()).updated == 1


async def test_an_erased_person_stays_erased(desk: Desk, way: str) -> None:
    profile = await desk.profile("a@x.org", first_name="Ada")
    await desk.export()
    await desk.mutate("activecampaign", "erase", id="a@x.org")
    await desk.change(profile, first_name=["Bea"])
    summary = await desk.export({"recreate_deleted": True})
    assert summary.reasons == {"erased": 1}
    assert await emails(desk) == {""}


async def test_another_field_finds_the_contact(desk: Desk) -> None:
    await desk.contact("ada@x.org", fields={"BCID": "C-1"})
    await desk.contact("other@x.org", fields={"BCID": "C-10"})
    await desk.profile("ada@x.org", customer_id="C-1", first_name="Ada")
    await desk.profile("new@x.org", customer_id="C-2", first_name="New")
    summary = await desk.export(BY_CUSTOMER)
    assert (summary.updated, summary.created) == (1, 1)
    contacts = await desk.contacts()
    assert contacts["ada@x.org"]["firstName"] == "Ada"
    assert contacts["other@x.org"]["firstName"] == ""
    # who was created carries the link, so that the next run finds them by it
    assert contacts["new@x.org"]["fields"]["BCID"] == "C-2"
    with desk.ledger() as ledger:
        ledger.contact_index.clear()
    assert (await desk.export({**BY_CUSTOMER, "mode": "full"})).updated == 2


async def test_another_field_moves_the_address(desk: Desk) -> None:
    await desk.contact("old@x.org", {NEWSLETTER: UNSUBSCRIBED}, fields={"BCID": "C-1"})
    await desk.profile("new@x.org", customer_id="C-1", first_name="Ada")
    summary = await desk.export(BY_CUSTOMER)
    assert (summary.updated, summary.lists.left) == (1, 1)
    assert await emails(desk) == {"new@x.org"}
    assert await desk.status("new@x.org") == UNSUBSCRIBED


async def test_without_a_mapped_address_the_contacts_own_serves(desk: Desk) -> None:
    goal = {**BY_CUSTOMER, "mappings": NAME_ONLY}
    await desk.contact("ada@x.org", fields={"BCID": "C-1"})
    await desk.contact("", fields={"BCID": "C-3"})
    await desk.profile("else@x.org", customer_id="C-1", first_name="Ada")
    await desk.profile("new@x.org", customer_id="C-2", first_name="New")
    await desk.profile("none@x.org", customer_id="C-3", first_name="Bare")
    summary = await desk.export(goal)
    assert (summary.updated, summary.reasons) == (2, {"no-email": 1})
    assert {row["firstName"] for row in (await desk.contacts()).values()} == {"Ada", "Bare"}
    assert await desk.status("ada@x.org") == ACTIVE


async def test_two_contacts_for_one_profile(desk: Desk) -> None:
    await desk.contact("a@x.org", fields={"BCID": "C-1"})
    await desk.contact("b@x.org", fields={"BCID": "C-1"})
    await desk.profile("a@x.org", customer_id="C-1", first_name="Ada")
    assert (await desk.export(BY_CUSTOMER)).reasons == {"ambiguous-match": 1}
    # all links must match: with the address as a second one there is but one contact
    both = {**BY_CUSTOMER, "identifiers": [*EMAIL_LINK, *BY_CUSTOMER["identifiers"]]}
    assert (await desk.export(both)).updated == 1
    assert (await desk.contacts())["a@x.org"]["firstName"] == "Ada"


async def test_the_owner_of_an_address_is_adopted_or_left_alone(desk: Desk) -> None:
    await desk.contact("free@x.org")
    await desk.contact("taken@x.org", fields={"BCID": "C-9"})
    await desk.contact("mine@x.org", fields={"BCID": "C-3"})
    await desk.profile("free@x.org", customer_id="C-1", first_name="Ada")
    await desk.profile("taken@x.org", customer_id="C-2", first_name="Bea")
    await desk.profile("taken@x.org", customer_id="C-3", first_name="Cid")
    summary = await desk.export(BY_CUSTOMER)
    assert (summary.updated, summary.reasons) == (1, {"email-of-another-contact": 2})
    contacts = await desk.contacts()
    assert contacts["free@x.org"]["fields"]["BCID"] == "C-1"
    assert contacts["taken@x.org"]["firstName"] == contacts["mine@x.org"]["firstName"] == ""
    assert len(contacts) == 3


async def test_the_contact_id_is_a_link(desk: Desk) -> None:
    number = await desk.contact("ada@x.org")
    goal = {**BY_CUSTOMER, "identifiers": [{"field": "id", "property": "customer_id"}]}
    await desk.profile("ada@x.org", customer_id=number, first_name="Ada")
    await desk.profile("b@x.org", customer_id="C-1")
    await desk.profile("c@x.org")
    summary = await desk.export(goal)
    assert (summary.updated, summary.rejected) == (1, 1)
    assert summary.reasons == {"invalid-identifier": 1, "no-identifier": 1}


async def test_the_profile_id_is_a_link_and_survives_a_merge(desk: Desk) -> None:
    goal = {**BY_CUSTOMER, "identifiers": [{"field": "%BCID%", "profile_id": True}]}
    profile = await desk.profile("a@x.org", first_name="Ada")
    assert (await desk.export(goal)).created == 1
    assert (await desk.contacts())["a@x.org"]["fields"]["BCID"] == profile
    into = await desk.profile("b@x.org")
    await desk.mutate("blueconic", "merge", id=profile, set={"into": into})
    with desk.ledger() as ledger:
        ledger.contact_index.clear()
    assert (await desk.export(goal)).updated == 1
    assert await emails(desk) == {"a@x.org"}


async def test_a_second_goal_reads_only_what_changed(desk: Desk) -> None:
    for n in range(300):
        await desk.profile(f"p{n}@x.org", first_name="Ada")
    goals = [{"id": f"g-{n}", "name": f"G{n}", "mode": "full"} for n in range(2)]
    first, second = (await desk.run(desk.connection(*goals))).goals
    assert (first.created, second.updated) == (300, 300)
    assert second.requests.activecampaign < 20
