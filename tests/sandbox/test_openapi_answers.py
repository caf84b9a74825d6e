"""BlueConic answers follow the schemas of its OpenAPI document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

DOCUMENT = (
    Path(__file__).resolve().parents[2].parent
    / "shared"
    / "reference"
    / "blueconic-openapi-v103.json"
)

pytestmark = pytest.mark.skipif(
    not DOCUMENT.is_file(), reason="BlueConic's OpenAPI document is not beside this repository."
)

TYPES = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}

BEYOND_THE_SCHEMA = {
    "touchpoints": "in the examples of /lifecycles",
    "description": "in the examples of every listing",
    "domains": "in the examples of /dialogues",
    "pluginId": "in the examples of /lifecycles",
    "href": "the schema of link has capitals, every example small letters",
    "rel": "as href",
    "type": "as href",
}
SCHEMA_IS_WRONG = {
    "links": "an object in the schema of profileProperty, an array in its examples",
    "variants": "one object in the schema of dialogue, an array in its examples",
}


class Checker:
    def __init__(self) -> None:
        self.schemas = json.loads(DOCUMENT.read_text())["components"]["schemas"]

    def check(self, value: Any, schema: dict[str, Any], where: str) -> None:
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"].rpartition("/")[2]]
        kind = schema.get("type")
        if kind is not None:
            assert isinstance(value, TYPES[kind]), f"{where}: {value!r} is no {kind}"
        if "enum" in schema:
            assert value in schema["enum"], f"{where}: {value!r}"
        if isinstance(value, list):
            for place, one in enumerate(value):
                self.check(one, schema.get("items", {}), f"{where}[{place}]")
        if isinstance(value, dict):
            self._object(value, schema, where)

    def _object(self, value: dict[str, Any], schema: dict[str, Any], where: str) -> None:
        assert set(schema.get("required", [])) <= value.keys(), where
        known = schema.get("properties", {})
        for key, held in value.items():
            if key in SCHEMA_IS_WRONG:
                continue
            if key in known:
                self.check(held, known[key], f"{where}.{key}")
            elif "additionalProperties" in schema:
                self.check(held, schema["additionalProperties"], f"{where}.{key}")
            else:
                assert not known or key in BEYOND_THE_SCHEMA, f"{where}.{key} is unknown"


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/segments", "segments"),
        ("/profileProperties?count=1000", "profileProperties"),
        ("/profileProperties/email", "profileProperty"),
        ("/objectives", "objectives"),
        ("/dialogues", "Dialogues"),
        ("/profiles?property=customer_id&value=C-0000004", "profiles"),
    ],
)
async def test_listings(ports: Any, path: str, schema: str) -> None:
    Checker().check((await ports.bc.get(path)).json(), {"$ref": schema}, schema)


@pytest.mark.parametrize(
    ("path", "key", "schema"),
    [("/lifecycles", "lifecycles", "lifecycle"), ("/connections", "connections", "Connection")],
)
async def test_listings_whose_schema_is_their_row(
    ports: Any, path: str, key: str, schema: str
) -> None:
    for row in (await ports.bc.get(path)).json()[key]:
        Checker().check(row, {"$ref": schema}, schema)


async def test_tokens(ports: Any) -> None:
    body = (await ports.token()).json()
    Checker().check(body, {"$ref": "TokenSuccessResponse"}, "token")


async def test_segment_pages_and_profiles(ports: Any) -> None:
    await ports.switch(lifecycle_stages="present")
    segment = (await ports.bc.get("/segments")).json()["segments"][0]["id"]
    expand = [f"profiles.profile.{word}" for word in ("segments", "permissions", "replace")]
    params = {"count": 400, "expand": expand}
    body = (await ports.bc.get(f"/segments/{segment}/profiles", params=params)).json()
    Checker().check(body, {"$ref": "SegmentProfiles"}, "page")
    one = (await ports.bc.get(f"/profiles/{body['profiles'][0]['id']}")).json()
    Checker().check(one, {"$ref": "profile"}, "profile")


async def test_bulk_answers(ports: Any) -> None:
    rules = [
        {"id": "email", "values": ["o@example.org"], "strategy": "SET"},
        {"id": "points", "values": ["many"], "strategy": "SET"},
    ]
    entry = {
        "matching": [[{"id": "email", "value": "o@example.org"}]],
        "properties": rules,
        "strategy": "UPSERT",
        "identifier": "1",
    }
    answers = await ports.put(entry, entry, {"strategy": "UPDATE"})
    assert [one["state"] for one in answers] == ["CREATED", "UNCHANGED", "SKIPPED"]
    for one in answers:
        Checker().check(one, {"$ref": "BulkResultBean"}, "entry")
    refused = await ports.bc.put("/profiles", json={})
    Checker().check(refused.json(), {"$ref": "ErrorRequestBean"}, "refusal")
