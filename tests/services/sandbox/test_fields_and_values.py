"""Custom fields through their whole life, and their values row by row."""

from __future__ import annotations

from typing import Any


async def new_field(ports: Any, **more: Any) -> str:
    body = {"field": {"title": "Size", "type": "dropdown", **more}}
    made = await ports.ac.post("/fields", json=body)
    assert made.status_code == 201
    return str(made.json()["field"]["id"])


async def test_options_and_relations_are_added_to_a_field(ports: Any) -> None:
    number = await new_field(ports)
    sent = [{"field": number, "value": value, "label": value.title()} for value in ("s", "m")]
    added = await ports.ac.post("/fieldOption/bulk", json={"fieldOptions": sent})
    assert (added.status_code, [one["orderid"] for one in added.json()["fieldOptions"]]) == (
        201,
        [1, 2],
    )
    related = await ports.ac.post("/fieldRels", json={"fieldRel": {"field": number, "relid": 4}})
    assert (related.status_code, related.json()["fieldRel"]["relid"]) == (201, 4)
    relation = related.json()["fieldRel"]["id"]
    body = (await ports.ac.get(f"/fields/{number}")).json()
    assert [one["label"] for one in body["fieldOptions"]] == ["S", "M"]
    assert [one["id"] for one in body["fieldOptions"]] == body["field"]["options"]
    assert [(one["id"], one["relid"]) for one in body["fieldRels"]] == [(relation, "4")]
    assert body["field"]["relations"] == [relation]
    assert (await ports.ac.get(f"/fields/{number}/options")).json()["fieldOptions"]
    assert (await ports.ac.get(f"/fields/{number}/relations")).json()["fieldRels"]
    assert (await ports.ac.delete(f"/fieldRels/{relation}")).json() == {}
    assert (await ports.ac.delete(f"/fieldRels/{relation}")).status_code == 404
    assert (await ports.ac.get(f"/fields/{number}")).json()["field"]["relations"] == []


async def test_options_are_added_all_or_none(ports: Any) -> None:
    number = await new_field(ports)
    right = {"field": number, "value": "s"}
    for wrong in ({"field": "9999", "value": "m"}, {"field": number}, "m"):
        refused = await ports.ac.post("/fieldOption/bulk", json={"fieldOptions": [right, wrong]})
        assert refused.status_code == 422
        assert isinstance(refused.json()["errors"], str)
    assert (await ports.ac.get(f"/fields/{number}")).json()["field"]["options"] == []


async def test_a_field_is_changed_and_its_title_stays_its_own(ports: Any) -> None:
    number = await new_field(ports)
    other = {"field": {"title": "Shoe", "perstag": "Shoe size", "descript": "EU"}}
    changed = (await ports.ac.put(f"/fields/{number}", json=other)).json()["field"]
    assert (changed["title"], changed["perstag"], changed["descript"], changed["type"]) == (
        "Shoe",
        "SHOE_SIZE",
        "EU",
        "dropdown",
    )
    taken = await ports.ac.put(f"/fields/{number}", json={"field": {"title": "tier"}})
    assert (taken.status_code, taken.json()["errors"][0]["code"]) == (422, "duplicate")
    assert (await ports.ac.put("/fields/9999", json=other)).status_code == 404


async def test_a_deleted_field_is_gone_and_its_id_never_comes_back(ports: Any) -> None:
    number = await new_field(ports)
    assert (await ports.ac.delete(f"/fields/{number}")).json() == {}
    missing = await ports.ac.delete(f"/fields/{number}")
    assert missing.status_code == 404
    assert missing.json()["message"] == f"No Result found for Field with id {number}"
    assert await new_field(ports) != number
    await ports.ac.delete("/fields/1")
    assert all("TIER" not in one["fields"] for one in await ports.lines("/contacts"))


async def test_all_values_are_listed_by_field_and_by_value(ports: Any) -> None:
    people = await ports.lines("/contacts")
    first = (await ports.ac.get("/fieldValues", params={"limit": 100})).json()
    assert len(first["fieldValues"]) == 100
    assert int(first["meta"]["total"]) == sum(len(one["fields"]) for one in people)
    last = {"offset": int(first["meta"]["total"]) - 1}
    assert len((await ports.ac.get("/fieldValues", params=last)).json()["fieldValues"]) == 1
    params = {"filters[fieldid]": 1, "filters[val]": "gold", "limit": 100}
    gold = (await ports.ac.get("/fieldValues", params=params)).json()
    expected = {one["id"] for one in people if one["fields"].get("TIER") == "gold"}
    assert {one["contact"] for one in gold["fieldValues"]} == expected
    # There is no filter by date: it is ignored.
    params["filters[updated_after]"] = "2090-01-01"
    assert (await ports.ac.get("/fieldValues", params=params)).json() == gold


async def test_a_value_is_read_changed_and_deleted_by_its_own_id(ports: Any) -> None:
    body = {"fieldValue": {"contact": "1", "field": "12", "value": "Utrecht"}}
    number = (await ports.ac.post("/fieldValues", json=body)).json()["fieldValue"]["id"]
    read = (await ports.ac.get(f"/fieldValues/{number}")).json()["fieldValue"]
    assert (read["contact"], read["field"], read["value"]) == ("1", "12", "Utrecht")
    body["fieldValue"]["value"] = "Delft"
    changed = (await ports.ac.put(f"/fieldValues/{number}", json=body)).json()
    assert (changed["fieldValue"]["id"], changed["fieldValue"]["value"]) == (number, "Delft")
    assert changed["contacts"][0]["id"] == "1"
    before = changed["contacts"][0]["udate"]
    await ports.advance(60)
    assert (await ports.ac.delete(f"/fieldValues/{number}")).json() == {}
    assert (await ports.ac.get("/contacts/1")).json()["contact"]["udate"] > before
    for method in ("GET", "DELETE"):
        answer = await ports.ac.request(method, f"/fieldValues/{number}")
        assert answer.json()["message"] == f"No Result found for FieldValue with id {number}"
    listed = (await ports.ac.get("/contacts/1/fieldValues")).json()["fieldValues"]
    assert "12" not in {one["field"] for one in listed}


async def test_a_value_names_its_field_by_id(ports: Any) -> None:
    body = {"fieldValue": {"contact": "1", "field": "CITY", "value": "Utrecht"}}
    refused = await ports.ac.post("/fieldValues", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["title"]) == (
        422,
        "Field id not valid",
    )
