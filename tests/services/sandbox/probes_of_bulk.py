"""Probes of the switches on bulk import and on limits."""

from __future__ import annotations

from typing import Any

from tests.services.sandbox.probing import NEW, NEWSLETTER, VIP, Probes, bulk, listed, total

PROBES = Probes()


@PROBES.sees("bulk-validation", {"all-or-nothing": 400, "row-by-row": ["bad"]})
async def _(ports: Any) -> object:
    answer = await bulk(ports, {"email": NEW}, {"email": "bad"})
    if answer.status_code != 200:
        return answer.status_code
    await ports.advance(5)
    params = {"batchId": answer.json()["batchId"]}
    assert await total(ports, email=NEW) == 1
    return (await ports.ac.get("/import/info", params=params)).json()["failure"]


@PROBES.sees("bulk-reasons", {"rows": dict, "texts": str})
async def _(ports: Any) -> object:
    answer = await bulk(ports, {"email": "no address"})
    return type(answer.json()["failureReasons"][0])


@PROBES.sees("bulk-reason-numbers", {"from-one": 2, "from-zero": 1})
async def _(ports: Any) -> object:
    answer = await bulk(ports, {"email": NEW}, {"email": "bad"})
    return answer.json()["failureReasons"][0]["contact"]


@PROBES.sees("bulk-camel-case", {"dropped": "", "accepted": "Nina"})
async def _(ports: Any) -> object:
    await ports.imported({"email": NEW, "firstName": "Nina"})
    return (await ports.contact(NEW))["firstName"]


@PROBES.sees("bulk-success-key", {"success": True, "Success": False})
async def _(ports: Any) -> object:
    return "success" in (await bulk(ports, {"email": NEW})).json()


@PROBES.sees("bulk-excluded-success", {"count": 2, "flag": 1})
async def _(ports: Any) -> object:
    return (await bulk(ports, {"email": NEW}, {"email": "a@excluded.example"})).json()["success"]


@PROBES.sees("bulk-success-ids", {"created-and-updated": 2, "created": 1})
async def _(ports: Any) -> object:
    known = await ports.on_list(NEWSLETTER, 1)
    return len((await ports.imported({"email": NEW}, {"email": known["email"]}))["success"])


@PROBES.sees("bulk-refused-subscribe", {"whole-row": False, "only-list": True})
async def _(ports: Any) -> object:
    left = await ports.on_list(NEWSLETTER, 2)
    row = {"email": left["email"], "last_name": "Changed", "subscribe": [{"listid": NEWSLETTER}]}
    assert (await ports.imported(row))["failure"] == [left["email"]]
    held = await ports.contact(left["email"])
    assert held["lists"]["3"] == 2
    return held["lastName"] == "Changed"


@PROBES.sees("bulk-bounced-contact", {"only-subscribe": [], "whole-row": ["failed"]})
async def _(ports: Any) -> object:
    bounced = await ports.on_list(NEWSLETTER, 3)
    return ["failed" for _ in (await ports.imported({"email": bounced["email"]}))["failure"]]


@PROBES.sees("bulk-odd-address", {"refused-request": 400, "failed-row": 200})
async def _(ports: Any) -> object:
    return (await bulk(ports, {"email": "two..dots@example.org"})).status_code


@PROBES.sees("bulk-empty-text", {"overwrites": "", "ignored": "Nina"})
async def _(ports: Any) -> object:
    for name in ("Nina", ""):
        await ports.imported({"email": NEW, "first_name": name})
    return (await ports.contact(NEW))["firstName"]


@PROBES.sees(
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


@PROBES.sees("batch-first-moment", {"false": False, "waiting": "waiting"})
async def _(ports: Any) -> object:
    params = {"batchId": (await bulk(ports, {"email": NEW})).json()["batchId"]}
    return (await ports.ac.get("/import/info", params=params)).json()["status"]


@PROBES.sees(
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


@PROBES.sees("batch-end", {"completed": 2, "failed": 1, "interrupted": 1})
async def _(ports: Any) -> object:
    await ports.imported({"email": NEW}, {"email": "second@example.org"})
    return sum([await total(ports, email=email) for email in (NEW, "second@example.org")])


async def over_the_limit(limited: Any) -> Any:
    for _ in range(5):
        await limited.ac.get("/users/me")
    return await limited.ac.get("/users/me")


@PROBES.sees("rate-limit-headers", {"present": True, "absent": False})
async def _(limited: Any) -> object:
    return "retry-after" in (await over_the_limit(limited)).headers


@PROBES.sees("rate-limit-status", {"429": 429, "503": 503})
async def _(limited: Any) -> object:
    return (await over_the_limit(limited)).status_code


@PROBES.sees("bulk-counts-against-limit", {"no": 200, "yes": 429})
async def _(limited: Any) -> object:
    for _ in range(5):
        await bulk(limited, {"email": NEW})
    return (await limited.ac.get("/users/me")).status_code


@PROBES.sees("bulk-rate-limit-status", {"400": 400, "429": 429})
async def _(limited: Any) -> object:
    for _ in range(20):
        await bulk(limited, {"email": NEW})
    return (await bulk(limited, {"email": NEW})).status_code
