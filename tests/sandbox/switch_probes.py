"""One observation over HTTP per ActiveCampaign switch, and what each reading lets it see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

Probe = Callable[[Any], Awaitable[object]]
PROBES: dict[str, tuple[Probe, dict[str, object]]] = {}
NEWSLETTER, VIP = 3, 5
NEW = "new@example.org"


def sees(name: str, expected: dict[str, object]) -> Callable[[Probe], Probe]:
    def noted(probe: Probe) -> Probe:
        PROBES[name] = probe, expected
        return probe

    return noted


async def listed(ports: Any, **params: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await ports.ac.get("/contacts", params=params)).json()
    return found


async def total(ports: Any, **params: Any) -> int:
    return int((await listed(ports, **params))["meta"]["total"])


async def bulk(ports: Any, *rows: dict[str, Any], **top: Any) -> Any:
    return await ports.ac.post("/import/bulk_import", json={"contacts": list(rows), **top})


async def created(ports: Any, **contact: Any) -> Any:
    return await ports.ac.post("/contacts", json={"contact": {"email": NEW, **contact}})


async def put_on_list(ports: Any, contact: object, status: int, list_id: int = NEWSLETTER) -> Any:
    row = {"list": list_id, "contact": contact, "status": status}
    return await ports.ac.post("/contactLists", json={"contactList": row})


@sees("numbers", {"texts": ("1", "Answer 001"), "numbers": (1, "Answer 001")})
async def _(ports: Any) -> object:
    fields = (await ports.ac.get("/fields")).json()["fields"]
    return fields[0]["id"], fields[16]["title"]


@sees("meta-total", {"text": "250", "number": 250, "absent": None})
async def _(ports: Any) -> object:
    return (await listed(ports)).get("meta", {}).get("total")


@sees("utc-stamps", {"central": True, "utc": False})
async def _(ports: Any) -> object:
    one = (await listed(ports))["contacts"][0]
    return one["updated_utc_timestamp"] == one["updated_timestamp"]


@sees("echoed-ids", {"texts": ("1", "3"), "as-sent": (1, 3)})
async def _(ports: Any) -> object:
    row = (await put_on_list(ports, 1, 1)).json()["contactList"]
    return row["contact"], row["list"]


@sees("missing-row", {"as-documented": (403, 403), "404": (404, 404)})
async def _(ports: Any) -> object:
    value = await ports.ac.get("/fieldValues/999999")
    return (await ports.ac.delete("/lists/9999")).status_code, value.status_code


@sees(
    "keyless-answer",
    {"bare": (403, ""), "json": (403, "application/json"), "html-200": (200, "text/html")},
)
async def _(ports: Any) -> object:
    answer = await ports.ac.get("/users/me", headers={"Api-Token": "wrong"})
    return answer.status_code, answer.headers.get("content-type", "").partition(";")[0]


@sees("own-user", {"visible": 200, "forbidden": 403})
async def _(ports: Any) -> object:
    return (await ports.ac.get("/users/me")).status_code


@sees("ids-as-text", {"accepted": 2, "ignored": 250})
async def _(ports: Any) -> object:
    return await total(ports, ids="1,2")


@sees("activities-of-contact", {"live": (1, 1), "as-last-read": (0, 1)})
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


@sees("email-matching", {"any-case": (422, 2), "exact": (201, 1)})
async def _(ports: Any) -> object:
    await created(ports, email="New@Example.org")
    again = (await created(ports, email=NEW)).status_code
    seeded = (await ports.lines("/contacts"))[4]["email"]
    assert seeded == seeded.upper()
    found = sum([await total(ports, email=email) for email in (seeded, seeded.lower())])
    return again, found


@sees("erased-contact", {"blanked": ("1", ""), "flagged": ("1", NEW)})
async def _(ports: Any) -> object:
    number = (await created(ports)).json()["contact"]["id"]
    await ports.mutate("activecampaign", "erase", id=number)
    row = (await ports.ac.get(f"/contacts/{number}")).json()["contact"]
    return row["anonymized"], row["email"]


@sees("bulk-absent-keys", {"kept": "Nina", "cleared": ""})
async def _(ports: Any) -> object:
    await created(ports, firstName="Nina")
    await ports.imported({"email": NEW, "last_name": "Ny"})
    return (await ports.contact(NEW))["firstName"]


@sees("batch-order", {"as-queued": "Second", "reversed": "First"})
async def _(ports: Any) -> object:
    for name in ("First", "Second"):
        await bulk(ports, {"email": NEW, "first_name": name})
    await ports.advance(5)
    return (await ports.contact(NEW))["firstName"]


@sees("trailing-slash", {"accepted": (200, 200), "not-found": (404, 200)})
async def _(ports: Any) -> object:
    return tuple([(await ports.ac.get(path)).status_code for path in ("/contacts/", "/")])


@sees("undocumented-collections", {"served": {200}, "absent": {404}})
async def _(ports: Any) -> object:
    paths = (
        *("/linkData", "/mppLinkData", "/logs", "/bounceLogs", "/campaignLists", "/links"),
        *("/contactTags", "/contactLists", "/segments", "/links/1/linkData"),
        *("/links/1/mppLinkData", "/campaigns/1/campaignLists"),
    )
    return {(await ports.ac.get(path)).status_code for path in paths}


@sees("default-order", {"email": False, "id": True})
async def _(ports: Any) -> object:
    ids = [int(one["id"]) for one in (await listed(ports, limit=100))["contacts"]]
    return ids == sorted(ids)


@sees("largest-limit", {"100": 100, "as-asked": 200})
async def _(ports: Any) -> object:
    return len((await listed(ports, limit=200))["contacts"])


@sees("limit-zero", {"total-only": 0, "default": 20})
async def _(ports: Any) -> object:
    return len((await listed(ports, limit=0))["contacts"])


@sees("unknown-filters", {"ignored": 200, "refused": 422})
async def _(ports: Any) -> object:
    return (await ports.ac.get("/contacts", params={"filters[campaignid]": 1})).status_code


@sees(
    "contact-filters",
    {
        "honoured": (True, True, True),
        "listid-ignored": (False, False, True),
        "status-ignored": (True, False, True),
        "updated-after-ignored": (True, True, False),
    },
)
async def _(ports: Any) -> object:
    on_list, left = await total(ports, listid=VIP), await total(ports, listid=VIP, status=2)
    later = await total(ports, **{"filters[updated_after]": "2090-01-01T00:00:00Z"})
    return on_list < 250, left < on_list, later == 0


@sees("status-without-list", {"on-any-list": True, "ignored": False})
async def _(ports: Any) -> object:
    return await total(ports, status=3) < 250


async def newest(ports: Any) -> tuple[str, datetime]:
    one = (await ports.ac.get("/contacts/7")).json()["contact"]
    return one["id"], datetime.fromisoformat(one["udate"])


@sees("updated-after-inclusive", {"exclusive": [], "inclusive": ["7"]})
async def _(ports: Any) -> object:
    number, moment = await newest(ports)
    params = {"filters[updated_after]": moment.isoformat(), "ids[]": number}
    return [one["id"] for one in (await listed(ports, **params))["contacts"]]


@sees("offset-less-dates", {"central": [], "utc": ["7"]})
async def _(ports: Any) -> object:
    number, moment = await newest(ports)
    params = {"filters[updated_after]": moment.strftime("%Y-%m-%d %H:%M:%S"), "ids[]": number}
    return [one["id"] for one in (await listed(ports, **params))["contacts"]]


@sees("total-counts", {"all": 250, "rest": 3})
async def _(ports: Any) -> object:
    return await total(ports, id_greater=4, id_less=8, **{"orders[id]": "ASC"})


@sees("include-truncates", {"no": True, "yes": False})
async def _(ports: Any) -> object:
    return len((await listed(ports, limit=100, include="fieldValues"))["fieldValues"]) > 100


@sees("segment-first-answer", {"empty": (False, True), "whole": (True, True)})
async def _(ports: Any) -> object:
    first = await total(ports, segmentid=1)
    await ports.advance(2)
    return first > 0, await total(ports, segmentid=1) > 0


@sees("contact-lists-filters", {"ignored": True, "honoured": False})
async def _(ports: Any) -> object:
    rows = (await ports.ac.get("/contactLists", params={"filters[list]": VIP})).json()
    return {row["list"] for row in rows["contactLists"]} > {str(VIP)}


@sees("activities-need-contact", {"no": 200, "yes": 400})
async def _(ports: Any) -> object:
    return (await ports.ac.get("/activities")).status_code


@sees("activities-order", {"oldest-first": True, "newest-first": False})
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


@sees("link-data-repeats", {"change-row": ["2"], "add-row": ["1", "1"]})
async def _(ports: Any) -> object:
    return [row["times"] for row in await opened_twice(ports)]


@sees("link-data-tstamp", {"last": "2026-01-01", "first": "2025-12-31"})
async def _(ports: Any) -> object:
    # In US Central both are the day before.
    return (await opened_twice(ports))[0]["tstamp"][:10]


@sees("sync-status", {"201-and-200": [201, 200], "201": [201, 201]})
async def _(ports: Any) -> object:
    sent = {"contact": {"email": NEW}}
    return [(await ports.ac.post("/contact/sync", json=sent)).status_code for _ in range(2)]


@sees("new-list-status", {"201": 201, "200": 200})
async def _(ports: Any) -> object:
    return (await ports.ac.post("/lists", json={"list": {"name": "L"}})).status_code


async def new_tag(ports: Any) -> Any:
    return await ports.ac.post("/tags", json={"tag": {"tag": "T"}})


@sees("contact-tag-status", {"200": 200, "201": 201})
async def _(ports: Any) -> object:
    row = {"contact": 1, "tag": (await new_tag(ports)).json()["tag"]["id"]}
    return (await ports.ac.post("/contactTags", json={"contactTag": row})).status_code


@sees("existing-tag", {"returned": [201, 200], "refused": [201, 422]})
async def _(ports: Any) -> object:
    return [(await new_tag(ports)).status_code for _ in range(2)]


@sees("contact-case", {"kept": "New@Example.org", "lower": "new@example.org"})
async def _(ports: Any) -> object:
    return (await created(ports, email="New@Example.org")).json()["contact"]["email"]


@sees("phone-only-contacts", {"off": 422, "on": 201})
async def _(ports: Any) -> object:
    return (await created(ports, email="", allowNullEmail=True, phone="+31 6")).status_code


@sees("unknown-field-ids", {"dropped": (201, True), "refused": (422, False)})
async def _(ports: Any) -> object:
    answer = await created(ports, fieldValues=[{"field": "9999", "value": "x"}])
    return answer.status_code, await total(ports, email=NEW) == 1


@sees("option-values", {"stored": (200, 201), "refused": (422, 422)})
async def _(ports: Any) -> object:
    value = {"field": "1", "value": "platinum"}
    single = await ports.ac.post("/fieldValues", json={"fieldValue": {"contact": "1", **value}})
    return single.status_code, (await created(ports, fieldValues=[value])).status_code


@sees("values-of-deleted-fields", {"left-behind": True, "gone": False})
async def _(ports: Any) -> object:
    await ports.ac.delete("/fields/1")
    rows = (await ports.ac.get("/fieldValues", params={"filters[fieldid]": 1})).json()
    return rows["meta"]["total"] != "0"


@sees("list-stamp", {"lags": True, "follows": False})
async def _(ports: Any) -> object:
    await ports.ac.patch("/lists/3", json={"list": {"name": "Other"}})
    row = (await ports.ac.get("/lists/3")).json()["list"]
    return row["updated_timestamp"] == row["created_timestamp"]


@sees("list-writes-bump-udate", {"yes": False, "no": True})
async def _(ports: Any) -> object:
    member = await ports.on_list(NEWSLETTER, 1)
    seen = []
    for _ in range(2):
        row = (await ports.ac.get(f"/contacts/{member['id']}")).json()["contact"]
        seen.append(row["udate"])
        await ports.mutate("activecampaign", "unsubscribe", id=member["id"], list=NEWSLETTER)
    return seen[0] == seen[1]


@sees("list-status-type", {"number": 1, "text": "1"})
async def _(ports: Any) -> object:
    return (await put_on_list(ports, 1, 1)).json()["contactList"]["status"]


@sees("unchanged-status", {"without-contacts": False, "with-contacts": True})
async def _(ports: Any) -> object:
    answers = [(await put_on_list(ports, 1, 1)).json() for _ in range(2)]
    return "contacts" in answers[1]


@sees("resubscribe", {"allowed": (200, 1), "forbidden": (403, 2), "kept": (200, 2)})
async def _(ports: Any) -> object:
    left = await ports.on_list(NEWSLETTER, 2)
    answer = await put_on_list(ports, int(left["id"]), 1)
    return answer.status_code, (await ports.contact(left["email"]))["lists"]["3"]


@sees("inline-lists", {"ignored": ({}, 0, 201), "honoured": ({"3": 1}, 1, 422)})
async def _(ports: Any) -> object:
    made = await created(ports, lists=[{"list": NEWSLETTER}], tags=["T"])
    number = made.json()["contact"]["id"]
    tags = (await ports.ac.get(f"/contacts/{number}/contactTags")).json()["contactTags"]
    wrong = await created(ports, email="other@example.org", lists=[{"list": 9999}])
    return (await ports.contact(NEW))["lists"], len(tags), wrong.status_code


@sees("bulk-validation", {"all-or-nothing": 400, "row-by-row": ["bad"]})
async def _(ports: Any) -> object:
    answer = await bulk(ports, {"email": NEW}, {"email": "bad"})
    if answer.status_code != 200:
        return answer.status_code
    await ports.advance(5)
    params = {"batchId": answer.json()["batchId"]}
    assert await total(ports, email=NEW) == 1
    return (await ports.ac.get("/import/info", params=params)).json()["failure"]


@sees("bulk-reason-numbers", {"from-one": 2, "from-zero": 1})
async def _(ports: Any) -> object:
    answer = await bulk(ports, {"email": NEW}, {"email": "bad"})
    return answer.json()["failureReasons"][0]["contact"]


@sees("bulk-camel-case", {"dropped": "", "accepted": "Nina"})
async def _(ports: Any) -> object:
    await ports.imported({"email": NEW, "firstName": "Nina"})
    return (await ports.contact(NEW))["firstName"]


@sees("bulk-success-key", {"success": True, "Success": False})
async def _(ports: Any) -> object:
    return "success" in (await bulk(ports, {"email": NEW})).json()


@sees("bulk-excluded-success", {"count": 2, "flag": 1})
async def _(ports: Any) -> object:
    return (await bulk(ports, {"email": NEW}, {"email": "a@excluded.example"})).json()["success"]


@sees("bulk-success-ids", {"created-and-updated": 2, "created": 1})
async def _(ports: Any) -> object:
    known = await ports.on_list(NEWSLETTER, 1)
    return len((await ports.imported({"email": NEW}, {"email": known["email"]}))["success"])


@sees("bulk-refused-subscribe", {"whole-row": False, "only-list": True})
async def _(ports: Any) -> object:
    left = await ports.on_list(NEWSLETTER, 2)
    row = {"email": left["email"], "last_name": "Changed", "subscribe": [{"listid": NEWSLETTER}]}
    assert (await ports.imported(row))["failure"] == [left["email"]]
    held = await ports.contact(left["email"])
    assert held["lists"]["3"] == 2
    return held["lastName"] == "Changed"


@sees("bulk-bounced-contact", {"only-subscribe": [], "whole-row": ["failed"]})
async def _(ports: Any) -> object:
    bounced = await ports.on_list(NEWSLETTER, 3)
    return ["failed" for _ in (await ports.imported({"email": bounced["email"]}))["failure"]]


@sees("bulk-odd-address", {"refused-request": 400, "failed-row": 200})
async def _(ports: Any) -> object:
    return (await bulk(ports, {"email": "two..dots@example.org"})).status_code


@sees("bulk-empty-text", {"overwrites": "", "ignored": "Nina"})
async def _(ports: Any) -> object:
    for name in ("Nina", ""):
        await ports.imported({"email": NEW, "first_name": name})
    return (await ports.contact(NEW))["firstName"]


@sees(
    "exclude-automations",
    {
        "either": {"neither"},
        "top-level": {"neither", "within"},
        "in-contact": {"neither", "top"},
    },
)
async def _(ports: Any) -> object:
    def row(name: str, **more: Any) -> dict[str, Any]:
        return {"email": f"{name}@example.org", "subscribe": [{"listid": VIP}], **more}

    await bulk(ports, row("neither"), row("within", exclude_automations=True))
    await bulk(ports, row("top"), exclude_automations=True)
    await ports.advance(5)
    entered = await listed(ports, seriesid=1)
    return {one["email"].partition("@")[0] for one in entered["contacts"]}


@sees("batch-first-moment", {"false": False, "waiting": "waiting"})
async def _(ports: Any) -> object:
    params = {"batchId": (await bulk(ports, {"email": NEW})).json()["batchId"]}
    return (await ports.ac.get("/import/info", params=params)).json()["status"]


@sees(
    "batch-speed",
    {"normal": "waiting", "fast": "completed", "stuck": "waiting"},
)
async def _(ports: Any) -> object:
    params = {"batchId": (await bulk(ports, {"email": NEW})).json()["batchId"]}
    await ports.advance(1)
    status = (await ports.ac.get("/import/info", params=params)).json()["status"]
    await ports.advance(5)
    reading = (await ports.control.get("/switches")).json()["batch-speed"]["chosen"]
    ended = (await ports.ac.get("/import/info", params=params)).json()["status"]
    assert ended == ("waiting" if reading == "stuck" else "completed")
    return status


@sees("batch-end", {"completed": 2, "failed": 1, "interrupted": 1})
async def _(ports: Any) -> object:
    await ports.imported({"email": NEW}, {"email": "second@example.org"})
    return sum([await total(ports, email=email) for email in (NEW, "second@example.org")])


async def over_the_limit(limited: Any) -> Any:
    for _ in range(5):
        await limited.ac.get("/users/me")
    return await limited.ac.get("/users/me")


@sees("rate-limit-headers", {"present": True, "absent": False})
async def _(limited: Any) -> object:
    return "retry-after" in (await over_the_limit(limited)).headers


@sees("rate-limit-status", {"429": 429, "503": 503})
async def _(limited: Any) -> object:
    return (await over_the_limit(limited)).status_code


@sees("bulk-counts-against-limit", {"no": 200, "yes": 429})
async def _(limited: Any) -> object:
    for _ in range(5):
        await bulk(limited, {"email": NEW})
    return (await limited.ac.get("/users/me")).status_code


@sees("bulk-rate-limit-status", {"400": 400, "429": 429})
async def _(limited: Any) -> object:
    for _ in range(20):
        await bulk(limited, {"email": NEW})
    return (await bulk(limited, {"email": NEW})).status_code
