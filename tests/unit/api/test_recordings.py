"""Real answers of ActiveCampaign, where they lie beside the project, are understood."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from actui.api.activecampaign import rows as shape
from actui.api.http import Answer
from actui.model.goals import LIST_STATUSES
from actui.model.records import ContactField

RECORDED = Path(__file__).resolve().parents[3].parent / "shared" / "recorded"


def bodies(name: str) -> list[Any]:
    """The bodies of one recording's successful answers."""
    path = RECORDED / f"{name}.json"
    if not path.exists():
        pytest.skip(f"the recording {name}.json is not beside the project")
    exchanges = [step["response"] for step in json.loads(path.read_text())]
    return [response["body"] for response in exchanges if response["status"] == 200]


def test_a_page_of_contacts() -> None:
    for body in bodies("list-contacts"):
        page = shape.contact_page(Answer(200, body, None), {})
        assert page.contacts
        assert page.total is None or page.total >= len(page.contacts)
        assert all(c.id > 0 and "@" in c.email and c.updated for c in page.contacts)
        assert page.missing == {c.id for c in page.contacts}  # recorded without `include`


def fields_of(body: Any) -> list[ContactField]:
    """The custom fields of a page, with what they accept."""
    found = list(shape.contact_fields(body).values())
    return shape.with_options(found, shape.field_options(body).values())


def test_one_contact() -> None:
    for body in bodies("get-contact"):
        contact = shape.single_contact(body, {1: "TAG"})
        assert contact.id == int(body["contact"]["id"])
        assert contact.created is not None
        assert set(contact.lists.values()) <= set(LIST_STATUSES)
        assert contact.lists.keys() == {int(row["list"]) for row in body["contactLists"]}


def test_fields_and_their_options() -> None:
    for body in bodies("list-custom-fields"):
        fields = fields_of(body)
        assert fields
        assert all(field.tag == field.tag.upper() and field.title for field in fields)
        assert sum(len(field.options) for field in fields) == len(body["fieldOptions"])


def test_one_field() -> None:
    for body in bodies("get-custom-field"):
        (field,) = fields_of({**body, "fields": [body["field"]]})
        assert field.options[:1] == ("af",)


def test_lists() -> None:
    for body in bodies("lists"):
        found = list(shape.contact_lists(body).values())
        assert len(found) == len(body["lists"]) > 0
        assert all(item.id > 0 and item.name for item in found)
