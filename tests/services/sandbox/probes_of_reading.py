"""Probes of the switches on transport and listings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.services.sandbox.probing import (
    NEW,
    NEWSLETTER,
    VIP,
    Probes,
    bulk,
    created,
    listed,
    put_on_list,
    total,
)

PROBES = Probes()


@PROBES.sees("numbers", {"texts": ("1", "Answer 001"), "numbers": (1, "Answer 001")})
async def _(ports: Any) -> object:
    fields = (await ports.ac.get("/fields")).json()["fields"]
    return fields[0]["id"], fields[16]["title"]


@PROBES.sees("meta-total", {"text": "250", "number": 250, "absent": None})
async def _(ports: Any) -> object:
    return (await listed(ports)).get("meta", {}).get("total")


@PROBES.sees("utc-stamps", {"central": True, "utc": False})
async def _(ports: Any) -> object:
    one = (await listed(ports))["contacts"][0]
    return one["updated_utc_timestamp"] == one["updated_timestamp"]


@PROBES.sees("echoed-ids", {"texts": ("1", "3"), "as-sent": (1, 3)})
async def _(ports: Any) -> object:
    row = (await put_on_list(ports, 1, 1)).json()["contactList"]
    return row["contact"], row["list"]


@PROBES.sees("missing-row", {"as-documented": (403, 403), "404": (404, 404)})
async def _(ports: Any) -> object:
    value = await ports.ac.get("/fieldValues/999999")
    return (await ports.ac.delete("/lists/9999")).status_code, value.status_code


@PROBES.sees(
    "keyless-answer",
    {"bare": (403, ""), "json": (403, "application/json"), "html-200": (200, "text/html")},
)
async def _(ports: Any) -> object:
    answer = await ports.ac.get("/users/me", headers={"Api-Token": "wrong"})
    return answer.status_code, answer.headers.get("content-type", "").partition(";")[0]


@PROBES.sees("own-user", {"visible": 200, "forbidden": 403})
async def _(ports: Any) -> object:
    return (await ports.ac.get("/users/me")).status_code


@PROBES.sees("ids-as-text", {"accepted": 2, "ignored": 250})
async def _(ports: Any) -> object:
    return await total(ports, ids="1,2")


@PROBES.sees("activities-of-contact", {"live": (1, 1), "as-last-read": (0, 1)})
async def _(ports: Any) -> object:
    number = (await created(ports)).json()["contact"]["id"]
    await put_on_list(ports, number, 1)
    told = []
    for _ in range(2):
        rows = (await ports.ac.get("/activities", params={"contact": number})).json()
        changes = [r for r in rows["activities"] if r["reference_type"] == "SubscriberList"]
        told.append(len(changes))
        await ports.ac.get(f"/contacts/{number}")
    return tuple(told)


@PROBES.sees("email-matching", {"any-case": (422, 2), "exact": (201, 1)})
async def _(ports: Any) -> object:
    await created(ports, email="New@Example.org")
    again = (await created(ports, email=NEW)).status_code
    seeded = (await ports.lines("/contacts"))[4]["email"]
    assert seeded == seeded.upper()
    found = sum([await total(ports, email=email) for email in (seeded, seeded.lower())])
    return again, found


@PROBES.sees("erased-contact", {"blanked": ("1", ""), "flagged": ("1", NEW)})
async def _(ports: Any) -> object:
    number = (await created(ports)).json()["contact"]["id"]
    await ports.mutate("activecampaign", "erase", id=number)
    row = (await ports.ac.get(f"/contacts/{number}")).json()["contact"]
    return row["anonymized"], row["email"]


@PROBES.sees("bulk-absent-keys", {"kept": "Nina", "cleared": ""})
async def _(ports: Any) -> object:
    await created(ports, firstName="Nina")
    await ports.imported({"email": NEW, "last_name": "Ny"})
    return (await ports.contact(NEW))["firstName"]


@PROBES.sees("batch-order", {"as-queued": "Second", "reversed": "First"})
async def _(ports: Any) -> object:
    for name in ("First", "Second"):
        await bulk(ports, {"email": NEW, "first_name": name})
    await ports.advance(5)
    return (await ports.contact(NEW))["firstName"]


@PROBES.sees("trailing-slash", {"accepted": (200, 200), "not-found": (404, 200)})
async def _(ports: Any) -> object:
    return tuple([(await ports.ac.get(path)).status_code for path in ("/contacts/", "/")])


@PROBES.sees("undocumented-collections", {"served": {200}, "absent": {404}})
async def _(ports: Any) -> object:
    paths = (
        *("/linkData", "/mppLinkData", "/logs", "/bounceLogs", "/campaignLists", "/links"),
        *("/contactTags", "/contactLists", "/segments", "/links/1/linkData"),
        *("/links/1/mppLinkData", "/campaigns/1/campaignLists"),
    )
    return {(await ports.ac.get(path)).status_code for path in paths}


@PROBES.sees("default-order", {"email": False, "id": True})
async def _(ports: Any) -> object:
    ids = [int(one["id"]) for one in (await listed(ports, limit=100))["contacts"]]
    return ids == sorted(ids)


@PROBES.sees("largest-limit", {"100": 100, "as-asked": 200})
async def _(ports: Any) -> object:
    return len((await listed(ports, limit=200))["contacts"])


@PROBES.sees("limit-zero", {"total-only": 0, "default": 20})
async def _(ports: Any) -> object:
    return len((await listed(ports, limit=0))["contacts"])


@PROBES.sees("unknown-filters", {"ignored": 200, "refused": 422})
async def _(ports: Any) -> object:
    return (await ports.ac.get("/contacts", params={"filters[campaignid]": 1})).status_code


@PROBES.sees(
    "contact-filters",
    {
        "honoured": (True, True, True, True),
        "listid-ignored": (False, False, True, True),
        "status-ignored": (True, False, True, True),
        "updated-after-ignored": (True, True, False, True),
        "ids-ignored": (True, True, True, False),
    },
)
async def _(ports: Any) -> object:
    on_list, left = await total(ports, listid=VIP), await total(ports, listid=VIP, status=2)
    later = await total(ports, **{"filters[updated_after]": "2090-01-01T00:00:00Z"})
    chosen = await total(ports, **{"ids[]": "7"})
    return on_list < 250, left < on_list, later == 0, chosen == 1


@PROBES.sees("status-without-list", {"on-any-list": True, "ignored": False})
async def _(ports: Any) -> object:
    return await total(ports, status=3) < 250


async def newest(ports: Any) -> tuple[str, datetime]:
    one = (await ports.ac.get("/contacts/7")).json()["contact"]
    return one["id"], datetime.fromisoformat(one["udate"])


@PROBES.sees("updated-after-inclusive", {"exclusive": [], "inclusive": ["7"]})
async def _(ports: Any) -> object:
    number, moment = await newest(ports)
    params = {"filters[updated_after]": moment.isoformat(), "ids[]": number}
    return [one["id"] for one in (await listed(ports, **params))["contacts"]]


@PROBES.sees("offset-less-dates", {"central": [], "utc": ["7"]})
async def _(ports: Any) -> object:
    number, moment = await newest(ports)
    params = {"filters[updated_after]": moment.strftime("%Y-%m-%d %H:%M:%S"), "ids[]": number}
    return [one["id"] for one in (await listed(ports, **params))["contacts"]]


@PROBES.sees("total-counts", {"all": 250, "rest": 3})
async def _(ports: Any) -> object:
    return await total(ports, id_greater=4, id_less=8, **{"orders[id]": "ASC"})


@PROBES.sees("include-truncates", {"no": True, "yes": False})
async def _(ports: Any) -> object:
    return len((await listed(ports, limit=100, include="fieldValues"))["fieldValues"]) > 100


@PROBES.sees("segment-first-answer", {"empty": (False, True), "whole": (True, True)})
async def _(ports: Any) -> object:
    first = await total(ports, segmentid=1)
    await ports.advance(2)
    return first > 0, await total(ports, segmentid=1) > 0


@PROBES.sees("contact-lists-filters", {"ignored": True, "honoured": False})
async def _(ports: Any) -> object:
    rows = (await ports.ac.get("/contactLists", params={"filters[list]": VIP})).json()
    return {row["list"] for row in rows["contactLists"]} > {str(VIP)}


@PROBES.sees("activities-need-contact", {"no": 200, "yes": 400})
async def _(ports: Any) -> object:
    return (await ports.ac.get("/activities")).status_code


@PROBES.sees("activities-order", {"oldest-first": True, "newest-first": False})
async def _(ports: Any) -> object:
    member = await ports.on_list(NEWSLETTER, 1)
    await ports.mutate("activecampaign", "open", id=member["id"], campaign=1)
    rows = (await ports.ac.get("/activities", params={"contact": member["id"]})).json()
    stamps = [datetime.fromisoformat(row["tstamp"]) for row in rows["activities"]]
    assert len(set(stamps)) > 1
    return stamps == sorted(stamps)


async def opened_twice(ports: Any) -> list[dict[str, str]]:
    for at in ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"):
        await ports.mutate("activecampaign", "open", id=1, campaign=1, at=at)
    rows: list[dict[str, str]] = (await ports.ac.get("/links/1/linkData")).json()["linkData"]
    return rows


@PROBES.sees("link-data-repeats", {"change-row": ["2"], "add-row": ["1", "1"]})
async def _(ports: Any) -> object:
    return [row["times"] for row in await opened_twice(ports)]


@PROBES.sees("link-data-tstamp", {"last": "2026-01-01", "first": "2025-12-31"})
async def _(ports: Any) -> object:
    # In US Central both are the day before.
    return (await opened_twice(ports))[0]["tstamp"][:10]
