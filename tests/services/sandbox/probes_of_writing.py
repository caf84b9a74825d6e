"""Probes of the switches on single writes."""

from __future__ import annotations

from typing import Any

from tests.services.sandbox.probing import NEW, NEWSLETTER, Probes, created, put_on_list, total

PROBES = Probes()


@PROBES.sees("sync-status", {"201-and-200": [201, 200], "201": [201, 201]})
async def _(ports: Any) -> object:
    sent = {"contact": {"email": NEW}}
    return [(await ports.ac.post("/contact/sync", json=sent)).status_code for _ in range(2)]


@PROBES.sees("new-list-status", {"201": 201, "200": 200})
async def _(ports: Any) -> object:
    return (await ports.ac.post("/lists", json={"list": {"name": "L"}})).status_code


async def new_tag(ports: Any) -> Any:
    return await ports.ac.post("/tags", json={"tag": {"tag": "T"}})


@PROBES.sees("contact-tag-status", {"200": 200, "201": 201})
async def _(ports: Any) -> object:
    row = {"contact": 1, "tag": (await new_tag(ports)).json()["tag"]["id"]}
    return (await ports.ac.post("/contactTags", json={"contactTag": row})).status_code


@PROBES.sees("existing-tag", {"returned": [201, 200], "refused": [201, 422]})
async def _(ports: Any) -> object:
    return [(await new_tag(ports)).status_code for _ in range(2)]


@PROBES.sees("contact-case", {"kept": "New@Example.org", "lower": "new@example.org"})
async def _(ports: Any) -> object:
    return (await created(ports, email="New@Example.org")).json()["contact"]["email"]


@PROBES.sees("phone-only-contacts", {"off": 422, "on": 201})
async def _(ports: Any) -> object:
    return (await created(ports, email="", allowNullEmail=True, phone="+31 6")).status_code


@PROBES.sees("unknown-field-ids", {"dropped": (201, True), "refused": (422, False)})
async def _(ports: Any) -> object:
    answer = await created(ports, fieldValues=[{"field": "9999", "value": "x"}])
    return answer.status_code, await total(ports, email=NEW) == 1


@PROBES.sees("option-values", {"stored": (200, 201), "refused": (422, 422)})
async def _(ports: Any) -> object:
    value = {"field": "1", "value": "platinum"}
    single = await ports.ac.post("/fieldValues", json={"fieldValue": {"contact": "1", **value}})
    return single.status_code, (await created(ports, fieldValues=[value])).status_code


@PROBES.sees("values-of-deleted-fields", {"left-behind": True, "gone": False})
async def _(ports: Any) -> object:
    await ports.ac.delete("/fields/1")
    rows = (await ports.ac.get("/fieldValues", params={"filters[fieldid]": 1})).json()
    return rows["meta"]["total"] != "0"


@PROBES.sees("list-stamp", {"lags": True, "follows": False})
async def _(ports: Any) -> object:
    await ports.ac.patch("/lists/3", json={"list": {"name": "Other"}})
    row = (await ports.ac.get("/lists/3")).json()["list"]
    return row["updated_timestamp"] == row["created_timestamp"]


@PROBES.sees("list-writes-bump-udate", {"yes": False, "no": True})
async def _(ports: Any) -> object:
    member = await ports.on_list(NEWSLETTER, 1)
    seen = []
    for _ in range(2):
        row = (await ports.ac.get(f"/contacts/{member['id']}")).json()["contact"]
        seen.append(row["udate"])
        await ports.mutate("activecampaign", "unsubscribe", id=member["id"], list=NEWSLETTER)
    return seen[0] == seen[1]


@PROBES.sees("list-status-type", {"number": 1, "text": "1"})
async def _(ports: Any) -> object:
    return (await put_on_list(ports, 1, 1)).json()["contactList"]["status"]


@PROBES.sees("unchanged-status", {"without-contacts": False, "with-contacts": True})
async def _(ports: Any) -> object:
    answers = [(await put_on_list(ports, 1, 1)).json() for _ in range(2)]
    return "contacts" in answers[1]


@PROBES.sees("resubscribe", {"allowed": (200, 1), "forbidden": (403, 2), "kept": (200, 2)})
async def _(ports: Any) -> object:
    left = await ports.on_list(NEWSLETTER, 2)
    answer = await put_on_list(ports, int(left["id"]), 1)
    return answer.status_code, (await ports.contact(left["email"]))["lists"]["3"]


@PROBES.sees("inline-lists", {"ignored": ({}, 0, 201), "honoured": ({"3": 1}, 1, 422)})
async def _(ports: Any) -> object:
    made = await created(ports, lists=[{"list": NEWSLETTER}], tags=["T"])
    number = made.json()["contact"]["id"]
    tags = (await ports.ac.get(f"/contacts/{number}/contactTags")).json()["contactTags"]
    wrong = await created(ports, email="other@example.org", lists=[{"list": 9999}])
    return (await ports.contact(NEW))["lists"], len(tags), wrong.status_code
