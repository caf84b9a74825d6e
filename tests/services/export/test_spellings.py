"""One person under several spellings of an address: never a second contact, never mail again."""

from __future__ import annotations

import pytest

from actui.model.connection import Connection
from actui.model.preview import Ask
from actui.sandbox.activecampaign.rows import Exclusion
from actui.sync.erasure import address_keys
from actui.sync.preview.preview_run import PreviewRun
from store.forgotten import Forgotten
from store.home import Home
from tests.services.export.desk import ACTIVE, EMAIL_LINK, NEWSLETTER, READERS, UNSUBSCRIBED, Desk

SPELLINGS = {
    "invisible in front": ("\u200banna@example.com", "anna@example.com"),
    "invisible inside": ("an\u00adna@example.com", "anna@example.com"),
    "invisible at the end": ("anna@example.com\u200b", "anna@example.com"),
    "another case": ("ANNA@Example.com", "anna@example.com"),
    "decomposed": ("jose\u0301@example.com", "jos\u00e9@example.com"),
    "composed": ("jos\u00e9@example.com", "jose\u0301@example.com"),
    "domain in letters": ("anna@m\u00fcnchen.de", "anna@xn--mnchen-3ya.de"),
    "domain encoded": ("anna@xn--mnchen-3ya.de", "anna@m\u00fcnchen.de"),
    "domain decomposed": ("anna@mu\u0308nchen.de", "anna@m\u00fcnchen.de"),
    "blank behind": ("anna@example.com\u00a0", "anna@example.com"),
}


SPELLINGS_TO_THINK_OF = {one for _, one in SPELLINGS.values() if not one.isascii() or "xn--" in one}
"""Addresses whose other spellings follow from them."""


async def crowd(desk: Desk, many: int) -> None:
    """So many others in the segment: with enough of them everybody is read, not asked for."""
    for number in range(many):
        await desk.profile(f"other{number}@example.com")


@pytest.mark.parametrize("others", [0, 8], ids=["asked for", "read whole"])
@pytest.mark.parametrize(("profile", "contact"), SPELLINGS.values(), ids=list(SPELLINGS))
async def test_who_left_under_another_spelling_has_left(desk, profile, contact, others):
    await desk.contact(contact, {NEWSLETTER: UNSUBSCRIBED})
    await desk.profile(profile)
    await crowd(desk, others)
    summary = await desk.export()
    assert (summary.updated, summary.lists.left) == (1, 1)
    assert (summary.created, summary.lists.subscribed) == (others, others)
    assert len(await desk.contacts()) == 1 + others
    assert await desk.status(contact) == UNSUBSCRIBED


@pytest.mark.parametrize("others", [0, 8], ids=["asked for", "read whole"])
async def test_a_row_goes_to_the_contacts_own_spelling(desk, others):
    await desk.contact("anna@xn--mnchen-3ya.de")
    await desk.profile("anna@m\u00fcnchen.de", first_name="Anna")
    await crowd(desk, others)
    await desk.export()
    contacts = await desk.contacts()
    assert contacts["anna@xn--mnchen-3ya.de"]["firstName"] == "Anna"
    assert contacts["anna@xn--mnchen-3ya.de"]["lists"] == {NEWSLETTER: ACTIVE}
    assert len(contacts) == 1 + others


@pytest.mark.parametrize("others", [0, 8], ids=["asked for", "read whole"])
async def test_the_exact_spelling_says_who_it_is_and_any_spelling_who_left(desk, others):
    await desk.contact("gross@example.com", {NEWSLETTER: UNSUBSCRIBED})
    await desk.contact("gro\u00df@example.com")
    await desk.profile("gro\u00df@example.com", first_name="Bo")
    await crowd(desk, others)
    summary = await desk.export()
    contacts = await desk.contacts()
    assert contacts["gro\u00df@example.com"]["firstName"] == "Bo"
    assert contacts["gross@example.com"]["firstName"] == ""
    assert contacts["gro\u00df@example.com"]["lists"] == {}
    assert (summary.lists.subscribed, summary.lists.left) == (others, 1)


@pytest.mark.parametrize("others", [0, 8], ids=["asked for", "read whole"])
async def test_two_contacts_in_other_spellings_are_ambiguous(desk, others):
    await desk.contact("anna@m\u00fcnchen.de")
    await desk.contact("anna@mu\u0308nchen.de")
    await desk.profile("anna@xn--mnchen-3ya.de")
    await crowd(desk, others)
    summary = await desk.export()
    assert summary.reasons == {"ambiguous-match": 1}
    assert len(await desk.contacts()) == 2 + others


async def test_what_is_sent_is_cleaned_and_cleaning_is_a_warning(desk):
    await desk.profile("\u200bAnna@example.com ")
    summary = await desk.export()
    assert [row["email"] for row in await desk.lines("/contacts")] == ["Anna@example.com"]
    assert (summary.created, summary.warnings) == (1, 1)
    assert "email: 1 address" in summary.message
    assert [row["email"] for row in desk.rows()] == ["Anna@example.com"]


async def test_the_second_of_two_profiles_in_two_spellings_is_a_duplicate(desk):
    await desk.profile("anna@m\u00fcnchen.de", first_name="First")
    await desk.profile("an\u200bna@xn--mnchen-3ya.de", first_name="Second")
    summary = await desk.export()
    assert (summary.created, summary.reasons) == (1, {"duplicate-identifier": 1})
    assert (await desk.contacts())["anna@m\u00fcnchen.de"]["firstName"] == "First"


async def test_two_spellings_on_one_profile_are_one_address(desk):
    await desk.profile("anna@example.com", "\u00adanna@example.com")
    summary = await desk.export()
    assert (summary.created, len(await desk.contacts())) == (1, 1)


async def test_a_linked_contact_is_not_renamed_to_another_spelling(desk):
    profile = await desk.profile("anna@example.com")
    await desk.export()
    await desk.change(profile, email=["\u200banna@example.com"], first_name=["Anna"])
    await desk.forget()
    summary = await desk.export()
    assert summary.updated == 1
    assert not [one for one in await desk.writes() if one.startswith("PUT")]
    assert (await desk.contacts())["anna@example.com"]["firstName"] == "Anna"


@pytest.mark.parametrize(
    "changed", ["\u200banna@example.com", "anna@example.com ", "ANNA@example.com"]
)
async def test_who_is_spelled_in_another_way_has_not_left(desk, changed):
    goal = {"unsubscribe": True}
    profile = await desk.profile("anna@example.com")
    await desk.export(goal)
    await desk.mutate("blueconic", "update", id=profile, set={"segments": []})
    await desk.profile(changed)
    summary = await desk.export(goal, confirm_leavers=5)
    assert summary.lists.unsubscribed == 0
    assert await desk.status("anna@example.com") == ACTIVE


BY_CUSTOMER = {
    "identifiers": [{"field": "%BCID%", "property": "customer_id"}],
    "mappings": [{"from": {"property": "email"}, "field": "email"}],
}


@pytest.mark.parametrize(
    ("owner", "customer", "reasons"),
    [
        ({"BCID": "C-9"}, "C-1", {"email-of-another-contact": 1}),  # somebody else's
        ({}, "C-1", {}),  # free: adopted
        ({"BCID": "C-1"}, "C-1", {}),  # the link's own contact: not renamed
    ],
)
async def test_another_link_adopts_and_blocks_in_any_spelling(desk, owner, customer, reasons):
    await desk.contact("anna@xn--mnchen-3ya.de", {NEWSLETTER: UNSUBSCRIBED}, fields=owner)
    await desk.profile("anna@m\u00fcnchen.de", customer_id=customer)
    await desk.forget()
    summary = await desk.export(BY_CUSTOMER)
    assert summary.reasons == reasons
    assert (summary.lists.subscribed, summary.lists.left) == (0, int(not reasons))
    assert list(await desk.contacts()) == ["anna@xn--mnchen-3ya.de"]
    assert not [one for one in await desk.writes() if one.startswith("PUT")]


IMPORT = {
    "kind": "import",
    "id": "g-0",
    "name": "Contacts",
    "contacts": "all",
    "create_profiles": True,
    "identifiers": EMAIL_LINK,
    "mappings": [{"field": "firstName", "property": "first_name", "rule": "set"}],
}


def both(desk: Desk) -> Connection:
    """An import goal that may create, then an export goal."""
    return desk.connection(goals=[IMPORT, desk.goal()])


@pytest.mark.parametrize(("profile", "contact"), SPELLINGS.values(), ids=list(SPELLINGS))
async def test_an_import_finds_the_profile_in_another_spelling(desk, profile, contact):
    """By every spelling that can be thought of, and by the link that an export has left."""
    await desk.contact(contact, firstName="Anna")
    await desk.profile(profile)
    if contact not in SPELLINGS_TO_THINK_OF:
        await desk.export({"mappings": []})
    await desk.forget()
    assert (await desk.run(both(desk))).ok
    profiles = await desk.lines("/profiles")
    assert [one["properties"]["email"] for one in profiles] == [[profile]]
    assert profiles[0]["properties"]["first_name"] == ["Anna"]


@pytest.mark.parametrize(
    "stored", ["tail@example.com ", "\u200btail@example.com", "ta\u00adil@example.com"]
)
async def test_an_export_and_an_import_do_not_double_a_profile(desk, stored):
    await desk.profile(stored, first_name="Tail")
    connection = both(desk)
    for name in ("One", "Two", "Three"):
        await desk.run(connection)
        contact = (await desk.contacts())["tail@example.com"]
        await desk.mutate("activecampaign", "update", id=contact["id"], set={"firstName": name})
    assert len(await desk.lines("/profiles")) == 1
    assert len(await desk.contacts()) == 1


async def test_an_import_with_a_sum_goes_to_the_linked_profile_once(desk):
    """Also where BlueConic finds nobody at first, each value is added once."""
    await desk.contact("tail@example.com", fields={"POINTS": "7"})
    await desk.profile("\u200btail@example.com", segments=[READERS])
    await desk.export({"mappings": []})
    rule = {"field": "%POINTS%", "property": "points", "rule": "sum"}
    connection = desk.connection(goals=[{**IMPORT, "mappings": [rule]}])
    for _ in range(2):
        assert (await desk.run(connection)).ok
    (profile,) = await desk.lines("/profiles")
    assert profile["properties"]["points"] == ["7"]


async def test_a_link_to_a_profile_with_another_address_leads_nowhere(desk):
    profile = await desk.profile("old@example.com")
    await desk.export()
    await desk.change(profile, email=["else@example.com"])
    assert (await desk.run(desk.connection(goals=[IMPORT]))).ok
    found = [one["properties"]["email"] for one in await desk.lines("/profiles")]
    assert sorted(found) == [["else@example.com"], ["old@example.com"]]


async def test_a_link_does_not_create_where_the_goal_may_not(desk):
    await desk.profile("\u200btail@example.com")
    await desk.export()
    connection = desk.connection(goals=[{**IMPORT, "create_profiles": False}])
    contact = (await desk.contacts())["tail@example.com"]
    await desk.mutate("activecampaign", "update", id=contact["id"], set={"firstName": "Tail"})
    (summary,) = (await desk.run(connection)).goals
    assert (summary.updated, summary.created, summary.reasons) == (1, 0, {})


async def test_what_an_import_sends_is_cleaned(desk):
    await desk.contact("an\u00adna@example.com", firstName="Anna")
    mappings = [{"field": "email", "property": "email", "rule": "set"}]
    connection = desk.connection(goals=[{**IMPORT, "mappings": mappings}])
    for expected in ((1, 0), (0, 1)):
        (summary,) = (await desk.run(connection)).goals
        assert (summary.created, summary.unchanged) == expected
        assert summary.warnings == 1
    (profile,) = await desk.lines("/profiles")
    assert profile["properties"]["email"] == ["anna@example.com"]


@pytest.mark.parametrize("stored", ["anna@m\u00fcnchen.de", "an\u200bna@xn--mnchen-3ya.de"])
async def test_a_forgotten_person_stays_forgotten_in_any_spelling(desk, stored, tmp_path):
    forgotten = Forgotten(Home(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    forgotten.add(address_keys(["Anna@m\u00fcnchen.de"]), ("", ""))
    desk.forgotten = lambda words: forgotten.among(words, ("", ""))
    await desk.profile(stored)
    summary = await desk.export()
    assert summary.reasons == {"forgotten": 1}
    assert await desk.contacts() == {}


@pytest.mark.parametrize("email", ["anna@example.com", "\u200bAnna@example.com "])
async def test_a_preview_finds_people_in_every_spelling(desk, email):
    await desk.contact("anna@example.com", {NEWSLETTER: UNSUBSCRIBED}, firstName="An")
    await desk.profile("an\u00adna@example.com", first_name="Anna")
    await desk.profile("other@example.com")
    connection = both(desk)
    with desk.ledger() as ledger:
        async with desk.ports(ledger) as ports:
            rehearsal = PreviewRun(
                connection,
                activecampaign=ports.activecampaign,
                blueconic=ports.blueconic,
                ledger=ledger,
                clock=ports.clock,
                row_size=ports.row_size,
                claims=ports.claims,
            )
            preview = await rehearsal.show(Ask(emails=(email,)))
    into, out = preview.goals
    assert [one.record.outcome.value for one in into.people if one.record] == ["created"]
    (person,) = out.people
    assert person.record is not None
    assert (person.record.outcome.value, person.lists) == ("updated", ())


EXCLUDED = {
    "exact": ("b@x.org", "\u200bb@x.org", "exact"),
    "exact, with an invisible character on the list": ("b@x.org", "\u202aB@x.org\u202c", "exact"),
    "exact, decomposed": ("jos\u00e9@example.com", "jose\u0301@example.com", "exact"),
    "exact, domain encoded": ("anna@m\u00fcnchen.de", "anna@xn--mnchen-3ya.de", "exact"),
    "end": ("anna@m\u00fcnchen.de", "@xn--mnchen-3ya.de", "end"),
    "end without an at sign": ("anna@xn--mnchen-3ya.de", "m\u00fcnchen.de", "end"),
}


@pytest.mark.parametrize("contact", [False, True], ids=["new", "known"])
@pytest.mark.parametrize(("profile", "phrase", "kind"), EXCLUDED.values(), ids=list(EXCLUDED))
async def test_who_is_excluded_in_another_spelling_is_excluded(
    desk, profile, phrase, kind, contact
):
    desk.sandbox.account.exclusions.append(Exclusion(9, phrase.lower(), kind))
    await desk.profile(profile, first_name="Anna")
    await desk.profile("other@example.com")
    if contact:
        await desk.contact(profile, {NEWSLETTER: UNSUBSCRIBED})
    summary = await desk.export({"resubscribe": "all"})
    assert (summary.created, summary.reasons) == (1, {"excluded": 1})
    [row] = [row for row in desk.rows() if row["reason"] == "excluded"]
    assert phrase.lower() in row["detail"]
    assert len(await desk.contacts()) == 1 + contact
    if contact:
        assert await desk.status(profile) == UNSUBSCRIBED


async def test_an_exclusion_list_that_may_not_be_read_stops_nobody(desk):
    await desk.fault("403-bare", ".*/lists/exclusions", times=-1)
    await desk.profile("anna@example.com")
    summary = await desk.export()
    assert (summary.created, summary.warnings) == (1, 1)
