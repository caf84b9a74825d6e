"""Tags, and what else the engine does not call: list deletion, the listing of all list rows."""

from __future__ import annotations

from typing import Any


async def test_a_tag_is_made_once_and_put_on_once(ports: Any) -> None:
    first = await ports.ac.post("/tags", json={"tag": {"tag": "VIP", "tagType": "contact"}})
    again = await ports.ac.post("/tags", json={"tag": {"tag": "vip", "tagType": "contact"}})
    assert (first.status_code, again.status_code) == (201, 200)
    tag = first.json()["tag"]["id"]
    assert again.json()["tag"]["id"] == tag
    body = {"contactTag": {"contact": "1", "tag": tag}}
    rows = [(await ports.ac.post("/contactTags", json=body)).json() for _ in range(2)]
    assert rows[0] == rows[1]
    number = rows[0]["contactTag"]["id"]
    listed = (await ports.ac.get("/contacts/1/contactTags")).json()["contactTags"]
    assert [row["tag"] for row in listed] == [tag]
    found = (await ports.ac.get("/tags", params={"search": "vi"})).json()
    assert [(row["tag"], row["subscriber_count"]) for row in found["tags"]] == [("VIP", "1")]
    # The relation's id takes it off, not the tag's.
    assert (await ports.ac.delete("/contactTags/999")).status_code == 404
    assert (await ports.ac.delete(f"/contactTags/{number}")).status_code == 200
    assert (await ports.ac.get("/contacts/1/contactTags")).json() == {"contactTags": []}


async def test_unknown_tags_and_contacts_are_refused(ports: Any) -> None:
    for body in ({"contact": "1", "tag": "7"}, {"contact": "9999999", "tag": "1"}):
        answer = await ports.ac.post("/contactTags", json={"contactTag": body})
        assert answer.status_code == 404
    assert (await ports.ac.get("/tags/7")).status_code == 404
    assert (await ports.ac.get("/contacts/9999999/contactTags")).status_code == 404


async def test_the_rows_of_a_deleted_contact_go_with_it(ports: Any) -> None:
    tag = (await ports.ac.post("/tags", json={"tag": {"tag": "T"}})).json()["tag"]["id"]
    await ports.ac.post("/contactTags", json={"contactTag": {"contact": 1, "tag": tag}})
    await ports.ac.delete("/contacts/1")
    assert (await ports.ac.get(f"/tags/{tag}")).json()["tag"]["subscriber_count"] == "0"


async def test_a_deleted_list_has_nobody(ports: Any) -> None:
    member = await ports.on_list(3, 1)
    assert (await ports.ac.delete("/lists/3")).json() == {}
    assert (await ports.ac.get("/lists/3")).status_code == 404
    # The document has 403 where others have 404.
    assert (await ports.ac.delete("/lists/3")).status_code == 403
    rows = (await ports.ac.get(f"/contacts/{member['id']}/contactLists")).json()["contactLists"]
    assert "3" not in {row["list"] for row in rows}
    page = (await ports.ac.get("/contacts", params={"listid": 3})).json()
    assert page["contacts"] == []


async def test_the_listing_of_all_list_rows_ignores_every_filter(ports: Any) -> None:
    plain = (await ports.ac.get("/contactLists")).json()
    filtered = (await ports.ac.get("/contactLists", params={"filters[list]": "4"})).json()
    assert plain == filtered
    every = sum(len(row["lists"]) for row in await ports.lines("/contacts"))
    assert plain["meta"]["total"] == str(every)
    last = (await ports.ac.get("/contactLists", params={"offset": every - 1})).json()
    assert len(last["contactLists"]) == 1


async def test_a_tag_is_renamed_and_deleted(ports: Any) -> None:
    first, second = [
        (await ports.ac.post("/tags", json={"tag": {"tag": name}})).json()["tag"]["id"]
        for name in ("one", "two")
    ]
    body = {"tag": {"tag": "three", "description": "words"}}
    changed = (await ports.ac.put(f"/tags/{first}", json=body)).json()["tag"]
    assert (changed["tag"], changed["description"]) == ("three", "words")
    taken = await ports.ac.put(f"/tags/{first}", json={"tag": {"tag": "TWO"}})
    assert taken.status_code == 422
    await ports.ac.post("/contactTags", json={"contactTag": {"contact": 1, "tag": second}})
    assert (await ports.ac.delete(f"/tags/{second}")).json() == {}
    assert (await ports.ac.delete(f"/tags/{second}")).status_code == 404
    assert (await ports.ac.get("/contacts/1/contactTags")).json() == {"contactTags": []}
    again = await ports.ac.post("/tags", json={"tag": {"tag": "two"}})
    assert again.status_code == 201
    assert again.json()["tag"]["id"] not in (first, second)
    listed = (await ports.ac.get("/tags", params={"orders[search]": "desc"})).json()["tags"]
    assert [one["tag"] for one in listed] == ["two", "three"]


async def test_contact_tags_name_what_is_wrong(ports: Any) -> None:
    async def refused(**row: object) -> tuple[int, Any]:
        answer = await ports.ac.post("/contactTags", json={"contactTag": row})
        return answer.status_code, answer.json()["errors"][0]

    status, error = await refused(contact=9999999, tag=1)
    assert (status, error["detail"]) == (404, "Contact not found")
    status, error = await refused(contact=1, tag="VIP")
    assert (status, error["title"]) == (422, "No tag id provided")
    status, error = await refused(tag=1)
    assert (status, error["title"]) == (422, "Missing attribute")
