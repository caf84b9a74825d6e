"""A search of profiles that counts more than it lists does not prove that nobody is there.

Two such answers made a receipt look absent, and a Sum was added twice.
"""

from __future__ import annotations

from typing import Any

import pytest

from actui.api.blueconic.rows import found_ids


def found(rows: int, **more: Any) -> dict[str, Any]:
    return {"profiles": [{"id": f"p{n}"} for n in range(rows)], **more}


@pytest.mark.parametrize(
    "body",
    [
        found(0, totalResults=1, itemsPerPage=1),
        found(0, totalResults=1),
        found(1, totalResults=2, itemsPerPage=5),
    ],
)
def test_a_search_that_lists_fewer_than_it_counts_cannot_be_read(body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="fewer"):
        found_ids(body)


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        (found(0, totalResults=0, itemsPerPage=5), []),
        (found(2, totalResults=2, itemsPerPage=5), ["p0", "p1"]),
        # a page of several
        (found(2, totalResults=9, itemsPerPage=2), ["p0", "p1"]),
        (found(1), ["p0"]),
        (found(1, totalResults="many"), ["p0"]),
    ],
)
def test_every_other_search_gives_its_ids(body: dict[str, Any], ids: list[str]) -> None:
    assert found_ids(body) == ids
