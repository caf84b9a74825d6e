"""`lists/exclusions`, a newer endpoint that refuses what it does not know."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("params", "pointer"),
    [
        ({"filters[campaign]": "1"}, "filters[campaign]"),
        ({"orders[matchPhrase]": "up"}, "orders[matchPhrase]"),
        ({"orders[id]": "ASC"}, "orders[id]"),
    ],
)
async def test_unknown_filters_and_orders_are_refused(
    ports: Any, params: dict[str, str], pointer: str
) -> None:
    answer = await ports.ac.get("/lists/exclusions", params=params)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["source"]["pointer"] == f"/data/attributes/{pointer}"


async def test_exclusions_are_found_by_phrase_and_list_and_ordered(ports: Any) -> None:
    async def found(**params: str) -> list[str]:
        body = (await ports.ac.get("/lists/exclusions", params=params)).json()
        assert body["meta"]["total"] == len(body["exclusions"])
        return [one["id"] for one in body["exclusions"]]

    await ports.ac.put("/lists/exclusions/2", json={"channel": "several", "lists": ["3", "4"]})
    assert await found(**{"filters[matchPhrase]": "competitor"}) == ["1"]
    assert await found(**{"filters[lists][]": "4"}) == ["2"]
    assert await found(**{"orders[matchPhrase]": "ASC"}) == ["2", "1"]
    assert await found(**{"orders[matchPhrase]": "DESC"}) == ["1", "2"]


async def test_one_exclusion_is_read_and_changed(ports: Any) -> None:
    one = (await ports.ac.get("/lists/exclusions/1")).json()
    assert (one["matchPhrase"], one["matchType"], one["lists"]) == (
        "competitor@example.com",
        "exact",
        [],
    )
    changed = await ports.ac.put("/lists/exclusions/1", json={"channel": "all"})
    assert changed.json() == {**one, "channel": "all"}
    for wrong in (
        {"channel": "all", "lists": ["3"]},
        {"channel": "several", "lists": [3]},
        {"channel": "several", "lists": "3"},
        {"channel": "post"},
    ):
        refused = await ports.ac.put("/lists/exclusions/1", json=wrong)
        assert (refused.status_code, refused.json()["errors"][0]["title"]) == (
            422,
            "Invalid attribute",
        )
    missing = await ports.ac.get("/lists/exclusions/9")
    assert (missing.status_code, missing.json()) == (
        404,
        {"message": "Exclusion not found [id=9]"},
    )
