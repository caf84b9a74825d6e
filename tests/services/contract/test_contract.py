"""Every call of actui's clients, and every answer of the sandbox, follow the documents."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from actui.api.activecampaign.activity import CampaignActivity
from actui.api.activecampaign.client import ActiveCampaignClient
from actui.api.blueconic.client import BlueConicClient
from actui.api.rate import BulkRateLimiter, RateLimiter
from actui.model.goals import ListStatus
from actui.model.records import ImportRow
from actui.sandbox.options import SandboxOptions
from actui.sandbox.server import Sandbox
from tests.process.e2e.lab import lab
from tests.process.e2e.test_imports import goal
from tests.services.contract.contract import ABSENT, IS_HERE, Contract
from tests.services.contract.listening.exchanges import PLACE, Exchange, noted_in
from tests.services.contract.report import Report

pytestmark = pytest.mark.skipif(not IS_HERE, reason=ABSENT)
EMAIL = "contract@example.net"


def calls(
    campaign: ActiveCampaignClient, blueconic: BlueConicClient
) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Each public call of both clients, with everything it can be given."""
    when = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
    row = ImportRow(email=EMAIL, first_name="A", phone="1", fields={8: "shop"}, subscribe=(3,))

    async def links() -> None:
        for one in await campaign.activity.campaigns():
            for link in await campaign.activity.campaign_links(one.id):
                async for _ in campaign.activity.link_hits(link):
                    pass

    async def batch() -> None:
        queued = await campaign.bulk_import([row], exclude_automations=True)
        await campaign.batch(queued.batch_id)  # type: ignore[union-attr]

    async def page(expand: tuple[str, ...]) -> None:
        segment = (await blueconic.segments())[0]
        more = {"count": 5, "properties": ("email", "tier"), "expand": expand}
        first = await blueconic.segment_page(segment.id, cursor=None, **more)  # type: ignore[arg-type]
        await blueconic.segment_page(segment.id, cursor=first.cursor, **more)  # type: ignore[arg-type]
        await blueconic.profile(first.profiles[0].id, properties=("email",))

    async def contacts() -> None:
        await campaign.contacts_by_id(after_id=3)
        await campaign.contacts_by_id(before_id=9, list_id=3, status=ListStatus.ACTIVE)
        await campaign.contacts_by_id(updated_after=when, created_after=when)
        await campaign.contacts_by_id(after_id=1, ids=[2, 3, 999_999])

    async def run() -> None:
        async with lab(contacts=30, profiles=30) as world:
            rules = [
                {"field": "firstName", "property": "first_name", "rule": "set"},
                {"field": "%CITY%", "property": "city", "rule": "set_if_empty"},
                {"field": "%INTERESTS%", "property": "interests", "rule": "add"},
                {"field": "%POINTS%", "property": "points", "rule": "sum"},
            ]
            world.apply(goal(mappings=rules), objectives=["marketing"])
            assert (await world.run()).ok

    return {
        "me": campaign.me,
        "fields": campaign.fields,
        "lists": campaign.lists,
        "contacts_by_id": contacts,
        "highest_contact_id": campaign.highest_contact_id,
        "contact": lambda: campaign.contact(1),
        "contacts_by_email": lambda: campaign.contacts_by_email(EMAIL),
        "rename_contact": lambda: campaign.rename_contact(2, "renamed@example.net"),
        "write_contact": lambda: campaign.write_contact(3, row),
        "set_list_status": lambda: campaign.set_list_status(4, 3, ListStatus.ACTIVE),
        "exclusions": campaign.exclusions,
        "bulk_import": batch,
        "batch": batch,
        "outstanding_batches": campaign.outstanding_batches,
        "campaigns": campaign.activity.campaigns,
        "campaign_lists": lambda: campaign.activity.campaign_lists(1),
        "campaign_links": links,
        "link_hits": links,
        "properties": blueconic.properties,
        "create_property": lambda: blueconic.create_property("new_one", "New one", "SELECT"),
        "segments": blueconic.segments,
        "objectives": blueconic.objectives,
        "lifecycles": blueconic.lifecycles,
        "interactions": blueconic.interactions,
        "segment_page": lambda: page(("segments", "permissions")),
        "find_profiles": lambda: blueconic.find_profiles([("email", EMAIL)]),
        "profile": lambda: page(()),
        "write_profiles": run,
    }


def public(kind: type) -> set[str]:
    """The names of a client's calls."""
    return {
        name
        for name, held in inspect.getmembers(kind)
        if not name.startswith("_")
        and (inspect.iscoroutinefunction(held) or inspect.isasyncgenfunction(held))
    }


async def test_every_call_follows_the_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        Sandbox(SandboxOptions(contacts=40, profiles=40, limits="off")) as sandbox,
        httpx.AsyncClient(timeout=20, verify=False) as http,
    ):
        mine, theirs = sandbox.ready["activecampaign"], sandbox.ready["blueconic"]
        pace, bulk = RateLimiter(rate=1e6), BulkRateLimiter(per_minute=1e9, single_per_minute=1e9)
        key, secret = SecretStr(mine["api_key"]), SecretStr(theirs["client_secret"])
        campaign = ActiveCampaignClient(mine["url"], key, pace=pace, bulk_pace=bulk, http=http)
        blueconic = BlueConicClient(theirs["url"], theirs["client_id"], secret, http=http)
        every = calls(campaign, blueconic)
        clients = (ActiveCampaignClient, CampaignActivity, BlueConicClient)
        assert every.keys() == {name for client in clients for name in public(client)}
        contract, place = Contract(), Path(os.environ[PLACE])
        for name, call in every.items():
            own = place / name
            own.mkdir()
            monkeypatch.setenv(PLACE, str(own))
            await call()
            report = Report.of(noted_in(own), contract)
            assert report.answers, name
            assert not report.unknown, "\n".join(report.lines())


RIGHT = Exchange(
    "POST",
    "/api/3/contactLists",
    (),
    b'{"contactList": {"list": "3", "contact": "1", "status": "1"}}',
    200,
    b'{"contacts": [], "contactList": {}}',
)
ENTRY = {
    "matching": [[{"id": "email", "value": "a@example.net"}]],
    "properties": [{"id": "city", "values": ["Utrecht"], "strategy": "SET"}],
    "strategy": "UPSERT",
}
WRITE = Exchange(
    "PUT",
    "/rest/v2/profiles",
    (),
    json.dumps([ENTRY]).encode(),
    200,
    b'[{"state": "CREATED", "profileId": "c3b9e2a0-0000-4000-a000-000000000000"}]',
)


@pytest.mark.parametrize(
    ("exchange", "complaint"),
    [
        (replace(RIGHT, path="/api/3/contactLlists"), "operation: undocumented"),
        (replace(RIGHT, query=(("lst", "3"),)), "query lst: undocumented"),
        (replace(RIGHT, sent=b'{"contactList": {"list": "3"}}'), "required contact"),
        (replace(RIGHT, sent=b'{"contactList": {"list": 3, "contact": "1"}}'), "list: type"),
        (
            replace(RIGHT, answer=b'{"contactList": {}, "contactLst": {}}'),
            "contactLst: unknown key",
        ),
        (
            replace(RIGHT, answer=b'{"contactList": {}, "contacts": "none"}'),
            "answer contacts: text",
        ),
        (replace(RIGHT, answer=b"{}"), "answer contactList: missing"),
        (replace(RIGHT, status=202), "answer 202: undocumented"),
        (replace(RIGHT, status=418, answer=b"{}"), "answer 418: undocumented"),
        (replace(WRITE, status=400, answer=b'{"code": "many"}'), "answer.code: type"),
        (
            replace(WRITE, sent=json.dumps([ENTRY | {"strategy": "INSERT"}]).encode()),
            "body[].strategy: enum",
        ),
        (replace(WRITE, sent=b'{"properties": []}'), "body: type"),
        (replace(WRITE, answer=b'[{"state": "MADE"}]'), "answer[].state: enum"),
        (replace(WRITE, answer=b'[{"profileId": 7}]'), "answer[].profileId: type"),
        (replace(WRITE, answer=b'[{"profile": "x"}]'), "answer[].profile: unknown key"),
        (replace(WRITE, status=202), "answer 202: undocumented"),
        (
            replace(
                WRITE,
                method="GET",
                path="/rest/v2/segments/x/profiles",
                query=(("count", "many"),),
                answer=b"{}",
            ),
            "query count: no integer",
        ),
    ],
)
def test_wrong_requests_and_answers_are_caught(exchange: Exchange, complaint: str) -> None:
    contract = Contract()
    right = WRITE if "/rest/" in exchange.path else RIGHT
    found = set(contract.complaints(exchange)) - set(contract.complaints(right))
    assert any(complaint in one for one in found), found


REFUSED = Exchange("POST", "/api/3/import/bulk_import", (), b"{}", 400)
REASON = b'{"Success": false, "message": "no \\u20ac", "failureReasons": [12, {"rows": null}]}'


def test_an_answer_that_a_fault_cut_off_is_set_aside_whatever_its_status() -> None:
    contract = Contract()
    assert contract.is_spoken(replace(REFUSED, answer=REASON))
    for end in range(1, len(REASON)):
        cut = replace(REFUSED, answer=REASON[:end])
        assert not contract.is_spoken(cut), cut.answer
        assert not [one for one in contract.complaints(cut) if one.startswith("answer")]


@pytest.mark.parametrize("answer", [b"", b"Bad Request", b'{"message": no}', b"{'message': 1}"])
def test_an_error_that_is_no_json_is_complained_about(answer: bytes) -> None:
    said = replace(REFUSED, answer=answer)
    contract = Contract()
    assert contract.is_spoken(said)
    assert "answer : null" in contract.complaints(said)
