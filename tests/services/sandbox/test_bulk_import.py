"""Bulk import: validation, the life of a batch, and who is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

NEW = {"email": "bulk@example.org", "first_name": "B", "subscribe": [{"listid": 3}]}


async def send(ports: Any, *contacts: Any) -> Any:
    return await ports.ac.post("/import/bulk_import", json={"contacts": list(contacts)})


async def test_a_batch_passes_through_its_states(ports: Any) -> None:
    answer = await send(ports, NEW)
    body = answer.json()
    assert (answer.status_code, body["success"], body["queued_contacts"]) == (200, 1, 1)
    states = []
    for _ in range(25):
        info = await ports.ac.get("/import/info", params={"batchId": body["batchId"]})
        status = info.json()["status"]
        if not states or states[-1] != status:
            states.append(status)
        if status == "active":
            found = await ports.ac.get("/contacts", params={"email": NEW["email"]})
            assert found.json()["contacts"] == []
        await ports.advance(0.1)
    assert states == [False, "waiting", "claimed", "active", "completed"]
    held = await ports.contact("bulk@example.org")
    assert info.json()["success"] == [held["id"]]
    assert held["lists"] == {"3": 1}


async def test_one_bad_row_refuses_everything(ports: Any) -> None:
    answer = await send(ports, NEW, {"email": "bad(at)example.org"}, {"email": "a@b"})
    assert answer.status_code == 400
    reasons = answer.json()["failureReasons"]
    assert [reason["contact"] for reason in reasons] == [2, 3]
    await ports.advance(5)
    assert (await ports.ac.get("/contacts", params={"email": NEW["email"]})).json()[
        "contacts"
    ] == []


async def test_an_address_only_the_service_refuses_has_two_readings(ports: Any) -> None:
    odd = {"email": "double..dot@example.org"}
    assert (await send(ports, odd)).status_code == 400
    await ports.switch(bulk_odd_address="failed-row")
    assert (await ports.imported(odd))["failure"] == [odd["email"]]


@pytest.mark.parametrize(
    "body",
    [b"{nonsense", b"[]", b'{"contacts": []}', b'{"contacts": "%s"}' % (b"x" * 400_000)],
)
async def test_unusable_bodies_get_text_reasons(ports: Any, body: bytes) -> None:
    answer = await ports.ac.post("/import/bulk_import", content=body)
    assert answer.status_code == 400
    assert isinstance(answer.json()["failureReasons"][0], str)


async def test_251_contacts_are_too_many(ports: Any) -> None:
    rows = [{"email": f"p{n}@example.org"} for n in range(251)]
    assert (await send(ports, *rows)).status_code == 400
    assert (await send(ports, *rows[:250])).json()["queued_contacts"] == 250


@pytest.mark.parametrize("status", [2, 3])
async def test_bulk_never_resubscribes(ports: Any, status: int) -> None:
    left = await ports.on_list(3, status)
    row = {"email": left["email"], "last_name": "Changed", "subscribe": [{"listid": 3}]}
    assert (await ports.imported(row))["failure"] == [left["email"]]
    held = await ports.contact(left["email"])
    assert (held["lists"]["3"], held["lastName"]) == (status, left["lastName"])
    await ports.switch(bulk_refused_subscribe="only-list")
    assert (await ports.imported(row))["failure"] == [left["email"]]
    held = await ports.contact(left["email"])
    assert (held["lists"]["3"], held["lastName"]) == (status, "Changed")


async def test_success_ids_have_two_readings(ports: Any) -> None:
    known = await ports.on_list(3, 1)
    rows = ({"email": known["email"]}, NEW)
    assert known["id"] in (await ports.imported(*rows))["success"]
    await ports.switch(bulk_success_ids="created")
    other = {"email": "second@example.org"}
    made = await ports.imported({"email": known["email"]}, other)
    assert made["success"] == [(await ports.contact("second@example.org"))["id"]]


async def test_fields_lists_and_keys_of_a_row(ports: Any) -> None:
    known = await ports.on_list(3, 1)
    row = {
        "email": known["email"].upper(),
        "firstName": "dropped",
        "fields": [{"id": 1, "value": "gold"}, {"id": 9999, "value": "x"}],
        "subscribe": [{"listid": "5"}],
        "unsubscribe": [{"listid": 3}],
    }
    await ports.imported(row)
    held = await ports.contact(known["email"])
    assert held["firstName"] == known["firstName"]
    assert held["fields"]["TIER"] == "gold"
    assert (held["lists"]["3"], held["lists"]["5"]) == (2, 1)


async def test_excluded_addresses_turn_success_into_a_count(ports: Any) -> None:
    answer = await send(ports, NEW, {"email": "a@excluded.example"})
    assert (answer.json()["success"], answer.json()["queued_contacts"]) == (2, 1)


async def test_the_overview_counts_days(ports: Any) -> None:
    await send(ports, NEW)
    body = (await ports.ac.get("/import/bulk_import")).json()
    assert [(day["batches"], day["contacts"]) for day in body["outstanding"]] == [("1", "1")]
    await ports.advance(5)
    body = (await ports.ac.get("/import/bulk_import")).json()
    assert body["outstanding"] == []
    assert [(day["batches"], day["contacts"]) for day in body["recentlyCompleted"]] == [("1", "1")]


async def test_a_batch_may_fail_half_way_or_never_end(ports: Any) -> None:
    await ports.switch(batch_end="interrupted")
    rows = [{"email": f"half{n}@example.org"} for n in range(4)]
    assert (await ports.imported(*rows))["status"] == "interrupted"
    found = [one for one in await ports.lines("/contacts") if one["email"].startswith("half")]
    assert len(found) == 2
    await ports.switch(batch_speed="stuck")
    assert (await ports.imported(NEW))["status"] == "waiting"


async def test_info_needs_a_batch(ports: Any) -> None:
    assert (await ports.ac.get("/import/info")).status_code == 400
    assert (await ports.ac.get("/import/info", params={"batchId": "x"})).status_code == 404


async def test_bulk_has_its_own_limit_answered_with_400(limited: Any) -> None:
    for _ in range(20):
        assert (await send(limited, NEW)).status_code == 200
    refused = await send(limited, NEW)
    assert refused.status_code == 400
    assert refused.json()["message"] == "Rate limit exceeded."
    assert isinstance(json.loads(refused.text)["failureReasons"][0], str)
    assert (await send(limited, NEW, {"email": "b@example.org"})).status_code == 200
    await limited.advance(61)
    assert (await send(limited, NEW)).status_code == 200


async def test_the_sixth_request_in_a_second_is_refused(limited: Any) -> None:
    answers = [await limited.ac.get("/users/me") for _ in range(6)]
    assert [one.status_code for one in answers] == [200] * 5 + [429]
    refused = answers[-1]
    assert refused.headers["RateLimit-Limit"] == "5"
    assert int(refused.headers["Retry-After"]) >= 1
    await limited.switch(rate_limit_headers="absent")
    assert "Retry-After" not in (await limited.ac.get("/users/me")).headers
    await limited.advance(1)
    assert (await limited.ac.get("/users/me")).status_code == 200
