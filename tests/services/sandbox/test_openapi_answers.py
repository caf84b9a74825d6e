"""BlueConic's answers follow its OpenAPI document, apart from departures that are known.

Every test of this directory holds the answers it gets to the contract (`conftest.Ports.close`);
these ask once for each operation that the sandbox serves.
"""

from __future__ import annotations

from typing import Any

import pytest

from actui.sandbox.blueconic.connections import CAMPAIGN, UNUSED, WAREHOUSE
from actui.sandbox.blueconic.tenant_catalogue import ALL_PROFILES, DIALOGUES, WELCOME
from tests.services.contract.contract import ABSENT, IS_HERE

pytestmark = pytest.mark.skipif(not IS_HERE, reason=ABSENT)

EXPAND = ["segments", "permissions", "replace", "timeline", "groups", "matchingGroups"]
READS = (
    "/connections",
    f"/connections/{CAMPAIGN}",
    f"/connections/{UNUSED}",
    f"/connections/{CAMPAIGN}/runs",
    f"/connections/{WAREHOUSE}/runs",
    "/dialogues",
    f"/dialogues/{DIALOGUES[0].id}",
    "/interactions?url=https://www.example.com",
    "/lifecycles",
    f"/lifecycles/{WELCOME.id}",
    "/objectives",
    "/objectives/marketing",
    "/profileProperties?count=1000",
    "/profileProperties/email",
    "/profiles?property=customer_id&value=C-0000004",
    "/segments",
    f"/segments/{ALL_PROFILES.id}/profiles?count=60&expand="
    + ",".join(f"profiles.profile.{word}" for word in EXPAND),
)


@pytest.mark.parametrize("shapes", ["examples", "schemas"])
async def test_everything_that_is_read(ports: Any, shapes: str) -> None:
    await ports.switch(document_shapes=shapes, lifecycle_stages="present")
    for path in READS:
        assert (await ports.bc.get(path)).status_code == 200, path
    number = (await ports.mutate("blueconic", "create", set={"properties": {}}))["id"]
    await ports.mutate("blueconic", "consent", id=number)
    expand = {"expand": "profile.segments.tags,profile.timeline"}
    for path in (f"/profiles/{number}", f"/profileEvents/{number}"):
        assert (await ports.bc.get(path, params=expand)).status_code == 200
    complaints = ports.complaints()
    assert not complaints if shapes == "examples" else not ports.complaints(with_known=True)


async def test_everything_that_is_written(ports: Any) -> None:
    rules = [
        {"id": "email", "values": ["o@example.org"], "strategy": "SET"},
        {"id": "points", "values": ["many"], "strategy": "SET"},
    ]
    entry = {
        "matching": [[{"id": "email", "value": "o@example.org"}]],
        "properties": rules,
        "strategy": "UPSERT",
        "identifier": "1",
        "timeline": [{"id": "1", "eventTypeId": "order"}],
    }
    answers = await ports.put(entry, entry, {"strategy": "UPDATE"})
    assert [one["state"] for one in answers] == ["CREATED", "UNCHANGED", "SKIPPED"]
    assert (await ports.bc.put("/profiles", json={})).status_code == 400
    body = {"name": "Price", "filterType": "CURRENCY"}
    assert (await ports.bc.put("/profileProperties/price", json=body)).status_code == 200
    assert (await ports.bc.delete("/profileProperties/price")).status_code == 200
    assert (await ports.token()).status_code == 200
    assert not ports.complaints()
