"""Five thousand people at the account's real limits, in the clock's time."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pytest

from tests.services.export.desk import ACTIVE, NEWSLETTER, Desk, open_desk

pytestmark = pytest.mark.long

PEOPLE, KNOWN = 5_000, 2_500


async def populate(desk: Desk, addresses: list[str]) -> None:
    """Profiles with these addresses, and contacts for the first of them."""
    for email in addresses[:KNOWN]:
        desk.sandbox.account.create_contact(email)
    await desk.post("/clock", advance=7_200)
    for email in addresses:
        await desk.profile(email, first_name="Ada")


async def kinds(desk: Desk) -> Counter[tuple[str, str, int]]:
    """Requests to ActiveCampaign by method, path and status."""
    rows = (await desk.control.get("/requests")).json()
    return Counter(
        (row["method"], row["path"].partition("?")[0].removeprefix("/api/3/"), row["status"])
        for row in rows
        if row["service"] == "activecampaign"
    )


@pytest.mark.timeout(300)
async def test_five_thousand_take_as_few_requests_as_they_can(tmp_path: Path) -> None:
    async with open_desk(tmp_path, limits="real") as desk:
        desk.is_paced = True
        await populate(desk, [f"p{n}@x.org" for n in range(PEOPLE)])
        await desk.forget()
        summary = await desk.export({"unsubscribe": True, "resubscribe": "own"})
        assert (summary.created, summary.updated) == (PEOPLE - KNOWN, KNOWN)
        assert summary.lists.subscribed == PEOPLE
        assert summary.requests.throttled == 0

        log = (await desk.control.get("/requests")).json()
        sent = [row["time"] for row in log if row["path"].endswith("/bulk_import")]
        asked = [row["time"] for row in log if "/import/info" in row["path"]]
        # a batch takes 2.2 s here: those sent long ago have ended and are not waited for
        assert max(asked) - max(sent) < 8

        seen = await kinds(desk)
        assert {status for _, _, status in seen} == {200}
        batches = math.ceil(PEOPLE / 250)
        assert seen["POST", "import/bulk_import", 200] == batches
        assert seen["GET", "import/info", 200] <= 2 * batches
        # a sweep to know who is there, one for the new ones' ids, and their last pages
        sweeps = math.ceil(KNOWN / 100) + math.ceil((PEOPLE - KNOWN) / 100)
        assert seen["GET", "contacts", 200] <= sweeps + 8
        assert len(await desk.contacts()) == PEOPLE

        await desk.forget()
        assert (await desk.export({"unsubscribe": True, "resubscribe": "own"})).unchanged == PEOPLE
        assert await desk.writes() == []
        assert sum((await kinds(desk)).values()) <= 12


@pytest.mark.timeout(300)
async def test_one_refused_address_of_each_kind_costs_one_row_each(tmp_path: Path) -> None:
    addresses = [f"p{n}@x.org" for n in range(PEOPLE - 2)]
    addresses.insert(1_234, "two@at@x.org")
    addresses.insert(2_345, "odd..one@x.org")
    async with open_desk(tmp_path, limits="real") as desk:
        desk.is_paced = True
        await populate(desk, addresses)
        summary = await desk.export()
        assert (summary.read, summary.rejected) == (PEOPLE, 2)
        assert summary.reasons == {"invalid-email": 1, "rejected-by-activecampaign": 1}
        told = {row["email"]: row["detail"] for row in desk.rows() if row["outcome"] == "rejected"}
        assert told["odd..one@x.org"] == "Field 'email' incorrect format"
        arrived = [
            row
            for row in (await desk.contacts()).values()
            if row["firstName"] == "Ada" and row["lists"] == {NEWSLETTER: ACTIVE}
        ]
        assert len(arrived) == PEOPLE - 2
