"""The feed, machine opens, replies, sends and the collections that no document names."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

NEWSLETTER = 3


async def feed(ports: Any, **params: Any) -> dict[str, Any]:
    answer = await ports.ac.get("/activities", params=params)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def busy_member(ports: Any) -> dict[str, Any]:
    """Someone who got mail, and did everything that can be done with it."""
    member: dict[str, Any] = await ports.on_list(NEWSLETTER, 1)
    for hour, op in enumerate(("machine-open", "open", "click", "reply"), start=10):
        await ports.mutate(
            "activecampaign", op, id=member["id"], campaign=1, at=f"2026-03-01T{hour}:00:00Z"
        )
    await ports.mutate("activecampaign", "unsubscribe", id=member["id"], list=NEWSLETTER)
    await ports.mutate("activecampaign", "subscribe", id=member["id"], list=NEWSLETTER)
    return member


async def test_the_feed_of_one_contact_tells_everything_oldest_first(ports: Any) -> None:
    member = await busy_member(ports)
    body = await feed(ports, contact=member["id"], limit=100)
    kinds = [row["reference_type"] for row in body["activities"]]
    did = ["MppLinkData", "LinkData", "LinkData", "Reply", "SubscriberList", "SubscriberList"]
    assert kinds == ["Log"] * (len(kinds) - len(did)) + did
    assert "Log" in kinds
    assert {row["subscriberid"] for row in body["activities"]} == {member["id"]}
    assert [one["id"] for one in body["contacts"]] == [member["id"]]
    assert len({row["id"] for row in body["activities"]}) == len(kinds)
    assert body["meta"]["total"] == str(len(kinds))
    models = {row["reference_type"]: row["referenceModelName"] for row in body["activities"]}
    assert models["MppLinkData"] == "mpp-link-data"


async def test_the_feed_works_without_a_contact_from_a_moment_on(ports: Any) -> None:
    member = await busy_member(ports)
    every = await feed(ports)
    assert len(every["activities"]) == 20
    after = "2026-03-01T10:30:00Z"
    later = await feed(ports, after=after, limit=100)
    assert [row["reference_type"] for row in later["activities"]] == [
        "LinkData",
        "LinkData",
        "Reply",
        "SubscriberList",
        "SubscriberList",
    ]
    assert int(every["meta"]["total"]) > int(later["meta"]["total"]) == 5
    backwards = await feed(ports, after=after, limit=100, **{"orders[tstamp]": "DESC"})
    ids = [row["id"] for row in later["activities"]]
    stamps = [datetime.fromisoformat(row["tstamp"]) for row in backwards["activities"]]
    assert stamps == sorted(stamps, reverse=True)
    assert sorted(row["id"] for row in backwards["activities"]) == sorted(ids)
    ignored = await feed(ports, after=after, limit=100, **{"filters[contact]": "999"})
    assert ignored == later
    assert {row["subscriberid"] for row in later["activities"]} == {member["id"]}


async def test_pages_of_the_feed_hold_every_row_once(ports: Any) -> None:
    await busy_member(ports)
    seen: list[str] = []
    while rows := (await feed(ports, limit=100, offset=len(seen)))["activities"]:
        seen += [row["id"] for row in rows]
    assert len(seen) == len(set(seen)) == int((await feed(ports))["meta"]["total"])


async def test_include_brings_what_the_rows_refer_to(ports: Any) -> None:
    member = await busy_member(ports)
    body = await feed(ports, contact=member["id"], limit=100, include="reference.campaign")
    for name, kind in (("logs", "Log"), ("linkData", "LinkData"), ("mppLinkData", "MppLinkData")):
        referred = {r["reference_id"] for r in body["activities"] if r["reference_type"] == kind}
        assert {row["id"] for row in body[name]} == referred != set()
    assert [row["isread"] for row in body["mppLinkData"]] == ["2"]
    assert "logs" not in await feed(ports, contact=member["id"])


async def test_machine_opens_are_rows_but_no_opens(ports: Any) -> None:
    member = await ports.on_list(NEWSLETTER, 1)
    await ports.mutate("activecampaign", "machine-open", id=member["id"], campaign=1)
    campaign = (await ports.ac.get("/campaigns/1")).json()["campaign"]
    assert (campaign["opens"], campaign["uniqueopens"]) == ("0", "0")
    assert (await ports.ac.get("/links/1/linkData")).json()["linkData"] == []
    for path in ("/links/1/mppLinkData", "/mppLinkData"):
        rows = (await ports.ac.get(path)).json()["mppLinkData"]
        assert [(row["contact"], row["isread"]) for row in rows] == [(member["id"], "2")]
    assert (await ports.ac.get("/links/2/mppLinkData")).json()["mppLinkData"] == []
    contact = (await ports.ac.get(f"/contacts/{member['id']}")).json()["contact"]
    assert contact["last_mpp_open_date"] is not None
    assert contact["last_open_date"] is None


async def test_a_campaign_is_sent_and_counts_what_it_brings(ports: Any) -> None:
    values = {"name": "Spring", "lists": ["VIP"]}
    number = (await ports.mutate("activecampaign", "send", set=values))["id"]
    member = await ports.on_list(5, 1)
    await ports.mutate("activecampaign", "reply", id=member["id"], campaign=number)
    await ports.mutate("activecampaign", "bounce", id=1, campaign=number, kind="soft")
    await ports.mutate("activecampaign", "bounce", id=2, campaign=number)
    await ports.mutate("activecampaign", "unsubscribe", id=member["id"], list=5, campaign=number)
    row = (await ports.ac.get(f"/campaigns/{number}")).json()["campaign"]
    counted = ("status", "replies", "softbounces", "hardbounces", "unsubscribes")
    assert [row[key] for key in counted] == ["5", "1", "1", "1", "1"]
    lists = (await ports.ac.get(f"/campaigns/{number}/campaignLists")).json()["campaignLists"]
    assert [one["name"] for one in lists] == ["VIP"]
    soft = (await ports.ac.get("/contacts/1")).json()["contact"]
    assert (soft["bounced_soft"], soft["bounced_hard"]) == ("1", "0")
    rows = (await ports.ac.get(f"/contacts/{member['id']}/contactLists")).json()["contactLists"]
    assert [one["campaign"] for one in rows if one["list"] == "5"] == [number]
    draft = (await ports.mutate("activecampaign", "draft", set={"name": "Later"}))["id"]
    row = (await ports.ac.get(f"/campaigns/{draft}")).json()["campaign"]
    assert (row["status"], row["sdate"], row["automation"]) == ("1", None, "1")
    params = {"filters[status]": 5, "filters[automation]": 0}
    listed = (await ports.ac.get("/campaigns", params=params)).json()["campaigns"]
    assert draft not in {one["id"] for one in listed}


@pytest.mark.parametrize(
    "name",
    ["linkData", "mppLinkData", "logs", "bounceLogs", "campaignLists", "links", "contactTags"],
)
async def test_undocumented_collections_have_pages(ports: Any, name: str) -> None:
    for contact in range(1, 4):
        for op in ("open", "machine-open"):
            await ports.mutate("activecampaign", op, id=contact, campaign=1)
        tag = {"tag": {"tag": f"T{contact}"}}
        number = (await ports.ac.post("/tags", json=tag)).json()["tag"]["id"]
        row = {"contactTag": {"contact": contact, "tag": number}}
        await ports.ac.post("/contactTags", json=row)
        await ports.imported({"email": f"b{contact}@example.org", "subscribe": [{"listid": 5}]})
        await ports.mutate("activecampaign", "bounce", id=f"b{contact}@example.org")
    body = (await ports.ac.get(f"/{name}", params={"limit": 100})).json()
    total = int(body["meta"]["total"])
    assert total >= 3
    assert len(body[name]) == min(total, 100)
    second = (await ports.ac.get(f"/{name}", params={"limit": 1, "offset": 1})).json()
    assert second[name] == body[name][1:2]
    assert second["meta"] == body["meta"]
    past = (await ports.ac.get(f"/{name}", params={"offset": total})).json()
    assert past[name] == []


async def test_the_log_has_a_row_per_send_to_a_member(ports: Any) -> None:
    rows = (await ports.ac.get("/logs", params={"limit": 100})).json()
    campaigns = (await ports.ac.get("/campaigns")).json()["campaigns"]
    lists = {
        row["id"]: row for row in (await ports.ac.get("/campaignLists")).json()["campaignLists"]
    }
    people = await ports.lines("/contacts")
    expected = 0
    for campaign in campaigns:
        to = {row["listid"] for row in lists.values() if row["campaignid"] == campaign["id"]}
        expected += sum(any(one["lists"].get(name) == 1 for name in to) for one in people)
    assert int(rows["meta"]["total"]) == expected
    assert rows["logs"][0]["successful"] == 1
