"""ActiveCampaign answers have the keys and types of recorded ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

RECORDED = Path(__file__).resolve().parents[2].parent / "shared" / "recorded"

pytestmark = pytest.mark.skipif(
    not RECORDED.is_dir(), reason="The recorded answers are not beside this repository."
)

EITHER_NULL = {
    "ua": "null on rows made by the API, text on rows that were seen by a browser",
    "bounced_date": "null until something bounces",
    "deleted_at": "null until the row is deleted",
    "last_open_date": "null until a mail is opened",
    "last_click_date": "null until a link is clicked",
    "udate": "null on a list row until the person leaves",
    "created_by": "null or a user",
    "updated_by": "null or a user",
    "best_send_hour": "null or a number as text",
    "sms_consent": "null or a number as text",
    "sms_consent_updated_at": "null or a zero date",
    "search": "echoed text or null",
    "descript": "null or text",
    "defval": "null or text",
    "analytics_domains": "null or text",
    "facebook_session": "null or text",
}


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())[0]["response"]["body"]


def rows_of(value: Any) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else [value]


def compare(ours: dict[str, Any], theirs: dict[str, Any], where: str) -> None:
    assert ours.keys() == theirs.keys(), where
    for key, held in theirs.items():
        if None in (held, ours[key]) and key in EITHER_NULL:
            continue
        assert type(ours[key]) is type(held), f"{where}.{key}"
        if isinstance(held, dict):
            compare(ours[key], held, f"{where}.{key}")


def seasoned(body: dict[str, Any]) -> dict[str, Any]:
    """The row of a listing for comparison: the first of each array."""
    return {
        key: held[0] if isinstance(held, list) and held and isinstance(held[0], dict) else held
        for key, held in body.items()
    }


async def test_contacts(ports: Any) -> None:
    body = (await ports.ac.get("/contacts", params={"orders[id]": "ASC"})).json()
    compare(seasoned(body), seasoned(recorded("list-contacts")), "contacts")


async def test_one_contact(ports: Any) -> None:
    member = await ports.on_list(3, 1)
    ours = (await ports.ac.get(f"/contacts/{member['id']}")).json()
    theirs = recorded("get-contact")
    assert ours.keys() == theirs.keys()
    compare(ours["contact"], theirs["contact"], "contact")
    compare(ours["contactLists"][0], theirs["contactLists"][0], "contactLists")


async def test_lists(ports: Any) -> None:
    body = (await ports.ac.get("/lists", params={"limit": 100})).json()
    compare(seasoned(body), seasoned(recorded("lists")), "lists")


async def test_fields(ports: Any) -> None:
    body = (await ports.ac.get("/fields")).json()
    compare(seasoned(body), seasoned(recorded("list-custom-fields")), "fields")


async def test_contact_lists(ports: Any) -> None:
    member = await ports.on_list(3, 1)
    body = {"contactList": {"list": 3, "contact": int(member["id"]), "status": 1}}
    ours = (await ports.ac.post("/contactLists", json=body)).json()
    compare(ours, recorded("add-contact-to-list"), "contactLists")


async def test_single_writes(ports: Any) -> None:
    body = {"contact": {"email": "one@example.org", "firstName": "One", "lastName": "Two"}}
    made = (await ports.ac.post("/contacts", json=body)).json()
    compare(made, recorded("create-contact"), "create")
    number = made["contact"]["id"]
    changed = (await ports.ac.patch(f"/contacts/{number}", json={"contact": {"phone": "1"}})).json()
    compare(changed, recorded("update-contact"), "update")
    field = (await ports.ac.post("/fields", json={"field": {"title": "T", "type": "text"}})).json()
    compare(field, recorded("create-custom-field"), "field")
    new = {"list": {"name": "L", "stringid": "l", "sender_url": "u", "sender_reminder": "r"}}
    compare((await ports.ac.post("/lists", json=new)).json(), recorded("create-list"), "list")


async def test_tags_and_deletions(ports: Any) -> None:
    tag = (await ports.ac.post("/tags", json={"tag": {"tag": "T"}})).json()["tag"]["id"]
    body = {"contactTag": {"contact": 1, "tag": int(tag)}}
    answer = await ports.ac.post("/contactTags", json=body)
    assert answer.status_code == 200
    compare(answer.json(), recorded("tag-contact"), "tag")
    for path, name in (("/contacts/1", "delete-contact"), ("/lists/3", "delete-list")):
        answer = await ports.ac.delete(path)
        assert answer.status_code == 200
        assert answer.json() == recorded(name)
