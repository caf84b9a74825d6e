"""BlueConic: connections, runs, dialogues, interactions, consent history, properties, tokens."""

from __future__ import annotations

from typing import Any

import pytest

from actui.sandbox.blueconic.connections import CAMPAIGN, UNUSED, WAREHOUSE
from actui.sandbox.blueconic.tenant_catalogue import DIALOGUES


async def test_connections_and_one_of_them(ports: Any) -> None:
    rows = (await ports.bc.get("/connections")).json()["connections"]
    assert [one["id"] for one in rows] == [CAMPAIGN, WAREHOUSE, UNUSED]
    one = (await ports.bc.get(f"/connections/{CAMPAIGN}")).json()
    assert one == rows[0]
    assert "lastRun" not in rows[2]
    assert (await ports.bc.get("/connections/none")).status_code == 404


async def test_runs_come_newest_first_and_a_finished_one_may_have_failed(ports: Any) -> None:
    body = (await ports.bc.get(f"/connections/{CAMPAIGN}/runs")).json()
    runs = body["runs"]
    assert [one["runCount"] for one in runs] == [5, 4, 3, 2, 1]
    assert {one["state"] for one in runs} == {"FINISHED", "FAILED", "STOPPED"}
    assert {one["lane"] for one in runs} == {"REGULAR", "REGULAR2", "EXPRESS", "RUN_NOW"}
    counted = {one["id"]: one["values"] for one in runs[1]["goalStatistics"]}
    assert (runs[1]["state"], counted) == (
        "FINISHED",
        {"SUCCESS": ["0"], "FAILED": ["1"], "TOTAL": ["2"]},
    )
    assert "<li>" in runs[1]["message"]
    params = {"startIndex": 3, "count": 1}
    page = (await ports.bc.get(f"/connections/{CAMPAIGN}/runs", params=params)).json()
    assert ([one["runCount"] for one in page["runs"]], page["totalPages"]) == ([2], 5)
    running = (await ports.bc.get(f"/connections/{WAREHOUSE}/runs")).json()["runs"][0]
    assert (running["state"], running["message"], running["goalStatistics"]) == (
        "RUNNING",
        "Running…",
        [],
    )
    assert "endDate" not in running
    assert (await ports.bc.get(f"/connections/{UNUSED}/runs")).json()["runs"] == []
    assert (await ports.bc.get("/connections/none/runs")).status_code == 404


async def test_an_objective_names_its_connection_and_counts_consent(ports: Any) -> None:
    body = (await ports.bc.get("/objectives/marketing")).json()
    assert {"id": CAMPAIGN, "type": "connection"} in body["references"]
    rows = await ports.lines("/profiles")
    consented = sum("marketing" in one["consentedObjectives"] for one in rows)
    refused = sum("marketing" in one["refusedObjectives"] for one in rows)
    assert (body["consentedProfileCount"], body["refusedProfileCount"]) == (consented, refused)
    assert body["totalProfileCount"] == consented + refused


async def test_what_a_page_shows_and_what_became_of_it(ports: Any) -> None:
    shown = DIALOGUES[1]
    one = (await ports.bc.get(f"/dialogues/{shown.id}")).json()
    assert one["variants"][0]["id"] == shown.variant
    assert (await ports.bc.get("/dialogues/none")).status_code == 404
    ports.bc.headers["Authorization"] = ""
    assert (await ports.bc.get("/interactions")).status_code == 400
    told = (await ports.bc.get("/interactions", params={"url": "https://www.example.com"})).json()
    assert shown.variant in [row["id"] for row in told["interactions"]]
    number = (await ports.mutate("blueconic", "create", set={"properties": {}}))["id"]
    event = {"interactionId": shown.variant, "profileId": number, "url": "https://www.example.com"}
    for kind in ("VIEW", "VIEW", "CLICK", "CONVERSION"):
        answer = await ports.bc.post("/interactionEvents", json={**event, "type": kind})
        assert answer.status_code == 200
    visit = {"profileId": number, "url": "https://www.example.com/page"}
    assert (await ports.bc.post("/pageviewEvents", json=visit)).status_code == 200
    await ports.authorise()
    body = (await ports.bc.get(f"/profiles/{number}")).json()
    held = {row["id"]: row["values"] for row in body["properties"]}
    for name in ("interactions_viewed", "interactions_clicked", "interactions_converted"):
        assert held[name] == [shown.id]
    assert held["visiteddomain"] == ["www.example.com"]
    assert len(held["firstvisit"]) == 1


@pytest.mark.parametrize(
    "event", [{}, {"interactionId": "x", "type": "LIKE", "url": "x"}, {"type": "VIEW"}, []]
)
async def test_an_event_without_its_parts_is_refused(ports: Any, event: Any) -> None:
    assert (await ports.bc.post("/interactionEvents", json=event)).status_code == 400
    assert (await ports.bc.post("/pageviewEvents", json=event and [event])).status_code == 400


async def test_a_profiles_consent_has_a_history(ports: Any) -> None:
    number = (await ports.mutate("blueconic", "create", set={"properties": {}}))["id"]
    rules = [
        {"id": "privacy_legislation", "values": ["GDPR"], "strategy": "SET"},
        {"id": "consented_objectives", "values": ["marketing"], "strategy": "SET"},
    ]
    await ports.put({"profileId": number, "properties": rules})
    await ports.mutate("blueconic", "refuse", id=number, set={"objectives": ["marketing"]})
    await ports.mutate("blueconic", "update", id=number, set={"permissionLevel": "ANONYMOUS"})
    await ports.put({"profileId": number, "properties": rules[:1]})
    events = (await ports.bc.get(f"/profileEvents/{number}")).json()["events"]
    told = [
        (one["type"], {held["id"]: held["values"] for held in one["properties"]}) for one in events
    ]
    assert told == [
        (
            "ConsentChanged",
            {
                "Source": ["REST"],
                "FromConsented": [],
                "ToConsented": ["marketing"],
                "FromRefused": [],
                "ToRefused": [],
                "FromLegislation": ["NONE"],
                "ToLegislation": ["GDPR"],
            },
        ),
        (
            "ConsentChanged",
            {
                "Source": ["CLIENTSIDE"],
                "FromConsented": ["marketing"],
                "ToConsented": [],
                "FromRefused": [],
                "ToRefused": ["marketing"],
                "FromLegislation": ["GDPR"],
                "ToLegislation": ["GDPR"],
            },
        ),
        (
            "PermissionLevelChanged",
            {"FromLevel": ["PERSONAL"], "ToLevel": ["ANONYMOUS"], "Source": ["CLIENTSIDE"]},
        ),
    ]
    assert (await ports.bc.get("/profileEvents/none")).status_code == 404


async def test_a_property_can_be_deleted_with_its_values(ports: Any) -> None:
    told = {"properties": {"city": ["Utrecht"]}}
    number = (await ports.mutate("blueconic", "create", set=told))["id"]
    assert (await ports.bc.delete("/profileProperties/city")).json()["id"] == "city"
    assert (await ports.bc.get("/profileProperties/city")).status_code == 404
    assert (await ports.bc.delete("/profileProperties/city")).status_code == 404
    body = (await ports.bc.get(f"/profiles/{number}")).json()
    assert "city" not in [one["id"] for one in body["properties"]]
    assert (await ports.bc.delete("/profileProperties/visits")).status_code == 400


async def test_a_property_is_answered_as_it_was_written(ports: Any) -> None:
    told = {
        "name": "Price",
        "description": "What it costs",
        "mergeStrategy": "HIGHEST",
        "permissionLevel": "PERSONAL",
        "dataSensitivity": "PII",
        "filterType": "CURRENCY",
        "tags": ["Shop"],
    }
    assert (await ports.bc.put("/profileProperties/price", json=told)).status_code == 200
    await ports.bc.put("/profileProperties/price", json={"name": "Cost"})
    body = (await ports.bc.get("/profileProperties/price")).json()
    assert {key: body[key] for key in told} == {**told, "name": "Cost"}
    of_groups = await ports.bc.get("/profileProperties", params={"groupTypeId": "household"})
    assert of_groups.json()["totalResults"] == 0


async def test_a_revoked_token_stops_working(ports: Any) -> None:
    mine = ports.ready["blueconic"]
    token = ports.bc.headers["Authorization"].removeprefix("Bearer ")
    form = {"client_id": mine["client_id"], "client_secret": "x", "token": token}
    assert (await ports.bc.post("/oauth/revoke", data={})).status_code == 400
    assert (await ports.bc.post("/oauth/revoke", data=form)).status_code == 401
    assert (await ports.bc.get("/segments")).status_code == 200
    form["client_secret"] = mine["client_secret"]
    for _ in range(2):
        assert (await ports.bc.post("/oauth/revoke", data=form)).status_code == 200
    assert (await ports.bc.get("/segments")).status_code == 401


async def test_a_merged_profile_has_nothing_left(ports: Any) -> None:
    values = {"properties": {"city": ["Utrecht"]}}
    old = (await ports.mutate("blueconic", "create", set=values))["id"]
    new = (await ports.mutate("blueconic", "create", set={"properties": {}}))["id"]
    await ports.mutate("blueconic", "merge", id=old, set={"into": new})
    body = (await ports.bc.get(f"/profiles/{old}")).json()
    assert (body["replacedBy"], body["properties"]) == (new, [])


@pytest.mark.parametrize(
    "body",
    [
        b'[{"identifier": "\\ud800"}]',
        b'[{"identifier": NaN}]',
        b"[" * 100_000,
        b'[{"privacyLegislation": []}]',
        b'[{"restriction": []}]',
        b'[{"timeline": {}}]',
        b'[{"identifier": 1}]',
        b"\xff",
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_bodies_that_cannot_be_stored_are_refused(ports: Any, body: bytes) -> None:
    assert (await ports.bc.put("/profiles", content=body)).status_code == 400


async def test_a_number_of_any_length_is_checked(ports: Any) -> None:
    number = (await ports.mutate("blueconic", "create", set={"properties": {}}))["id"]
    rule = {"id": "points", "values": ["9" * 5_000], "strategy": "SET"}
    answer = (await ports.put({"profileId": number, "properties": [rule]}))[0]
    assert list(answer["validationErrors"]) == ["points"]


async def test_values_from_before_a_property_was_a_number_cannot_be_added_to(ports: Any) -> None:
    values = {"properties": {"city": ["Utrecht"]}}
    number = (await ports.mutate("blueconic", "create", set=values))["id"]
    await ports.bc.put("/profileProperties/city", json={"filterType": "RANGE"})
    rule = {"id": "city", "values": ["1"], "strategy": "INCREMENT"}
    answer = (await ports.put({"profileId": number, "properties": [rule]}))[0]
    assert (answer["state"], list(answer["validationErrors"])) == ("UNCHANGED", ["city"])


async def test_timeline_events_of_no_known_type_are_rejected(ports: Any) -> None:
    number = (await ports.mutate("blueconic", "create", set={"properties": {}}))["id"]
    event = {"id": "o1", "identifier": "e1", "eventTypeId": "order"}
    answer = (await ports.put({"profileId": number, "timeline": [event]}))[0]
    (told,) = answer["timeline"]
    assert (told["id"], told["identifier"], told["state"]) == ("o1", "e1", "REJECTED")
