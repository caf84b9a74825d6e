"""Published ActiveCampaign clients by other authors work against the sandbox as they are.

They were written for the real service, so what they get along with is a reading of it that is not
ours: `activecampaign-python` 1.0.10 by Miguel Ferrer and `mcp-activecampaign` 0.2.0 by Alex
LaGuardia.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from actui.sandbox.options import SandboxOptions
from actui.sandbox.server import Sandbox

SAID = "the published clients of other authors are not installed"
Client = pytest.importorskip("activecampaign.client", reason=SAID).Client
OTHER = pytest.importorskip("mcp_activecampaign.client", reason=SAID)

PEOPLE = 230
NEWSLETTER = 3
ACTIVE, UNSUBSCRIBED = 1, 2


@pytest.fixture
async def account() -> AsyncIterator[Sandbox]:
    async with Sandbox(SandboxOptions(contacts=PEOPLE, profiles=1, limits="off")) as sandbox:
        yield sandbox


def status_of(sandbox: Sandbox, contact: str) -> int:
    row = sandbox.account.contacts.get(int(contact))
    assert row is not None
    return row.memberships[NEWSLETTER].status


def expected_ids(sandbox: Sandbox) -> set[str]:
    return {str(number) for number in sandbox.account.contacts.ids.between(None, None)}


async def test_activecampaign_python(account: Sandbox) -> None:
    ready = account.ready["activecampaign"]
    expected = expected_ids(account)
    client = Client(ready["url"], ready["api_key"])

    def work() -> tuple[list[str], dict[str, Any], dict[str, Any], dict[str, Any]]:
        ids: list[str] = []
        while True:
            page = client.contacts.list_all_contacts(limit=100, offset=len(ids))["contacts"]
            if not page:
                break
            ids += [row["id"] for row in page]
        new = {"email": "first@other.example", "firstName": "First"}
        made = client.contacts.create_a_contact({"contact": new})["contact"]
        changed = client.contacts.update_a_contact(
            made["id"], {"contact": {"firstName": "Second"}}
        )["contact"]
        synced = client.contacts.create_or_update_contact(
            {"contact": {"email": "first@other.example", "lastName": "Third"}}
        )["contact"]
        for status in (ACTIVE, UNSUBSCRIBED):
            row = {"list": NEWSLETTER, "contact": made["id"], "status": status}
            told = client.contacts.update_list_status_for_a_contact({"contactList": row})
            assert int(told["contactList"]["status"]) == status
        return ids, made, changed, synced

    ids, made, changed, synced = await asyncio.to_thread(work)
    assert len(ids) == len(set(ids))
    assert set(ids) == expected
    assert len(ids) > 200
    assert changed["firstName"] == "Second"
    assert (synced["id"], synced["lastName"]) == (made["id"], "Third")
    assert status_of(account, made["id"]) == UNSUBSCRIBED


async def test_mcp_activecampaign(account: Sandbox) -> None:
    ready = account.ready["activecampaign"]
    expected = expected_ids(account)
    client = OTHER.ActiveCampaignClient(ready["url"], ready["api_key"])
    ids: list[str] = []
    while True:
        params = {"limit": 100, "orders[id]": "ASC", "id_greater": ids[-1] if ids else 0}
        page = (await client.get("/contacts", params))["contacts"]
        if not page:
            break
        ids += [row["id"] for row in page]
    assert len(ids) == len(set(ids))
    assert set(ids) == expected
    new = {"contact": {"email": "someone@other.example", "firstName": "Some"}}
    made = (await client.post("/contacts", new))["contact"]
    with pytest.raises(OTHER.ActiveCampaignError) as refused:
        await client.post("/contacts", new)
    assert refused.value.status == 422
    changed = await client.put(f"/contacts/{made['id']}", {"contact": {"firstName": "One"}})
    assert changed["contact"]["firstName"] == "One"
    for status in (ACTIVE, UNSUBSCRIBED):
        row = {"list": NEWSLETTER, "contact": made["id"], "status": status}
        await client.post("/contactLists", {"contactList": row})
        assert status_of(account, made["id"]) == status
    await client.delete(f"/contacts/{made['id']}")
    with pytest.raises(OTHER.ActiveCampaignError) as gone:
        await client.get(f"/contacts/{made['id']}")
    assert gone.value.status == 404
    await client.close()
