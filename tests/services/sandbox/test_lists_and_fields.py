"""Lists, list statuses, custom fields and campaigns."""

from __future__ import annotations

from typing import Any


async def test_more_than_a_hundred_lists_need_pages(ports: Any) -> None:
    first = (await ports.ac.get("/lists", params={"limit": 100})).json()
    rest = (await ports.ac.get("/lists", params={"limit": 100, "offset": 100})).json()
    assert len(first["lists"]) == 100
    assert int(first["meta"]["total"]) == 100 + len(rest["lists"])
    assert [one["name"] for one in first["lists"][:3]] == ["Newsletter", "Webinar 2026", "VIP"]


async def test_lists_are_filtered_by_name(ports: Any) -> None:
    exact = (await ports.ac.get("/lists", params={"filters[name]": "VIP"})).json()
    assert [one["name"] for one in exact["lists"]] == ["VIP"]
    some = (await ports.ac.get("/lists", params={"filters[name][contains]": "webinar"})).json()
    assert [one["name"] for one in some["lists"]] == ["Webinar 2026"]


async def test_a_list_is_changed_and_only_where_it_was_sent(ports: Any) -> None:
    for method in ("PATCH", "PUT"):
        body = {"list": {"name": f"Changed by {method}"}}
        answer = await ports.ac.request(method, "/lists/3", json=body)
        assert answer.status_code == 200
        row = answer.json()["list"]
        assert (row["name"], row["stringid"]) == (f"Changed by {method}", "list-3")
        assert row["udate"] > row["cdate"]
    assert (await ports.ac.patch("/lists/9999", json=body)).status_code == 404


async def test_lists_are_ordered_by_name_or_by_weight(ports: Any) -> None:
    for name in ("A webinar", "webinar", "Webinar 2020"):
        await ports.ac.post("/lists", json={"list": {"name": name}})
    params = {"filters[name][contains]": "webinar", "orders[name]": "weight"}
    names = [one["name"] for one in (await ports.ac.get("/lists", params=params)).json()["lists"]]
    assert names == ["webinar", "Webinar 2026", "Webinar 2020", "A webinar"]
    params["orders[name]"] = "desc"
    names = [one["name"] for one in (await ports.ac.get("/lists", params=params)).json()["lists"]]
    assert names == ["Webinar 2026", "Webinar 2020", "webinar", "A webinar"]


async def test_a_status_is_set_in_place_and_1_over_2_resubscribes(ports: Any) -> None:
    left = await ports.on_list(3, 2)
    body = {"contactList": {"list": 3, "contact": left["id"], "status": 1}}
    answer = await ports.ac.post("/contactLists", json=body)
    assert answer.status_code == 200
    assert answer.json()["contactList"]["status"] == 1
    assert answer.json()["contacts"][0]["id"] == left["id"]
    again = await ports.ac.post("/contactLists", json=body)
    assert "contacts" not in again.json()
    assert again.json()["contactList"]["id"] == answer.json()["contactList"]["id"]
    rows = (await ports.ac.get(f"/contacts/{left['id']}/contactLists")).json()["contactLists"]
    assert [row["status"] for row in rows if row["list"] == "3"] == ["1"]


async def test_the_numbers_of_a_list_follow_its_members(ports: Any) -> None:
    async def active() -> int:
        listed = (await ports.ac.get("/lists", params={"filters[name]": "VIP"})).json()["lists"]
        return int(listed[0]["active_subscribers"])

    before = await active()
    free = next(one for one in await ports.lines("/contacts") if "5" not in one["lists"])
    body = {"contactList": {"list": 5, "contact": free["id"], "status": 1}}
    await ports.ac.post("/contactLists", json=body)
    assert await active() == before + 1


async def test_impossible_statuses_and_rows_are_refused(ports: Any) -> None:
    for contact, list_id, status, code in ((1, 3, 9, 422), (99999, 3, 1, 404), (1, 999, 1, 404)):
        body = {"contactList": {"list": list_id, "contact": contact, "status": status}}
        assert (await ports.ac.post("/contactLists", json=body)).status_code == code


async def test_fields_bring_options_and_relations(ports: Any) -> None:
    body = (await ports.ac.get("/fields")).json()
    assert len(body["fields"]) == 100
    assert int(body["meta"]["total"]) > 100
    tier = next(one for one in body["fields"] if one["perstag"] == "TIER")
    options = {one["id"]: one for one in body["fieldOptions"]}
    assert [options[number]["value"] for number in tier["options"]] == ["bronze", "silver", "gold"]
    assert any(one["relations"] == [] for one in body["fields"])
    types = {one["type"] for one in body["fields"]}
    assert types >= {
        "text",
        "textarea",
        "date",
        "datetime",
        "dropdown",
        "listbox",
        "radio",
        "checkbox",
        "hidden",
    }


async def test_a_new_field_gets_its_tag_from_the_title(ports: Any) -> None:
    body = {"field": {"title": "Shoe size (EU)", "type": "text"}}
    made = await ports.ac.post("/fields", json=body)
    assert (made.status_code, made.json()["field"]["perstag"]) == (201, "SHOE_SIZE_EU")
    assert (await ports.ac.post("/fields", json=body)).status_code == 422
    read = await ports.ac.get(f"/fields/{made.json()['field']['id']}")
    assert read.json()["field"]["relations"] == []


async def test_exclusions_have_an_int_total(ports: Any) -> None:
    body = (await ports.ac.get("/lists/exclusions")).json()
    assert body["meta"]["total"] == len(body["exclusions"]) == 2
    assert body["exclusions"][0]["hidden"] is False


async def test_opens_and_clicks_show_up_in_link_data(ports: Any) -> None:
    member = await ports.on_list(3, 1)
    for _ in range(2):
        await ports.mutate("activecampaign", "open", id=member["id"], campaign=1)
    await ports.mutate("activecampaign", "click", id=member["email"], campaign=1)
    links = (await ports.ac.get("/campaigns/1/links")).json()["links"]
    tracker = next(one for one in links if one["link"] == "open" and one["messageid"] != "0")
    data = (await ports.ac.get(f"/links/{tracker['id']}/linkData")).json()["linkData"]
    assert [(row["contact"], row["times"], row["isread"]) for row in data] == [
        (member["id"], "2", "1")
    ]
    campaign = (await ports.ac.get("/campaigns/1")).json()["campaign"]
    assert (campaign["opens"], campaign["uniqueopens"], campaign["linkclicks"]) == ("2", "1", "1")
    lists = (await ports.ac.get("/campaigns/1/campaignLists")).json()["campaignLists"]
    assert [row["listid"] for row in lists] == ["3"]
