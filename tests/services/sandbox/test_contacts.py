"""`/contacts`: pages, orders, filters, sideloads and single writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-0[56]:00")


async def page(ports: Any, **params: Any) -> dict[str, Any]:
    answer = await ports.ac.get("/contacts", params=params)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_a_wrong_key_is_403_without_body_or_content_type(ports: Any) -> None:
    answer = await ports.ac.get("/users/me", headers={"Api-Token": "wrong"})
    assert answer.status_code == 403
    assert answer.content == b""
    assert "content-type" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/users/me", "/contacts/"])
async def test_the_credential_checks_and_trailing_slashes_answer(ports: Any, path: str) -> None:
    assert (await ports.ac.get(path)).status_code == 200


async def test_limits_are_20_and_at_most_100(ports: Any) -> None:
    assert len((await page(ports))["contacts"]) == 20
    body = await page(ports, limit=500)
    assert len(body["contacts"]) == 100
    assert body["meta"]["page_input"]["limit"] == 100
    assert body["meta"]["total"] == "250"


async def test_without_orders_contacts_come_by_address(ports: Any) -> None:
    emails = [one["email"].lower() for one in (await page(ports, limit=100))["contacts"]]
    assert emails == sorted(emails)
    second = await page(ports, limit=100, offset=100)
    assert emails[-1] <= second["contacts"][0]["email"].lower()


async def test_keyset_pages_visit_everybody_once(ports: Any) -> None:
    seen: list[int] = []
    last = 0
    while True:
        body = await page(ports, **{"orders[id]": "ASC", "id_greater": last, "limit": 100})
        if not body["contacts"]:
            break
        seen += [int(one["id"]) for one in body["contacts"]]
        last = seen[-1]
    assert len(seen) == len(set(seen)) == 250
    assert seen == sorted(seen)
    newest = await page(ports, **{"orders[id]": "DESC", "limit": 1})
    assert int(newest["contacts"][0]["id"]) == seen[-1]


async def test_id_bounds_are_exclusive(ports: Any) -> None:
    body = await page(ports, **{"orders[id]": "ASC", "id_greater": 4, "id_less": 8})
    assert [one["id"] for one in body["contacts"]] == ["5", "6", "7"]
    assert body["meta"]["total"] == "250"
    await ports.switch(total_counts="rest")
    body = await page(ports, **{"orders[id]": "ASC", "id_greater": 4, "id_less": 8})
    assert body["meta"]["total"] == "3"


async def test_an_address_is_found_in_any_letter_case(ports: Any) -> None:
    someone = (await page(ports, **{"orders[id]": "ASC", "limit": 1}))["contacts"][0]
    for email in (someone["email"].upper(), someone["email"].lower()):
        assert [one["id"] for one in (await page(ports, email=email))["contacts"]] == ["1"]
    assert (await page(ports, email="nobody@example.org"))["contacts"] == []


async def test_a_list_and_status_select_members(ports: Any) -> None:
    body = await page(ports, listid=3, status=2, include="contactLists", limit=100)
    assert body["contacts"]
    rows = {row["id"]: row for row in body["contactLists"]}
    for one in body["contacts"]:
        mine = [rows[number] for number in one["contactLists"] if rows[number]["list"] == "3"]
        assert [row["status"] for row in mine] == ["2"]
    assert body["meta"]["total"] == str(len(body["contacts"]))


async def test_unknown_filters_are_ignored(ports: Any) -> None:
    body = await page(ports, **{"filters[campaignid]": 3, "whatever": 1})
    assert body["meta"]["total"] == "250"


async def test_updated_after_compares_instants(ports: Any) -> None:
    rows = []
    for offset in (0, 100, 200):
        rows += (await page(ports, **{"orders[id]": "ASC", "limit": 100, "offset": offset}))[
            "contacts"
        ]
    cut = sorted(datetime.fromisoformat(one["udate"]) for one in rows)[200]
    text = cut.astimezone().isoformat()
    later = await page(ports, **{"filters[updated_after]": text, "limit": 100})
    assert later["meta"]["total"] == "49"
    await ports.switch(updated_after_inclusive="inclusive")
    later = await page(ports, **{"filters[updated_after]": text, "limit": 100})
    assert later["meta"]["total"] == "50"
    bare = cut.strftime("%Y-%m-%d %H:%M:%S")
    assert (await page(ports, **{"filters[updated_after]": bare}))["meta"]["total"] == "50"
    await ports.switch(offset_less_dates="utc")
    assert (await page(ports, **{"filters[updated_after]": bare}))["meta"]["total"] != "0"


async def test_numbers_are_texts_and_stamps_are_central(ports: Any) -> None:
    one = (await page(ports, **{"orders[id]": "ASC", "limit": 1}))["contacts"][0]
    assert one["deleted"] == "0"
    assert STAMP.fullmatch(one["cdate"])
    assert STAMP.fullmatch(one["udate"])
    assert one["updated_utc_timestamp"] == one["udate"][:19].replace("T", " ")
    assert len(one["links"]) == 18


async def test_a_single_contact_brings_its_siblings(ports: Any) -> None:
    member = await ports.on_list(3, 1)
    body = (await ports.ac.get(f"/contacts/{member['id']}")).json()
    assert [row["id"] for row in body["contactLists"]] == body["contact"]["contactLists"]
    assert body["contactLists"][0]["channel"] == "email"
    missing = await ports.ac.get("/contacts/99999")
    assert missing.status_code == 404
    assert missing.json() == {"message": "No Result found for Subscriber with id 99999"}


async def test_sync_answers_201_then_200_and_only_writes_what_is_sent(ports: Any) -> None:
    body = {"contact": {"email": "New@example.org", "firstName": "Nina", "phone": "1"}}
    first = await ports.ac.post("/contact/sync", json=body)
    assert first.status_code == 201
    values = [{"field": "1", "value": "gold"}, {"field": "9999", "value": "x"}]
    body = {"contact": {"email": "new@EXAMPLE.org", "lastName": "Ny", "fieldValues": values}}
    second = await ports.ac.post("/contact/sync", json=body)
    assert second.status_code == 200
    assert second.json()["contact"]["id"] == first.json()["contact"]["id"]
    assert [one["field"] for one in second.json()["fieldValues"]] == ["1"]
    held = await ports.contact("new@example.org")
    assert (held["firstName"], held["lastName"], held["fields"]) == ("Nina", "Ny", {"TIER": "gold"})


async def test_single_writes_refuse_with_the_recorded_errors(ports: Any) -> None:
    without = await ports.ac.post("/contact/sync", json={"contact": {"firstName": "A"}})
    assert without.status_code == 400
    taken = await ports.on_list(3, 1)
    again = await ports.ac.post("/contacts", json={"contact": {"email": taken["email"].upper()}})
    assert (again.status_code, again.json()["errors"][0]["code"]) == (422, "duplicate")
    for email in ("nonsense", "two..dots@example.org"):
        wrong = await ports.ac.post("/contacts", json={"contact": {"email": email}})
        assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "email_invalid")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_an_update_by_id_may_change_the_address(ports: Any, method: str) -> None:
    body = {"contact": {"email": "moved@example.org"}}
    answer = await ports.ac.request(method, "/contacts/1", json=body)
    assert answer.status_code == 200
    assert "last_open_date" not in answer.json()["contact"]
    assert (await page(ports, email="moved@example.org"))["contacts"][0]["id"] == "1"
    taken = await ports.ac.request(method, "/contacts/2", json=body)
    assert taken.status_code == 422
    missing = await ports.ac.request(method, "/contacts/99999", json=body)
    assert missing.status_code == 404


async def test_a_deleted_contact_is_gone_and_its_id_stays_free(ports: Any) -> None:
    member = await ports.on_list(3, 1)
    assert (await ports.ac.delete(f"/contacts/{member['id']}")).json() == {}
    again = await ports.ac.delete(f"/contacts/{member['id']}")
    assert again.json()["message"].startswith("No result found for contact")
    assert (await page(ports))["meta"]["total"] == "249"
    assert (await page(ports, email=member["email"]))["contacts"] == []
    body = {"contact": {"email": member["email"]}}
    made = await ports.ac.post("/contacts", json=body)
    assert int(made.json()["contact"]["id"]) > int(member["id"])


async def test_writes_move_udate(ports: Any) -> None:
    before = (await ports.ac.get("/contacts/1")).json()["contact"]["udate"]
    body = {"fieldValue": {"contact": "1", "field": "1", "value": "silver"}}
    answer = await ports.ac.post("/fieldValues", json=body)
    assert (answer.status_code, answer.json()["fieldValue"]["value"]) == (200, "silver")
    after = (await ports.ac.get("/contacts/1")).json()["contact"]["udate"]
    assert after > before


async def test_tags_automations_forms_and_segments_select_contacts(ports: Any) -> None:
    tag = (await ports.ac.post("/tags", json={"tag": {"tag": "T"}})).json()["tag"]["id"]
    relations = []
    for number in (4, 7):
        row = {"contactTag": {"contact": number, "tag": int(tag)}}
        relations.append((await ports.ac.post("/contactTags", json=row)).json()["contactTag"]["id"])
    found = await page(ports, tagid=tag, **{"orders[id]": "ASC"})
    assert [one["id"] for one in found["contacts"]] == ["4", "7"]
    assert (found["meta"]["total"], found["meta"]["page_input"]["tagid"]) == ("2", int(tag))
    await ports.ac.delete(f"/contactTags/{relations[0]}")
    assert (await page(ports, tagid=tag))["meta"]["total"] == "1"
    await ports.imported({"email": "joins@example.org", "subscribe": [{"listid": 5}]})
    entered = await page(ports, seriesid=1)
    assert [one["email"] for one in entered["contacts"]] == ["joins@example.org"]
    for no_one_erased in ({"seriesid": 2}, {"formid": 1}, {"waitid": 1}, {"segmentid": 99}):
        assert (await page(ports, **no_one_erased))["contacts"] == []
    assert (await page(ports, in_group_lists="true"))["meta"]["total"] == "251"


async def test_a_segment_stays_as_its_query_found_it_for_an_hour(ports: Any) -> None:
    async def members(**more: Any) -> int:
        return int((await page(ports, segmentid=2, **more))["meta"]["total"])

    assert await members() == 0
    await ports.advance(2)
    before = await members()
    assert before == int((await page(ports, listid=5, status=1))["meta"]["total"])
    await ports.imported({"email": "joins@example.org", "subscribe": [{"listid": 5}]})
    assert await members() == before
    assert await members(forceQuery=1) == 0
    await ports.advance(2)
    assert await members() == before + 1
    await ports.advance(3601)
    assert await members() == 0
    names = [one["name"] for one in (await ports.ac.get("/segments")).json()["segments"]]
    assert names == ["Newsletter readers", "Important people"]


async def test_an_order_by_score_needs_the_score(ports: Any) -> None:
    scored = await page(ports, **{"orders[score]": "desc", "sortId": 1})
    ids = [int(one["id"]) for one in scored["contacts"]]
    assert ids == sorted(ids)
    without = await page(ports, **{"orders[score]": "desc"})
    assert without["contacts"] == (await page(ports))["contacts"]


async def test_include_brings_siblings_and_their_ids(ports: Any) -> None:
    names = ("fieldValues", "contactLists", "contactTags", "contactAutomations", "accountContacts")
    tag = (await ports.ac.post("/tags", json={"tag": {"tag": "T"}})).json()["tag"]["id"]
    await ports.imported(
        {
            "email": "all@example.org",
            "fields": [{"id": 1, "value": "gold"}],
            "subscribe": [{"listid": 5}],
            "tags": ["t", "Another"],
        }
    )
    body = await page(ports, email="all@example.org", include=",".join(names))
    one = body["contacts"][0]
    for name in names:
        assert [row["id"] for row in body[name]] == one[name]
    assert [row["tag"] for row in body["contactTags"]][0] == tag
    assert [len(body[name]) for name in names] == [1, 1, 2, 1, 0]
    single = (
        await ports.ac.get(f"/contacts/{one['id']}", params={"include": "contactTags"})
    ).json()
    assert single["contactTags"] == body["contactTags"]
    assert single["contact"]["contactAutomations"] == one["contactAutomations"]
    for name in names:
        below = (await ports.ac.get(f"/contacts/{one['id']}/{name}")).json()[name]
        assert [row["id"] for row in below] == one[name]
    assert (await ports.ac.get(f"/contacts/{one['id']}/whatever")).status_code == 404


async def test_a_phone_only_contact_has_no_address(ports: Any) -> None:
    await ports.switch(phone_only_contacts="on")
    made = [
        await ports.ac.post("/contacts", json={"contact": {"phone": "+31", "allowNullEmail": True}})
        for _ in range(2)
    ]
    assert [one.status_code for one in made] == [201, 201]
    assert made[0].json()["contact"]["email"] == ""
    for wrong in ({"phone": "+31"}, {"allowNullEmail": True}):
        assert (await ports.ac.post("/contacts", json={"contact": wrong})).status_code == 422


async def test_tag_writes_move_udate_too(ports: Any) -> None:
    tag = (await ports.ac.post("/tags", json={"tag": {"tag": "T"}})).json()["tag"]["id"]
    stamps = [(await ports.ac.get("/contacts/1")).json()["contact"]["udate"]]
    row = {"contactTag": {"contact": 1, "tag": tag}}
    number = (await ports.ac.post("/contactTags", json=row)).json()["contactTag"]["id"]
    stamps.append((await ports.ac.get("/contacts/1")).json()["contact"]["udate"])
    await ports.advance(60)
    await ports.ac.delete(f"/contactTags/{number}")
    stamps.append((await ports.ac.get("/contacts/1")).json()["contact"]["udate"])
    assert stamps[0] < stamps[1] < stamps[2]


@pytest.mark.parametrize("direction", ["ASC", "desc"])
@pytest.mark.parametrize("key", ["id", "cdate", "email", "first_name", "last_name", "name"])
async def test_every_documented_order_is_honoured(ports: Any, key: str, direction: str) -> None:
    held = {
        "id": lambda one: int(one["id"]),
        "cdate": lambda one: datetime.fromisoformat(one["cdate"]),
        "email": lambda one: one["email"].lower(),
        "first_name": lambda one: one["firstName"].lower(),
        "last_name": lambda one: one["lastName"].lower(),
        "name": lambda one: f"{one['firstName']} {one['lastName']}".lower(),
    }[key]
    rows: list[dict[str, Any]] = []
    for offset in (0, 100, 200):
        params = {f"orders[{key}]": direction, "limit": 100, "offset": offset}
        rows += (await page(ports, **params))["contacts"]
    found = [held(one) for one in rows]
    assert len({one["id"] for one in rows}) == 250
    assert found == sorted(found, reverse=direction == "desc")


@pytest.mark.parametrize(
    ("params", "fits"),
    [
        ({"email_like": "EXAMPLE"}, lambda one: "example" in one["email"].lower()),
        ({"phone": "+31"}, lambda one: one["phone"].startswith("+31")),
        ({"exclude": 5}, lambda one: one["id"] != "5"),
        ({"ids[]": [1, 2, 999999]}, lambda one: one["id"] in ("1", "2")),
        ({"listid": 5}, lambda one: "5" in one["lists"]),
        ({"listid": 3, "status": 3}, lambda one: one["lists"].get("3") == 3),
        ({"status": 0}, lambda one: 0 in one["lists"].values()),
        (
            {"ids[]": [1, 2, 3, 4], "listid": 3},
            lambda one: int(one["id"]) < 5 and "3" in one["lists"],
        ),
        (
            {"search": "an"},
            lambda one: "an" in _words(one),
        ),
    ],
)
async def test_every_documented_filter_selects(
    ports: Any, params: dict[str, Any], fits: Callable[[dict[str, Any]], bool]
) -> None:
    expected = {one["id"] for one in await ports.lines("/contacts") if fits(one)}
    assert 0 < len(expected) < 250
    found: list[str] = []
    for offset in (0, 100, 200):
        body = await page(ports, **params, limit=100, offset=offset)
        found += [one["id"] for one in body["contacts"]]
    assert len(found) == len(expected)
    assert set(found) == expected
    assert body["meta"]["total"] == str(len(expected))


def _words(one: dict[str, Any]) -> str:
    """What `search` looks into."""
    return " ".join(one[key] for key in ("firstName", "lastName", "email", "phone")).lower()


@pytest.mark.parametrize("kind", ["created", "updated"])
async def test_dates_select_before_and_after(ports: Any, kind: str) -> None:
    stamp = {"created": "cdate", "updated": "udate"}[kind]
    rows: list[dict[str, Any]] = []
    for offset in (0, 100, 200):
        rows += (await page(ports, limit=100, offset=offset))["contacts"]
    stamps = sorted(datetime.fromisoformat(one[stamp]) for one in rows)
    bound = stamps[100]
    assert stamps.count(bound) == 1
    for side, number in (("after", "149"), ("before", "100")):
        body = await page(ports, **{f"filters[{kind}_{side}]": bound.isoformat()})
        assert body["meta"]["total"] == number
