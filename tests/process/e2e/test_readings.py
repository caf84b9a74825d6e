"""An import brings the same whichever way ActiveCampaign types and lists its answers."""

from __future__ import annotations

import pytest

from tests.process.e2e.lab import lab
from tests.process.e2e.test_imports import goal
from tests.services.contract.listening.exchanges import PLACE

READINGS = [
    {},
    {"numbers": "numbers"},
    {"meta-total": "number"},
    {"meta-total": "absent"},
    {"utc-stamps": "utc"},
    {"default-order": "id"},
    {"largest-limit": "as-asked"},
    {"unknown-filters": "refused"},
    {"email-matching": "exact"},
    {"values-of-deleted-fields": "gone"},
    {"trailing-slash": "not-found"},
]


@pytest.mark.parametrize("reading", READINGS, ids=str)
async def test_an_import_is_the_same_under_each_reading(
    reading: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # the documents and recordings know the first reading alone
    monkeypatch.delenv(PLACE, raising=False)
    async with lab(contacts=60, profiles=60, switches=reading) as world:
        world.apply(goal())
        done = (await world.run()).goals[0]
        # BlueConic takes no address whose domain has no dot.
        people = [row["email"].lower() for row in await world.lines("/contacts") if row["email"]]
        taken = {email for email in people if not email.endswith("@intranet")}
        reached = {
            email.lower()
            for row in await world.lines("/profiles")
            for email in row["properties"].get("email", [])
        }
        assert done.ok
        assert (done.read, done.unknown) == (60, 0)
        assert done.rejected == len(people) - len(taken)
        assert taken <= reached
