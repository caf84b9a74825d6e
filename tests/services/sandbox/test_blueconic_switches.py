"""Every switch of BlueConic: both its readings can be told apart over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from actui.sandbox.blueconic.connections import CAMPAIGN
from actui.sandbox.blueconic.switches import BLUECONIC_SWITCHES
from actui.sandbox.blueconic.tenant_catalogue import ALL_PROFILES, DIALOGUES, READERS, WELCOME

Probe = Callable[[Any], Awaitable[object]]
EMAIL = "switch@example.org"
PAGE = f"/segments/{ALL_PROFILES.id}/profiles"
MATCHING = [[{"id": "email", "value": EMAIL}]]


def rule(name: str, *values: str, strategy: str = "SET") -> dict[str, Any]:
    return {"id": name, "values": list(values), "strategy": strategy}


async def known(ports: Any, email: str = EMAIL, **values: list[str]) -> str:
    told = {"properties": {"email": [email], **values}}
    return str((await ports.mutate("blueconic", "create", set=told))["id"])


async def values(ports: Any, number: str) -> dict[str, list[str]]:
    body = (await ports.bc.get(f"/profiles/{number}")).json()
    return {one["id"]: one["values"] for one in body["properties"]}


async def write(ports: Any, *rules: dict[str, Any], objectives: str = "", **more: Any) -> object:
    """The state that one entry comes to, or the status that refuses the request."""
    entry = {"matching": MATCHING, "strategy": "UPSERT", "properties": list(rules), **more}
    params = {"objectiveIds": objectives} if objectives else {}
    answer = await ports.bc.put("/profiles", json=[entry], params=params)
    return answer.json()[0]["state"] if answer.status_code == 200 else answer.status_code


async def api_version(ports: Any) -> object:
    body = await ports.bc.get(f"/connections/{CAMPAIGN}")
    return body.status_code, "lane" in body.text, (await ports.bc.get("/segments")).status_code


async def token_lifetime(ports: Any) -> object:
    await ports.authorise()
    await ports.advance(61)
    return (await ports.bc.get("/segments")).status_code


async def document_shapes(ports: Any) -> object:
    dialogue = (await ports.bc.get(f"/dialogues/{DIALOGUES[0].id}")).json()
    link = (await ports.bc.get(PAGE)).json()["links"][0]
    lifecycles = (await ports.bc.get("/lifecycles")).json()
    stage = (await ports.bc.get(f"/lifecycles/{WELCOME.id}")).json()["stages"][0]
    listing = (await ports.bc.get("/connections")).json()
    runs = (await ports.bc.get(f"/connections/{CAMPAIGN}/runs")).json()
    number = await known(ports)
    await ports.mutate("blueconic", "consent", id=number)
    event = (await ports.bc.get(f"/profileEvents/{number}")).json()["events"][0]
    return (
        type(dialogue["variants"]),
        "href" in link,
        "touchpoints" in stage,
        "lifecycles" in lifecycles,
        "connections" in listing,
        "runs" in runs,
        "properties" in event,
        "links" in (await ports.bc.get("/profileProperties/email")).json(),
    )


async def unreadable_page(ports: Any) -> object:
    return (await ports.bc.get("/segments", params={"count": "many"})).status_code


async def lifecycle_stages(ports: Any) -> object:
    row = (await ports.bc.get(PAGE)).json()["profiles"][0]
    one = (await ports.bc.get(f"/profiles/{row['id']}")).json()
    return "lifecycleStages" in row, "lifecycleStages" in one


async def no_lifecycle_stage(ports: Any) -> object:
    await ports.switch(**{"lifecycle-stages": "present"})
    found = []
    for number, stage in ((await known(ports), "First stage"), (await known(ports), None)):
        await ports.mutate("blueconic", "update", id=number, set={"stage": stage})
        one = (await ports.bc.get(f"/profiles/{number}")).json()
        found.append(len(one["lifecycleStages"]) if "lifecycleStages" in one else None)
    return tuple(found)


async def listed(ports: Any, count: int = 1000) -> list[str]:
    body = (await ports.bc.get(PAGE, params={"count": count})).json()
    return [one["id"] for one in body["profiles"]]


async def segment_listing(ports: Any) -> object:
    total = (await ports.bc.get(PAGE)).json()["totalResults"]
    return len(await listed(ports)) == total


async def listing_lag(ports: Any) -> object:
    new = await known(ports)
    old = (await listed(ports))[0]
    path = f"/segments/{READERS.id}/profiles"
    await ports.mutate("blueconic", "leave", id=old, segment=READERS.name)
    await ports.mutate("blueconic", "enter", id=old, segment=READERS.name)

    async def readers() -> bool:
        body = (await ports.bc.get(path, params={"count": 1000})).json()
        return old in [one["id"] for one in body["profiles"]]

    soon = new in await listed(ports), await readers()
    await ports.advance(601)
    return soon, (new in await listed(ports), await readers())


async def segment_count(ports: Any) -> object:
    for _ in range(10):
        total = (await ports.bc.get(PAGE)).json()["totalResults"]
        if total % 10:
            break
        await known(ports)
    rows = (await ports.bc.get("/segments")).json()["segments"]
    told = next(one for one in rows if one["id"] == ALL_PROFILES.id).get("profileCount")
    return "none" if told is None else told == total


async def max_hits_total(ports: Any) -> object:
    body = (await ports.bc.get(PAGE, params={"maxHitsAllowed": 5})).json()
    return body["totalResults"] == 5, len(body["profiles"])


async def search_not_indexed(ports: Any) -> object:
    params = {"property": "city", "value": "Utrecht"}
    return (await ports.bc.get("/profiles", params=params)).status_code


async def interaction_ids(ports: Any) -> object:
    number = await known(ports, interactions_viewed=[DIALOGUES[0].id])
    viewed = (await values(ports, number))["interactions_viewed"]
    return viewed == [DIALOGUES[0].id], viewed == [DIALOGUES[0].variant]


async def too_many_entries(ports: Any) -> object:
    number = await known(ports)
    entries = [{"profileId": number, "properties": [rule("city", "Utrecht")]}] * 1001
    answer = await ports.bc.put("/profiles", json=entries)
    return answer.status_code, len(answer.json()), "city" in await values(ports, number)


async def write_body(ports: Any) -> object:
    number = await known(ports)
    entry = {"profileId": number, "properties": [rule("city", "U" * 50_000)]}
    answer = await ports.bc.put("/profiles", json=[entry] * 25)
    return answer.status_code, answer.headers["content-type"].partition(";")[0]


async def matching_relation(ports: Any) -> object:
    await known(ports, customer_id=["K-1"])
    wrong = {"id": "customer_id", "value": "K-2"}
    return await write(ports, matching=[*MATCHING, [wrong]], strategy="UPDATE")


async def matched_values(ports: Any) -> object:
    await write(ports, rule("city", "Utrecht"))
    params = {"property": "email", "value": EMAIL}
    return (await ports.bc.get("/profiles", params=params)).json()["totalResults"]


async def match_case(ports: Any) -> object:
    await known(ports, email=EMAIL.upper())
    return await write(ports, strategy="UPDATE")


async def several_matches(ports: Any) -> object:
    ids = [await known(ports), await known(ports)]
    entry = {"matching": MATCHING, "strategy": "UPDATE"}
    return ids.index((await ports.put(entry))[0]["profileId"])


async def match_not_indexed(ports: Any) -> object:
    return await write(ports, matching=[[{"id": "city", "value": "Utrecht"}]])


async def merged_profile(ports: Any) -> object:
    old, new = await known(ports), await known(ports)
    await ports.mutate("blueconic", "merge", id=old, set={"into": new})
    return await write(ports, rule("city", "Utrecht"), profileId=old)


async def delete_by_matching(ports: Any) -> object:
    await known(ports)
    return await write(ports, strategy="DELETE")


async def restriction_on_creation(ports: Any) -> object:
    return await write(ports, restriction={"isMemberOfSegment": READERS.id})


async def increment_name(ports: Any) -> object:
    return [await write(ports, rule("points", "1", strategy=name)) for name in ("INCREMENT", "SUM")]


async def set_without_values(ports: Any) -> object:
    number = await known(ports, city=["Utrecht"])
    await write(ports, rule("city"))
    return "city" in await values(ports, number)


async def invalid_value(ports: Any) -> object:
    await known(ports)
    return await write(ports, rule("points", "many"), rule("city", "Utrecht"))


async def pii_permission(ports: Any) -> object:
    return await write(ports, rule("email", EMAIL))


async def plugin_properties(ports: Any) -> object:
    body = {"name": "Visits", "filterType": "RANGE"}
    return (await ports.bc.put("/profileProperties/visits", json=body)).status_code


async def objective_ids(ports: Any) -> object:
    rules = rule("privacy_legislation", "GDPR"), rule("consented_objectives", "analytics")
    return await write(ports, *rules, objectives="marketing,analytics")


async def consent_on_creation(ports: Any) -> object:
    gdpr = rule("privacy_legislation", "GDPR")
    new = await write(ports, rule("email", EMAIL), gdpr, objectives="marketing")
    await known(ports, email="known@example.org", privacy_legislation=["GDPR"])
    matching = [[{"id": "email", "value": "known@example.org"}]]
    city = rule("city", "Utrecht")
    return new, await write(ports, city, matching=matching, objectives="marketing")


async def no_legislation(ports: Any) -> object:
    return await write(ports, objectives="marketing")


async def consent_without_zone(ports: Any) -> object:
    number = await known(ports)
    await write(ports, rule("consented_objectives", "marketing"))
    return "consented_objectives" in await values(ports, number)


async def unknown_objective(ports: Any) -> object:
    return await write(ports, objectives="none_such")


OBSERVED: dict[str, tuple[Probe, dict[str, object]]] = {
    "api-version": (
        api_version,
        {"103": (200, True, 200), "98": (200, False, 200), "89": (404, False, 200)},
    ),
    "token-lifetime": (token_lifetime, {"hour": 200, "minute": 401}),
    "document-shapes": (
        document_shapes,
        {"examples": (list, *[True] * 7), "schemas": (dict, *[False] * 7)},
    ),
    "unreadable-page": (unreadable_page, {"first-page": 200, "bad-request": 400}),
    "lifecycle-stages": (
        lifecycle_stages,
        {"absent": (False, False), "profile-only": (False, True), "present": (True, True)},
    ),
    "no-lifecycle-stage": (no_lifecycle_stage, {"empty": (1, 0), "left-out": (1, None)}),
    "segment-listing": (segment_listing, {"whole": True, "short": False}),
    "listing-lag": (
        listing_lag,
        {
            "none": ((True, True), (True, True)),
            "ten-minutes": ((False, False), (True, True)),
        },
    ),
    "segment-count": (segment_count, {"exact": True, "absent": "none", "estimate": False}),
    "max-hits-total": (max_hits_total, {"segment": (False, 5), "limit": (True, 5)}),
    "search-not-indexed": (search_not_indexed, {"not-implemented": 501, "nothing-found": 200}),
    "interaction-ids": (interaction_ids, {"dialogues": (True, False), "variants": (False, True)}),
    "too-many-entries": (
        too_many_entries,
        {"first-thousand": (413, 1000, True), "nothing": (413, 0, False)},
    ),
    "write-body": (
        write_body,
        {
            "16-mb": (200, "application/json"),
            "1-mb": (413, "application/json"),
            "100-kb-page": (413, "text/html"),
        },
    ),
    "matching-relation": (
        matching_relation,
        {"or-of-ands": "UNCHANGED", "and-of-ors": "NOTFOUND"},
    ),
    "matched-values": (matched_values, {"not-set": 0, "set": 1}),
    "match-case": (match_case, {"exact": "NOTFOUND", "ignore": "UNCHANGED"}),
    "several-matches": (several_matches, {"oldest": 0, "newest": 1}),
    "match-not-indexed": (match_not_indexed, {"skipped": "SKIPPED", "bad-request": 400}),
    "merged-profile": (merged_profile, {"survivor": "MODIFIED", "not-found": "NOTFOUND"}),
    "delete-by-matching": (delete_by_matching, {"deleted": "DELETED", "skipped": "SKIPPED"}),
    "restriction-on-creation": (
        restriction_on_creation,
        {"not-asked": "CREATED", "mismatch": "RESTRICTION_MISMATCH"},
    ),
    "increment-name": (increment_name, {"increment": ["CREATED", 400], "sum": [400, "CREATED"]}),
    "set-without-values": (set_without_values, {"clears": False, "ignored": True}),
    "invalid-value": (invalid_value, {"dropped": "MODIFIED", "skips-entry": "SKIPPED"}),
    "pii-permission": (pii_permission, {"granted": "CREATED", "missing": "UNAUTHORIZED"}),
    "plugin-properties": (plugin_properties, {"refused": 400, "changed": 200}),
    "objective-ids": (objective_ids, {"commas": "CREATED", "one": "CONSENT_MISMATCH"}),
    "consent-on-creation": (
        consent_on_creation,
        {
            "asked": ("CONSENT_MISMATCH", "CONSENT_MISMATCH"),
            "not-asked": ("CREATED", "CONSENT_MISMATCH"),
        },
    ),
    "no-legislation": (
        no_legislation,
        {"consent-not-needed": "CREATED", "consent-needed": "CONSENT_MISMATCH"},
    ),
    "consent-without-zone": (consent_without_zone, {"stored": True, "ignored": False}),
    "unknown-objective": (
        unknown_objective,
        {"no-consent": "CONSENT_MISMATCH", "bad-request": 400},
    ),
}


def test_the_table_has_every_switch_and_its_default_first() -> None:
    readings = {name: tuple(told) for name, (_, told) in OBSERVED.items()}
    assert readings == {name: switch.readings for name, switch in BLUECONIC_SWITCHES.items()}


def test_every_switch_names_its_source() -> None:
    for name, switch in BLUECONIC_SWITCHES.items():
        words = ("§", "OpenAPI", "put /", "get /", "post /", "BulkInputEntryV2", "restriction")
        assert any(word in switch.about for word in words), name


@pytest.mark.parametrize(
    ("name", "reading", "expected"),
    [(name, *pair) for name, (_, told) in OBSERVED.items() for pair in told.items()],
)
async def test_each_reading_can_be_seen(
    ports: Any, name: str, reading: str, expected: object
) -> None:
    if reading != BLUECONIC_SWITCHES[name].readings[0]:
        await ports.switch(**{name: reading})
    assert await OBSERVED[name][0](ports) == expected
