"""Who is affected: what an export omitted for each person (sync/README.md §10)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from actui.model.omitted import NO_USABLE_ADDRESS, Omitted, OmittedList, OmittedValues
from actui.model.records import ImportRow
from actui.sync.exporting.outgoing_row import OutgoingRow, decode, encode
from tests.services.export.desk import BOUNCED, NEWSLETTER, UNCONFIRMED, UNSUBSCRIBED, VIP, Desk

TIER = [{"from": {"property": "tier"}, "field": "%TIER%"}]
NO_OPTION = OmittedValues("%TIER%", "which are no options of the field")


def of(desk: Desk, **wanted: str | None) -> dict[str, Omitted]:
    """By address, what was left out for the people that `outcomes` finds."""
    with desk.ledger() as ledger:
        return {row["email"]: row["omitted"] for row in ledger.outcomes.find(**wanted)}


async def test_a_value_that_does_not_fit_names_its_person_and_counts_once(desk: Desk) -> None:
    for number in range(6):
        tier = "platinum" if number % 2 else "gold"
        await desk.profile(f"p{number}@x.org", tier=tier)
    summary = await desk.export({"mappings": TIER})
    assert (summary.warnings, summary.omitted) == (3, {"%TIER%": 3})
    odd = {f"p{number}@x.org": Omitted((NO_OPTION,)) for number in (1, 3, 5)}
    assert of(desk, omitted="%tier%") == of(desk, omitted="tier") == of(desk, omitted="") == odd
    assert of(desk, omitted="%CITY%") == {}
    assert [bool(row["omitted"]) for row in desk.rows()].count(True) == 3


async def test_people_who_are_unchanged_are_still_found(desk: Desk) -> None:
    await desk.profile("a@x.org", tier="platinum")
    await desk.contact("b@x.org", lists={NEWSLETTER: UNSUBSCRIBED})
    await desk.profile("b@x.org", tier="gold")
    connection = desk.connection({"mappings": TIER})
    first = await desk.run(connection)
    found = of(desk, omitted="")
    assert set(found) == {"a@x.org", "b@x.org"}
    second = await desk.run(connection)
    assert second.goals[0].unchanged == 2
    assert second.goals[0].warnings == first.goals[0].warnings == 1
    assert second.goals[0].omitted == {"%TIER%": 1, "Newsletter": 1}
    assert of(desk, omitted="", run=second.run) == of(desk, omitted="") == found
    assert of(desk, omitted="", run=first.run) == found
    assert of(desk, omitted="", outcome="unchanged") == found
    assert sorted(row["outcome"] for row in desk.rows()) == ["created", "updated"]
    with desk.ledger() as ledger:
        told = ledger.outcomes.of_person("a@x.org")
    assert [(row["outcome"], bool(row["omitted"])) for row in told] == [
        ("created", True),
        ("unchanged", True),
    ]


async def test_a_value_that_was_corrected_is_no_longer_found(desk: Desk) -> None:
    profile = await desk.profile("a@x.org", tier="platinum")
    connection = desk.connection({"mappings": TIER})
    first = await desk.run(connection)
    await desk.change(profile, tier=["gold"])
    await desk.run(connection)
    assert of(desk, omitted="") == {}
    assert set(of(desk, omitted="", run=first.run)) == {"a@x.org"}


async def test_a_list_that_somebody_is_kept_off_has_its_reason_and_date(desk: Desk) -> None:
    for status, name in ((UNSUBSCRIBED, "left"), (BOUNCED, "bounced"), (UNCONFIRMED, "unsure")):
        await desk.contact(f"{name}@x.org", lists={NEWSLETTER: status})
        await desk.profile(f"{name}@x.org")
    await desk.profile("new@x.org")
    summary = await desk.export({"lists": ["Newsletter", "VIP"]})
    found = {name: omitted.lists for name, omitted in of(desk, omitted="Newsletter").items()}
    (left,) = found.pop("left@x.org")
    assert (left.list, left.why, left.contact_id) == ("Newsletter", "unsubscribed", None)
    assert left.since == f"{desk.clock.now():%Y-%m-%d}T{left.since[11:19]}Z"
    assert found == {
        # who has bounced on one list joins no other one
        "bounced@x.org": (OmittedList("Newsletter", "bounced"), OmittedList("VIP", "bounced")),
        "unsure@x.org": (OmittedList("Newsletter", "unconfirmed"),),
    }
    assert (summary.omitted["Newsletter"], summary.omitted["VIP"], summary.lists.left) == (3, 1, 4)
    assert of(desk, omitted="VIP").keys() == {"bounced@x.org"}


async def test_the_date_is_known_from_a_sweep_as_well(desk: Desk) -> None:
    for number in range(8):
        await desk.contact(f"p{number}@x.org", lists={NEWSLETTER: UNSUBSCRIBED})
        await desk.profile(f"p{number}@x.org")
    await desk.export()
    with desk.ledger() as ledger:
        assert ledger.contact_index.size() == 8
    found = of(desk, omitted="newsletter")
    assert len(found) == 8
    assert all(omitted.lists[0].since for omitted in found.values())


async def test_whoever_leaves_between_the_look_and_the_import_is_named_too(desk: Desk) -> None:
    await desk.switch(bulk_refused_subscribe="whole-row")
    await desk.contact("a@x.org")
    await desk.profile("a@x.org", tier="platinum")
    sending = {"method": "POST", "path": ".*/bulk_import", "count": 1}
    for op in ("subscribe", "unsubscribe"):
        await desk.mutate("activecampaign", op, id="a@x.org", list=NEWSLETTER, after=sending)
    summary = await desk.export({"mappings": TIER})
    (omitted,) = of(desk, omitted="").values()
    assert [(one.list, one.why) for one in omitted.lists] == [("Newsletter", "unsubscribed")]
    assert omitted.values == (NO_OPTION,)
    assert (summary.lists.left, summary.warnings) == (1, 1)


@pytest.mark.parametrize("where", ["/import/bulk_import", "/import/info"])
async def test_a_run_that_was_cut_off_keeps_what_was_omitted(desk: Desk, where: str) -> None:
    await desk.contact("a@x.org", {NEWSLETTER: UNSUBSCRIBED})
    for name in "abc":
        await desk.profile(f"{name}@x.org", tier="platinum")
    method = "POST" if where.endswith("import") else "GET"
    async with desk.held(desk.connection({"mappings": TIER}), method, where):
        await desk.post("/release")
    summary = await desk.go_on()
    assert (summary.read, summary.warnings) == (3, 3)
    assert summary.omitted == {"%TIER%": 3, "Newsletter": 1}
    found = of(desk, omitted="")
    assert [found[f"{name}@x.org"].values for name in "abc"] == [(NO_OPTION,)] * 3
    assert [bool(found[f"{name}@x.org"].lists) for name in "abc"] == [True, False, False]


def test_a_batch_from_before_it_was_written_down_can_be_read() -> None:
    sent = OutgoingRow("p", ImportRow("a@x.org", None, None, None), b"", None, is_new=True)
    row = json.loads(encode([sent]))[0]
    del row["o"]
    assert decode(json.dumps([row])) == [sent]
    omitted = Omitted((NO_OPTION,), (OmittedList("Newsletter", "unsubscribed", "", 7),))
    assert decode(encode([replace(sent, omitted=omitted)]))[0].omitted == omitted


async def test_another_contact_that_keeps_somebody_off_is_named(desk: Desk) -> None:
    profile = await desk.profile("old@x.org")
    connection = desk.connection()
    await desk.run(connection)
    old = (await desk.contacts())["old@x.org"]
    await desk.mutate(
        "activecampaign", "update", id=old["id"], set={"lists": {NEWSLETTER: UNSUBSCRIBED}}
    )
    await desk.contact("new@x.org")
    await desk.change(profile, email=["new@x.org"])
    await desk.run(connection, full=True)
    (left,) = of(desk, omitted="")["new@x.org"].lists
    assert (left.why, left.contact_id) == ("unsubscribed", int(old["id"]))


async def test_a_contact_whose_address_no_import_takes_joins_no_list(desk: Desk) -> None:
    links = [{"field": "%BCID%", "property": "customer_id"}]
    number = await desk.contact("odd(1)@x.org", fields={"BCID": "k1"}, lists={VIP: UNSUBSCRIBED})
    await desk.profile(customer_id="k1", tier="platinum")
    goal = {"identifiers": links, "mappings": TIER, "lists": ["Newsletter", "VIP"]}
    summary = await desk.export(goal)
    assert (summary.updated, summary.lists.left) == (1, 1)
    with desk.ledger() as ledger:
        (row,) = ledger.outcomes.find(omitted="")
    assert row["contact_id"] == int(number)
    assert [(one.list, one.why) for one in row["omitted"].lists] == [
        ("Newsletter", NO_USABLE_ADDRESS),
        ("VIP", "unsubscribed"),
    ]
    assert row["omitted"].values == (NO_OPTION,)
