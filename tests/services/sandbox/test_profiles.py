"""BlueConic: tokens, listings, segment pages and bulk writes."""

from __future__ import annotations

from typing import Any

import pytest


def rule(name: str, *values: str, strategy: str = "SET", **more: Any) -> dict[str, Any]:
    return {"id": name, "values": list(values), "strategy": strategy, **more}


def by_email(email: str, *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    matching = [[{"id": "email", "value": email}]]
    return {"matching": matching, "properties": list(rules), "strategy": "UPSERT", **more}


async def profile(ports: Any, profile_id: str) -> dict[str, list[str]]:
    body = (await ports.bc.get(f"/profiles/{profile_id}")).json()
    return {one["id"]: one["values"] for one in body["properties"]}


async def made(ports: Any, *rules: dict[str, Any], **more: Any) -> str:
    rules = (rule("email", "made@example.org"), *rules)
    answer = (await ports.put(by_email("made@example.org", *rules, **more)))[0]
    assert answer["state"] == "CREATED"
    found: str = answer["profileId"]
    return found


async def segment(ports: Any, name: str) -> dict[str, Any]:
    body = (await ports.bc.get("/segments", params={"count": 1000})).json()
    return next(one for one in body["segments"] if one["name"] == name)


async def test_tokens_expire_with_the_clock(ports: Any) -> None:
    assert (await ports.token()).json()["expires_in"] == 3600
    assert (await ports.bc.get("/segments")).status_code == 200
    await ports.advance(3601)
    assert (await ports.bc.get("/segments")).status_code == 401
    await ports.authorise()
    assert (await ports.bc.get("/segments")).status_code == 200
    bare = await ports.bc.get("/segments", headers={"Authorization": ""})
    assert bare.status_code == 401


async def test_token_requests_are_checked(ports: Any) -> None:
    form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}
    assert (await ports.bc.post("/oauth/token", data=form)).status_code == 401
    form["grant_type"] = "password"
    assert (await ports.bc.post("/oauth/token", data=form)).status_code == 400
    assert (await ports.bc.post("/oauth/token", data={})).status_code == 400


@pytest.mark.parametrize(
    ("path", "key"),
    [("/segments", "segments"), ("/profileProperties", "profileProperties")],
)
async def test_long_listings_have_pages(ports: Any, path: str, key: str) -> None:
    first = (await ports.bc.get(path)).json()
    assert len(first[key]) == first["itemsPerPage"] < 100 < first["totalResults"]
    params = {"startIndex": first["itemsPerPage"], "count": 1000}
    rest = (await ports.bc.get(path, params=params)).json()
    assert len(first[key]) + len(rest[key]) == first["totalResults"]


async def test_a_segment_is_listed_by_cursor(ports: Any) -> None:
    readers = await segment(ports, "Newsletter readers")
    seen: list[str] = []
    params = {"count": "50", "profileProperty": "email"}
    while True:
        body = (await ports.bc.get(f"/segments/{readers['id']}/profiles", params=params)).json()
        seen += [one["id"] for one in body["profiles"]]
        assert all(
            {held["id"] for held in one["properties"]} <= {"email"} for one in body["profiles"]
        )
        if "nextCursor" not in body:
            break
        params["cursor"] = body["nextCursor"]
    assert len(seen) == len(set(seen)) == body["totalResults"] == readers["profileCount"]
    assert 150 < len(seen) < 250


async def test_expand_adds_segments_permissions_and_replace(ports: Any) -> None:
    everyone = await segment(ports, "All profiles")
    path = f"/segments/{everyone['id']}/profiles"
    plain = (await ports.bc.get(path)).json()["profiles"][0]
    assert not {"segments", "permissions", "replaces", "lifecycleStages"} & plain.keys()
    expand = [f"profiles.profile.{word}" for word in ("segments", "permissions", "replace")]
    full = (await ports.bc.get(path, params={"expand": expand})).json()["profiles"][0]
    assert {"id": everyone["id"], "name": "All profiles"} in full["segments"]
    assert full["permissions"]["level"] in ("PERSONAL", "ANONYMOUS")
    assert full["replaces"] == []
    await ports.switch(lifecycle_stages="present")
    assert "lifecycleStages" in (await ports.bc.get(path)).json()["profiles"][0]
    assert (await ports.bc.get("/segments/none/profiles")).status_code == 404


async def test_search_takes_unique_identifiers_only(ports: Any) -> None:
    number = await made(ports)
    params = {"property": "email", "value": "made@example.org"}
    assert (await ports.bc.get("/profiles", params=params)).json()["profiles"] == [{"id": number}]
    assert (
        await ports.bc.get("/profiles", params={"property": "city", "value": "Utrecht"})
    ).status_code == 501
    assert (await ports.bc.get("/profiles")).status_code == 400
    for one in (await ports.lines("/profiles"))[:40]:
        for email in one["properties"].get("email", []):
            found = await ports.bc.get("/profiles", params={"property": "email", "value": email})
            assert {"id": one["id"]} in found.json()["profiles"]


async def test_a_known_profile_is_modified_then_unchanged(ports: Any) -> None:
    number = await made(ports)
    entry = by_email("made@example.org", rule("city", "Utrecht"), identifier="row 7")
    assert await ports.put(entry) == [
        {"state": "MODIFIED", "profileId": number, "identifier": "row 7"}
    ]
    assert (await ports.put(entry))[0]["state"] == "UNCHANGED"
    assert (await profile(ports, number))["city"] == ["Utrecht"]


async def test_nothing_is_set_that_no_rule_lists(ports: Any) -> None:
    for _ in range(2):
        answer = (await ports.put(by_email("ghost@example.org", rule("city", "Utrecht"))))[0]
        assert answer["state"] == "CREATED"
    assert "email" not in await profile(ports, answer["profileId"])


async def test_update_does_not_create(ports: Any) -> None:
    entry = by_email("none@example.org", rule("city", "X"), strategy="UPDATE")
    assert (await ports.put(entry))[0] == {"state": "NOTFOUND"}
    unknown = {"profileId": "00000000-0000-4000-a000-000000000000", "strategy": "UPSERT"}
    assert (await ports.put(unknown))[0]["state"] == "NOTFOUND"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("points", "1.5"),
        ("points", "2147483648"),
        ("balance", "0.12345"),
        ("email", "nonsense"),
        ("birthday", "2020-01-01"),
        ("privacy_legislation", "MOON"),
        ("no_such_property", "x"),
    ],
)
async def test_values_that_do_not_fit_are_dropped_and_named(
    ports: Any, name: str, value: str
) -> None:
    await made(ports)
    entry = by_email("made@example.org", rule(name, value), rule("city", "Leeds"))
    answer = (await ports.put(entry))[0]
    assert answer["state"] == "MODIFIED"
    assert list(answer["validationErrors"]) == [name]


async def test_consent_is_asked_by_zone(ports: Any) -> None:
    async def state(email: str, *rules: dict[str, Any]) -> str:
        entry = by_email(email, rule("email", email), *rules)
        return str((await ports.put(entry, objectiveIds="marketing,analytics"))[0]["state"])

    gdpr = rule("privacy_legislation", "GDPR")
    assert await state("a@example.org", gdpr) == "CONSENT_MISMATCH"
    assert (await ports.put(by_email("a@example.org", strategy="UPDATE")))[0]["state"] == "NOTFOUND"
    assert await state("b@example.org", gdpr, rule("consented_objectives", "marketing")) == (
        "CREATED"
    )
    assert await state("b@example.org", rule("city", "X")) == "MODIFIED"
    assert await state("c@example.org", rule("privacy_legislation", "CCPA")) == "CREATED"
    assert await state("d@example.org") == "CREATED"
    await ports.switch(no_legislation="consent-needed")
    assert await state("e@example.org") == "CONSENT_MISMATCH"


async def test_an_opt_out_takes_consent_away(ports: Any) -> None:
    number = await made(ports, rule("consented_objectives", "marketing", "analytics"))
    await ports.put(by_email("made@example.org", rule("refused_objectives", "marketing")))
    body = (await ports.bc.get(f"/profiles/{number}")).json()
    assert (body["consentedObjectives"], body["refusedObjectives"]) == (
        ["analytics"],
        ["marketing"],
    )


async def test_of_too_many_entries_the_first_thousand_are_done(ports: Any) -> None:
    entries = [
        by_email(f"m{n}@example.org", rule("email", f"m{n}@example.org")) for n in range(1002)
    ]
    answer = await ports.bc.put("/profiles", json=entries)
    assert (answer.status_code, len(answer.json())) == (413, 1000)
    params = {"property": "email", "value": "m1001@example.org"}
    assert (await ports.bc.get("/profiles", params=params)).json()["totalResults"] == 0


async def test_entries_that_break_the_schema_refuse_the_request(ports: Any) -> None:
    for entry in (
        {"strategy": "MAYBE"},
        by_email("a@example.org", rule("city", "X", strategy="SUM")),
        {"matching": {"id": "email"}},
        by_email("a@example.org", rule("city", 3)),  # type: ignore[arg-type]
    ):
        answer = await ports.bc.put("/profiles", json=[entry])
        assert (answer.status_code, answer.json()["code"]) == (400, 400)
    huge = await ports.bc.put("/profiles", content=b"[" + b" " * (16 * 1024 * 1024) + b"]")
    assert huge.status_code == 413


async def test_a_property_can_be_created_but_a_plug_ins_not_changed(ports: Any) -> None:
    body = {"name": "Receipt", "filterType": "SELECT", "indexed": False}
    answer = await ports.bc.put("/profileProperties/receipt_1", json=body)
    assert (answer.status_code, answer.json()["filterType"]) == (200, "SELECT")
    assert (await ports.bc.get("/profileProperties/receipt_1")).json()["name"] == "Receipt"
    assert (await ports.bc.put("/profileProperties/visits", json=body)).status_code == 400
    assert (await ports.bc.put("/profileProperties/a.b", json=body)).status_code == 400
    assert (await ports.bc.get("/profileProperties/none")).status_code == 404


async def test_lifecycles_objectives_dialogues_connections(ports: Any) -> None:
    welcome = (await ports.bc.get("/lifecycles")).json()["lifecycles"][0]
    assert welcome["name"] == "Welcome"
    assert [one["name"] for one in welcome["stages"][1:]] == ["First stage", "Second stage"]
    objectives = (await ports.bc.get("/objectives")).json()["objectives"]
    assert [one["id"] for one in objectives] == ["marketing", "analytics"]
    for path in ("dialogues", "connections"):
        assert (await ports.bc.get(f"/{path}")).json()[path]


async def test_a_merged_profile_points_to_its_successor(ports: Any) -> None:
    first = (await ports.mutate("blueconic", "create", set={"properties": {"email": ["1@x.org"]}}))[
        "id"
    ]
    second = (
        await ports.mutate("blueconic", "create", set={"properties": {"email": ["2@x.org"]}})
    )["id"]
    await ports.mutate("blueconic", "merge", id=first, set={"into": second})
    body = (await ports.bc.get(f"/profiles/{first}")).json()
    assert body["replacedBy"] == second
    assert (await ports.bc.get(f"/profiles/{second}")).json()["replaces"] == [first]
    entry = {"profileId": first, "properties": [rule("city", "X")]}
    assert (await ports.put(entry))[0] == {"state": "MODIFIED", "profileId": second}
