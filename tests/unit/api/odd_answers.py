"""Every endpoint that actui calls with an answer it understands, and odd things to put into it."""

from __future__ import annotations

import copy
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
from pydantic import SecretStr

from actui.api.activecampaign.client import ActiveCampaignClient
from actui.api.blueconic.client import BlueConicClient
from actui.api.http import http_client
from actui.api.rate import BulkRateLimiter, RateLimiter
from actui.api.retry import DEFAULT_RETRY_POLICY
from actui.api.waits import Waits
from actui.model.goals import ListStatus
from actui.model.memberships import CampaignLink
from actui.model.records import ImportRow, ProfileWrite, PropertyWrite

ACTIVECAMPAIGN = "https://acme.api-us1.com"
BLUECONIC = "https://acme.blueconic.net"
HUGE = 10**30
Json = Any


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A call of a client, the path it asks and an answer that it understands."""

    name: str
    path: str
    ask: Callable[[ActiveCampaignClient, BlueConicClient], Awaitable[Any]]
    body: Json
    method: str = "GET"
    status: int = 200

    @property
    def service(self) -> str:
        return "ActiveCampaign" if self.path.startswith("/api/3") else "BlueConic"

    def serves(self, request: httpx.Request) -> bool:
        return (request.method, request.url.path) == (self.method, self.path)


CONTACT = {
    "id": "7",
    "email": "anna@example.org",
    "firstName": "Anna",
    "lastName": "B",
    "phone": "1",
    "cdate": "2026-01-02T03:04:05-06:00",
    "udate": "2026-01-02T03:04:05-06:00",
    "bounced_hard": "0",
    "bounced_soft": "0",
    "deleted": "0",
    "anonymized": "0",
    "fieldValues": ["21"],
    "contactLists": ["31"],
}
VALUES = [{"id": "21", "contact": "7", "field": "3", "value": "gold"}]
ROWS = [
    {
        "id": "31",
        "contact": "7",
        "list": "2",
        "status": "2",
        "sdate": "2026-01-02T03:04:05-06:00",
        "udate": "2026-02-02T03:04:05-06:00",
        "updated_timestamp": "2026-02-02 03:04:05",
    }
]
CONTACTS = {
    "contacts": [CONTACT],
    "fieldValues": VALUES,
    "contactLists": ROWS,
    "meta": {"total": "1"},
}
SINGLE = {"contact": CONTACT, "fieldValues": VALUES, "contactLists": ROWS}
FIELDS = {
    "fields": [{"id": "3", "title": "Tier", "type": "dropdown", "perstag": "TIER"}],
    "fieldOptions": [{"id": "5", "field": "3", "orderid": "1", "value": "gold"}],
    "meta": {"total": "1"},
}
PROFILE = {
    "id": "p1",
    "properties": [{"id": "email", "values": ["anna@example.org"]}],
    "consentedObjectives": ["o1"],
    "refusedObjectives": ["o2"],
    "privacyLegislation": "GDPR",
    "permissions": {"level": "PERSONAL"},
    "segments": [{"id": "s1", "name": "All"}],
    "lifecycleStages": [
        {"lifecycle": {"id": "l1", "name": "Sales"}, "stage": {"id": "g1", "name": "First"}}
    ],
    "replaces": ["p0"],
}
ROW = ImportRow("anna@example.org", first_name="Anna", fields={3: "gold"})
WRITE = ProfileWrite("7", (PropertyWrite("visits", ("1",), "INCREMENT"),), profile_id="p1")


async def _pages(pages: AsyncIterator[Any]) -> list[Any]:
    return [page async for page in pages]


ENDPOINTS = [
    Endpoint(
        "me",
        "/api/3/users/me",
        lambda a, b: a.me(),
        {"user": {"firstName": "A", "lastName": "B", "username": "ab", "email": "a@x.org"}},
    ),
    Endpoint("fields", "/api/3/fields", lambda a, b: a.fields(), FIELDS),
    Endpoint(
        "lists",
        "/api/3/lists",
        lambda a, b: a.lists(),
        {"lists": [{"id": "2", "name": "News", "active_subscribers": "1"}]},
    ),
    Endpoint("contacts", "/api/3/contacts", lambda a, b: a.contacts_by_id(), CONTACTS),
    Endpoint("highest", "/api/3/contacts", lambda a, b: a.highest_contact_id(), CONTACTS),
    Endpoint(
        "by-email",
        "/api/3/contacts",
        lambda a, b: a.contacts_by_email("anna@example.org"),
        CONTACTS,
    ),
    Endpoint("contact", "/api/3/contacts/7", lambda a, b: a.contact(7), SINGLE),
    Endpoint(
        "write-contact",
        "/api/3/contacts/7",
        lambda a, b: a.write_contact(7, ROW),
        {"contact": CONTACT},
        "PUT",
    ),
    Endpoint(
        "list-status",
        "/api/3/contactLists",
        lambda a, b: a.set_list_status(7, 2, ListStatus.UNSUBSCRIBED),
        {"contactList": ROWS[0]},
        "POST",
    ),
    Endpoint(
        "exclusions",
        "/api/3/lists/exclusions",
        lambda a, b: a.exclusions(),
        {"exclusions": [{"id": "1", "matchPhrase": "x.org", "matchType": "suffix"}]},
    ),
    Endpoint(
        "bulk",
        "/api/3/import/bulk_import",
        lambda a, b: a.bulk_import([ROW], exclude_automations=False),
        {"success": 1, "queued_contacts": 1, "batchId": "b1", "message": "Queued"},
        "POST",
    ),
    Endpoint(
        "bulk-refused",
        "/api/3/import/bulk_import",
        lambda a, b: a.bulk_import([ROW], exclude_automations=False),
        {"success": 0, "message": "no", "failureReasons": [{"contact": 1, "failureReason": "x"}]},
        "POST",
        400,
    ),
    Endpoint(
        "batch",
        "/api/3/import/info",
        lambda a, b: a.batch("b1"),
        {"status": "completed", "success": ["7"], "failure": [{"email": "x@x.org"}]},
    ),
    Endpoint(
        "outstanding",
        "/api/3/import/bulk_import",
        lambda a, b: a.outstanding_batches(),
        {"outstanding": [{"batches": "2"}], "recentlyCompleted": []},
    ),
    Endpoint(
        "campaigns",
        "/api/3/campaigns",
        lambda a, b: a.activity.campaigns(),
        {
            "campaigns": [
                {
                    "id": "9",
                    "sdate": "2026-01-02T03:04:05-06:00",
                    "ldate": "2026-01-02T03:04:05-06:00",
                    "opens": "1",
                    "uniqueopens": "1",
                }
            ]
        },
    ),
    Endpoint(
        "campaign-lists",
        "/api/3/campaigns/9/campaignLists",
        lambda a, b: a.activity.campaign_lists(9),
        {"campaignLists": [{"id": "1", "listid": "2", "list": "2"}]},
    ),
    Endpoint(
        "campaign-links",
        "/api/3/campaigns/9/links",
        lambda a, b: a.activity.campaign_links(9),
        {"links": [{"id": "1", "messageid": "3", "link": "open"}]},
    ),
    Endpoint(
        "link-data",
        "/api/3/links/1/linkData",
        lambda a, b: _pages(a.activity.link_hits(CampaignLink(1, True))),
        {
            "linkData": [
                {
                    "id": "1",
                    "messageid": "3",
                    "subscriberid": "7",
                    "isread": "1",
                    "times": "2",
                    "tstamp": "2026-01-02T03:04:05-06:00",
                }
            ]
        },
    ),
    Endpoint(
        "token",
        "/rest/v2/oauth/token",
        lambda a, b: b.find_profiles([("email", "a")]),
        {"access_token": "t1", "expires_in": 3600, "token_type": "bearer"},
        "POST",
    ),
    Endpoint(
        "properties",
        "/rest/v2/profileProperties",
        lambda a, b: b.properties(),
        {"profileProperties": [{"id": "e", "name": "E", "filterType": "EMAIL", "indexed": True}]},
    ),
    Endpoint(
        "create-property",
        "/rest/v2/profileProperties/new",
        lambda a, b: b.create_property("new", "New", "SELECT"),
        {"id": "new"},
        "PUT",
    ),
    Endpoint(
        "segments",
        "/rest/v2/segments",
        lambda a, b: b.segments(),
        {"segments": [{"id": "s1", "name": "All", "profileCount": 12}]},
    ),
    Endpoint(
        "objectives",
        "/rest/v2/objectives",
        lambda a, b: b.objectives(),
        {"objectives": [{"id": "o", "name": "O", "needsConsent": True, "legislations": ["GDPR"]}]},
    ),
    Endpoint(
        "lifecycles",
        "/rest/v2/lifecycles",
        lambda a, b: b.lifecycles(),
        {
            "lifecycles": [
                {
                    "id": "l",
                    "name": "L",
                    "isEnabled": True,
                    "stages": [
                        {
                            "identifier": "g",
                            "name": "G",
                            "rule": {"frequencyCapViews": 2, "frequencyCapDuration": "WEEK"},
                        }
                    ],
                }
            ]
        },
    ),
    Endpoint(
        "interactions",
        "/rest/v2/dialogues",
        lambda a, b: b.interactions(),
        {"dialogues": [{"id": "d", "name": "Welcome", "variants": [{"id": "v", "name": "A"}]}]},
    ),
    Endpoint(
        "segment-page",
        "/rest/v2/segments/s1/profiles",
        lambda a, b: b.segment_page("s1", cursor=None, count=100, properties=["email"]),
        {"profiles": [PROFILE], "totalResults": 1, "nextCursor": "c2"},
    ),
    Endpoint(
        "find-profiles",
        "/rest/v2/profiles",
        lambda a, b: b.find_profiles([("email", "anna@example.org")]),
        {"profiles": [{"id": "p1"}]},
    ),
    Endpoint(
        "profile",
        "/rest/v2/profiles/p1",
        lambda a, b: b.profile("p1", properties=["email"]),
        PROFILE,
    ),
    Endpoint(
        "write-profiles",
        "/rest/v2/profiles",
        lambda a, b: b.write_profiles([WRITE]),
        [
            {
                "identifier": "7",
                "state": "MODIFIED",
                "profileId": "p1",
                "validationErrors": {"visits": ["not a number"]},
            }
        ],
        "PUT",
    ),
    Endpoint(
        "write-once",
        "/rest/v2/profiles",
        lambda a, b: b.write_profiles([WRITE], once=True),
        [
            {
                "identifier": "7",
                "state": "MODIFIED",
                "profileId": "p1",
                "validationErrors": {"visits": ["not a number"]},
            }
        ],
        "PUT",
    ),
]

MISSING = object()
ODD: Sequence[Any] = [
    MISSING,
    None,
    "",
    " ",
    "x",
    "4",
    "-1",
    "1_0",
    "\u0661",
    "\ud83d",
    "a\x00b",
    0,
    -1,
    1.5,
    True,
    False,
    HUGE,
    str(HUGE),
    "9" * 5_000,
    float("inf"),
    "9999-12-31T23:59:59-12:00",
    "0001-01-01T00:00:00+12:00",
    [],
    {},
    [None],
    [[]],
    ["x", 1],
    {"": None},
    {"id": ""},
]
"""What may stand in any place of an answer."""


def _deep(inner: bytes, depth: int) -> bytes:
    return b"[" * depth + inner + b"]" * depth


WHOLE: Sequence[bytes] = [
    b"",
    b" ",
    b"null",
    b"true",
    b"0",
    b'"x"',
    b"[]",
    b"{}",
    b"[null]",
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"9" * 5_000,
    b"\x00",
    b"\xff\xfe{\x00}\x00",
    b'{"id": 1',
    b"<html>",
    _deep(b"", 900),
    _deep(b"", 100_000),
    b'{"a":' * 900 + b"1" + b"}" * 900,
    json.dumps([{"id": ""}]).encode(),
]
"""What may come instead of an answer."""

HEADERS: Sequence[Mapping[str, str]] = [
    {"Date": "Fri, 31 Dec 9999 23:59:59 -1200"},
    {"Date": "Fri, 31 Dec 9999 23:59:59 GMT"},
    {"Date": "Mon, 01 Jan 0001 00:00:00 +1200"},
    {"Date": "soon"},
    {"Date": "Mon, 99 Jan 99999999999 00:00:00 GMT"},
    {"Content-Type": "application/octet-stream; charset=rot13"},
    {"Content-Encoding": "gzip"},
    {"Content-Encoding": "br"},
    {"Retry-After": "1e999"},
    {"Content-Length": "99999999999999999999"},
]

LOCATIONS = [
    "",
    "x",
    "//",
    "http://",
    "https://[::1",
    "https://acme:abc/",
    "https://acme:99999999999/",
    "https://xn--/",
    "https://a\u0660b/",
    "https://\udcff/",
    "javascript:alert(1)",
    "https://user:pass@evil.example/",
    "h" * 70_000,
]


def odd_bodies(body: Json) -> Iterator[tuple[str, bytes]]:
    """The body with each odd thing in each of its places, and what is odd about it."""
    for place in _places(body):
        for odd in ODD:
            changed = _with(body, place, odd)
            where = "/".join(map(str, place))
            shown = "missing" if odd is MISSING else repr(odd)[:40]
            yield f"{where} is {shown}", json.dumps(changed).encode("utf-8", "surrogatepass")
        yield (
            f"{place} is deep",
            json.dumps(_with(body, place, "@")).encode().replace(b'"@"', _deep(b"", 900)),
        )
        yield (
            f"{place} is long",
            json.dumps(_with(body, place, "@")).encode().replace(b'"@"', b"9" * 5_000),
        )


def _places(body: Json) -> Iterator[tuple[str | int, ...]]:
    if isinstance(body, dict | list):
        keys = list(body) if isinstance(body, dict) else range(len(body))
        for key in keys:
            yield (key,)
            yield from ((key, *rest) for rest in _places(body[key]))


def _with(body: Json, place: Sequence[str | int], odd: Any) -> Json:
    changed = copy.deepcopy(body)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    if odd is MISSING:
        del inner[place[-1]]
    else:
        inner[place[-1]] = odd
    return changed


def answering(endpoint: Endpoint, answer: Callable[[], httpx.Response]) -> httpx.MockTransport:
    """Answers this endpoint's first page oddly, everything else as it should be."""

    def serve(request: httpx.Request) -> httpx.Response:
        if endpoint.serves(request):
            first = {"offset": "0", "startIndex": "0"}
            later = any(
                request.url.params.get(name, start) != start for name, start in first.items()
            )
            if later and isinstance(endpoint.body, dict):
                return httpx.Response(200, json=dict.fromkeys(endpoint.body, []))
            return answer()
        for other in ENDPOINTS:
            if other.serves(request):
                return httpx.Response(other.status, json=other.body)
        return httpx.Response(404, json={"message": "nothing there"})

    return httpx.MockTransport(serve)


@asynccontextmanager
async def clients(
    transport: httpx.MockTransport,
    waits: Waits | None = None,
) -> AsyncIterator[tuple[ActiveCampaignClient, BlueConicClient]]:
    """Clients of both services that wait for nothing."""
    policy = replace(DEFAULT_RETRY_POLICY, waits=waits)
    async with http_client(transport=transport) as http:
        yield (
            ActiveCampaignClient(
                ACTIVECAMPAIGN,
                SecretStr("key"),
                pace=RateLimiter(rate=10_000),
                bulk_pace=BulkRateLimiter(per_minute=600_000, single_per_minute=600_000),
                http=http,
                policy=policy,
            ),
            BlueConicClient(BLUECONIC, "id", SecretStr("secret"), http=http, policy=policy),
        )
