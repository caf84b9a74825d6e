"""BlueConic: what a segment's listing can be asked (OpenAPI, GET /segments/{segment}/profiles)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from actui.sandbox.blueconic.segment_pages import TRACKING
from actui.sandbox.blueconic.tenant_catalogue import ALL_PROFILES, READERS

PATH = f"/segments/{ALL_PROFILES.id}/profiles"
DAY = 86_400


async def listed(ports: Any, **params: Any) -> list[dict[str, Any]]:
    """Every page of the listing, and that the pages agree on their total."""
    found: list[dict[str, Any]] = []
    params = {"count": 150, **params}
    while True:
        answer = await ports.bc.get(PATH, params=params)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found += body["profiles"]
        if "nextCursor" not in body:
            return found
        params["cursor"] = body["nextCursor"]


async def refined(ports: Any, refinement: dict[str, Any]) -> set[str]:
    """The ids that pass a refinement; the total on the first page is their number."""
    text = json.dumps(refinement)
    found = [one["id"] for one in await listed(ports, refinement=text, count=7)]
    first = (await ports.bc.get(PATH, params={"refinement": text, "count": 7})).json()
    assert len(found) == len(set(found)) == first["totalResults"]
    return set(found)


async def ids(ports: Any, passes: Any) -> set[str]:
    """The ids of the live profiles for which a plain reading of the operator holds."""
    rows = await ports.lines("/profiles")
    found = {row["id"] for row in rows if row["replacedBy"] is None and passes(row)}
    assert 0 < len(found) < len(rows), "the rows would not tell right from wrong"
    return found


def values(row: dict[str, Any], name: str) -> list[str]:
    found: list[str] = row["properties"].get(name, [])
    return found


SOME = ["travel", "sport"]


@pytest.mark.parametrize(
    ("refinement", "passes"),
    [
        ({"property": "city", "operator": "IS_EMPTY"}, lambda row: not values(row, "city")),
        ({"property": "city", "operator": "NOT_IS_EMPTY"}, lambda row: values(row, "city")),
        (
            {"property": "interests", "operator": "CONTAINS_ANY", "values": SOME},
            lambda row: set(SOME) & set(values(row, "interests")),
        ),
        (
            {"property": "interests", "operator": "CONTAINS_ALL", "values": SOME},
            lambda row: set(SOME) <= set(values(row, "interests")),
        ),
        (
            {"property": "interests", "operator": "NOT_CONTAINS_ANY", "values": SOME},
            lambda row: not set(SOME) & set(values(row, "interests")),
        ),
        (
            {"property": "interests", "operator": "NOT_CONTAINS_ALL", "values": SOME},
            lambda row: not set(SOME) <= set(values(row, "interests")),
        ),
        (
            {"property": "points", "operator": "IN_RANGE", "fromValue": 500, "toValue": 1500},
            lambda row: any(500 <= int(one) <= 1500 for one in values(row, "points")),
        ),
        (
            {"property": "points", "operator": "NOT_IN_RANGE", "toValue": 1500},
            lambda row: not any(int(one) <= 1500 for one in values(row, "points")),
        ),
        (
            {
                "property": "last_order",
                "operator": "IN_RANGE",
                "fromDate": "2020-01-01T00:00:00Z",
                "toDate": "2021-01-01T02:00:00+02:00",
            },
            lambda row: any(
                1577836800000 <= int(one) <= 1609459200000 for one in values(row, "last_order")
            ),
        ),
        (
            {
                "operator": "OR",
                "filters": [
                    {"property": "tier", "operator": "CONTAINS_ANY", "values": ["gold"]},
                    {
                        "operator": "AND",
                        "filters": [
                            {"property": "city", "operator": "IS_EMPTY"},
                            {"property": "tier", "operator": "IS_EMPTY"},
                        ],
                    },
                ],
            },
            lambda row: (
                "gold" in values(row, "tier") or not (values(row, "city") or values(row, "tier"))
            ),
        ),
        (
            {"objective": "CONSENTED", "operator": "CONTAINS_ANY", "values": ["analytics", "x"]},
            lambda row: "analytics" in row["consentedObjectives"],
        ),
        (
            {
                "objective": "CONSENTED",
                "operator": "CONTAINS_ALL",
                "values": ["marketing", "analytics"],
            },
            lambda row: {"marketing", "analytics"} <= set(row["consentedObjectives"]),
        ),
        (
            {"objective": "REFUSED", "operator": "CONTAINS_ANY", "values": ["marketing"]},
            lambda row: "marketing" in row["refusedObjectives"],
        ),
        (
            {"objective": "UNKNOWN", "operator": "CONTAINS_ANY", "values": ["marketing"]},
            lambda row: "marketing" not in row["consentedObjectives"] + row["refusedObjectives"],
        ),
        (
            {
                "objective": "REFUSED_OR_UNKNOWN",
                "operator": "CONTAINS_ANY",
                "values": ["marketing"],
            },
            lambda row: "marketing" not in row["consentedObjectives"],
        ),
        (
            {
                "objective": "CONSENTED_OR_UNNEEDED",
                "operator": "CONTAINS_ANY",
                "values": ["marketing"],
            },
            lambda row: (
                "marketing" in row["consentedObjectives"]
                or (
                    "marketing" not in row["refusedObjectives"]
                    and row["privacyLegislation"] not in ("GDPR", "UK_GDPR")
                )
            ),
        ),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else "",
)
async def test_a_refinement_lists_who_passes(
    ports: Any, refinement: dict[str, Any], passes: Any
) -> None:
    assert await refined(ports, refinement) == await ids(ports, passes)


@pytest.mark.parametrize(
    ("operator", "count", "away"),
    [
        ("IN_LAST_DAYS", {"daysCount": 2}, -DAY),
        ("IN_NEXT_DAYS", {"daysCount": 2}, DAY),
        ("IN_LAST_HOURS", {"hoursCount": 30}, -DAY),
        ("IN_NEXT_HOURS", {"hoursCount": 30}, DAY),
    ],
)
async def test_moments_are_counted_from_now(
    ports: Any, operator: str, count: dict[str, int], away: int
) -> None:
    now = (await ports.control.get("/clock")).json()["time"]

    async def someone(seconds: float) -> str:
        told = {"properties": {"birthday": [str(int((now + seconds) * 1000))]}}
        return str((await ports.mutate("blueconic", "create", set=told))["id"])

    near, far, other = await someone(away), await someone(3 * away), await someone(-away)
    hit = await refined(ports, {"property": "birthday", "operator": operator, **count})
    assert near in hit
    assert not {far, other} & hit
    missed = await refined(ports, {"property": "birthday", "operator": f"NOT_{operator}", **count})
    assert {far, other} <= missed
    assert near not in missed


@pytest.mark.parametrize(
    "text",
    [
        "city",
        "[]",
        "{}",
        '{"property": "city"}',
        '{"property": "city", "operator": "LIKE", "values": ["a"]}',
        '{"property": "city", "operator": "CONTAINS_ANY", "values": "a"}',
        '{"property": "points", "operator": "IN_RANGE"}',
        '{"property": "points", "operator": "IN_RANGE", "fromDate": "yesterday"}',
        '{"property": "points", "operator": "IN_LAST_DAYS"}',
        '{"operator": "AND", "filters": []}',
        '{"operator": "XOR", "filters": [{"property": "city", "operator": "IS_EMPTY"}]}',
        '{"objective": "CONSENTED", "operator": "NOT_CONTAINS_ANY", "values": ["marketing"]}',
        '{"objective": "MAYBE", "operator": "CONTAINS_ANY", "values": ["marketing"]}',
        '{"operator": "AND", "filters": ' + "[" * 1_500,
    ],
    ids=lambda text: text[:40],
)
async def test_a_refinement_that_says_nothing_is_refused(ports: Any, text: str) -> None:
    assert (await ports.bc.get(PATH, params={"refinement": text})).status_code == 400


async def test_every_word_of_expand_adds_its_part(ports: Any) -> None:
    parts = {
        "permissions": "permissions",
        "replace": "replaces",
        "segments": "segments",
        "timeline": "events",
        "groups": "groups",
        "matchingGroups": "matchingGroups",
    }
    plain = (await ports.bc.get(PATH)).json()["profiles"][0]
    assert not plain.keys() & set(parts.values())
    for word, key in parts.items():
        params = {"expand": f"profiles.profile.{word}"}
        row = (await ports.bc.get(PATH, params=params)).json()["profiles"][0]
        assert row.keys() - plain.keys() == {key}
    unknown = await ports.bc.get(PATH, params={"expand": "profiles.profile.friends"})
    assert unknown.json()["profiles"][0].keys() == plain.keys()


async def test_one_profile_shows_its_segments_as_asked(ports: Any) -> None:
    number = (await ports.bc.get(PATH)).json()["profiles"][0]["id"]
    await ports.mutate("blueconic", "enter", id=number, segment="Newsletter readers")

    async def reader(**params: str) -> dict[str, Any] | None:
        body = (await ports.bc.get(f"/profiles/{number}", params=params)).json()
        rows = body.get("segments")
        return None if rows is None else next(one for one in rows if one["id"] == READERS.id)

    assert await reader() == {"id": READERS.id}
    named = {"id": READERS.id, "name": READERS.name}
    assert await reader(expand="profile.segments") == named
    assert await reader(expand="profile.segments.tags") == {**named, "tags": ["Newsletter"]}
    assert await reader(collapse="profile.segments") is None
    body = (await ports.bc.get(f"/profiles/{number}", params={"expand": "profile.timeline"})).json()
    assert body["events"] == []


async def test_properties_can_be_chosen_in_two_ways(ports: Any) -> None:
    for params in ({"profileProperty": ["email", "city"]}, {"properties": "email, city"}):
        rows = await listed(ports, **params)
        names = {held["id"] for row in rows for held in row["properties"]}
        assert names == {"email", "city"}


async def test_at_most_so_many_hits_are_listed(ports: Any) -> None:
    everybody = [one["id"] for one in await listed(ports)]
    some = [one["id"] for one in await listed(ports, maxHitsAllowed=25, count=10)]
    assert some == everybody[:25]
    assert [one["id"] for one in await listed(ports, maxHitsAllowed=0)] == everybody


@pytest.mark.parametrize("name", TRACKING)
async def test_audiences_are_not_kept(ports: Any, name: str) -> None:
    assert (await ports.bc.get(PATH, params={name: "x"})).status_code == 400


@pytest.mark.parametrize("cursor", ["x", "?", "YWZ0ZXI", "MSAyIHRocmVl"])
async def test_a_cursor_of_somebody_else_is_refused(ports: Any, cursor: str) -> None:
    assert (await ports.bc.get(PATH, params={"cursor": cursor})).status_code == 400


async def test_a_page_is_sent_in_pieces(ports: Any) -> None:
    answer = await ports.bc.get(PATH, params={"count": 1_000_000})
    assert answer.headers["transfer-encoding"] == "chunked"
    assert len(answer.json()["profiles"]) == answer.json()["totalResults"]
