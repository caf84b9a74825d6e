"""Calls to ActiveCampaign, answered in the test."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest
import respx
import stamina
from pydantic import SecretStr

from actui.api.activecampaign.client import ActiveCampaignClient
from actui.api.activecampaign.rows import BULK_ENVELOPE, bulk_row_size
from actui.api.http import http_client
from actui.api.rate import BulkRateLimiter, RateLimiter
from actui.model.errors import (
    CredentialsError,
    LostAnswerError,
    RefusedError,
    RetriableError,
    UnreachableError,
)
from actui.model.goals import ListStatus
from actui.model.limits import BULK_BYTES
from actui.model.records import BulkQueued, BulkRefused, ImportRow

HOST = "https://acme.api-us1.com"
API = f"{HOST}/api/3"
KEY = "k" * 72
PAGE = httpx.Response(200, html="<html><body>Log in</body></html>")
ME = httpx.Response(200, json={"user": {"firstName": "A", "lastName": "B", "email": "a@x.org"}})
ROW = ImportRow("a@x.org", "Ann", fields={3: "gold"}, subscribe=(7,))


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4):
        yield


@pytest.fixture
async def client() -> AsyncIterator[ActiveCampaignClient]:
    async def skip(seconds: float) -> None:
        clock[0] += seconds

    clock = [0.0]
    pace = RateLimiter(None, clock=lambda: clock[0], sleep=skip)
    bulk = BulkRateLimiter(None, clock=lambda: clock[0], sleep=skip)
    async with http_client() as http:
        yield ActiveCampaignClient(HOST, SecretStr(KEY), pace=pace, bulk_pace=bulk, http=http)


def person(id_: int, email: str = "", **more: Any) -> dict[str, Any]:
    return {"id": str(id_), "email": email or f"p{id_}@x.org", **more}


def no_fields(mock: respx.MockRouter) -> None:
    mock.get(f"{API}/fields").respond(json={"fields": []})


@respx.mock
async def test_the_key_travels_in_its_header_and_nowhere_else(
    client: ActiveCampaignClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    route = respx.get(f"{API}/users/me").mock(return_value=ME)
    user = await client.me()
    assert (user.name, user.email) == ("A B", "a@x.org")
    request = route.calls.last.request
    assert request.headers["Api-Token"] == KEY
    assert KEY not in str(request.url) + caplog.text + repr(vars(client))


@respx.mock
@pytest.mark.parametrize("answer", [httpx.Response(403), PAGE, httpx.Response(401, json={})])
async def test_a_key_denied_three_times_is_a_matter_of_credentials(
    client: ActiveCampaignClient, answer: httpx.Response
) -> None:
    route = respx.get(f"{API}/users/me").mock(return_value=answer)
    with pytest.raises(CredentialsError) as caught:
        await client.me()
    assert route.call_count == 3
    assert KEY not in caught.value.message


@respx.mock
async def test_a_page_that_refuses_says_nothing_about_the_key(client: ActiveCampaignClient) -> None:
    """A firewall's; ActiveCampaign itself refuses a key in JSON or without a body."""
    page = httpx.Response(403, html="<html>Access denied</html>")
    route = respx.get(f"{API}/users/me").mock(return_value=page)
    with pytest.raises(UnreachableError, match="such as a firewall"):
        await client.me()
    assert route.call_count == 3


@respx.mock
async def test_a_403_now_and_then_is_no_bad_key(client: ActiveCampaignClient) -> None:
    respx.get(f"{API}/users/me").mock(side_effect=[httpx.Response(403), ME])
    page = {"lists": [{"id": "1", "name": "News", "active_subscribers": "5"}]}
    respx.get(f"{API}/lists").mock(
        side_effect=[
            httpx.Response(403),
            httpx.Response(200, json=page),
            httpx.Response(200, json=page),
        ]
    )
    assert [(x.id, x.name, x.active) for x in await client.lists()] == [(1, "News", 5)]


@respx.mock
async def test_a_403_that_stays_is_a_missing_permission(client: ActiveCampaignClient) -> None:
    respx.get(f"{API}/users/me").mock(return_value=ME)
    told = {"errors": [{"status": 403, "title": "Forbidden", "detail": "No view of lists."}]}
    respx.get(f"{API}/lists").respond(403, text=json.dumps(told), content_type="text/plain")
    with pytest.raises(RefusedError, match="No view of lists") as caught:
        await client.lists()
    assert caught.value.status == 403


@respx.mock
async def test_metadata_is_paged_to_the_end_whatever_the_page_size(
    client: ActiveCampaignClient,
) -> None:
    everything = [{"id": str(i), "perstag": f"tag_{i}", "type": "text"} for i in range(1, 131)]

    def serve(request: httpx.Request) -> httpx.Response:
        offset = int(request.url.params["offset"])
        rows = everything[max(0, offset - 1) : offset + 20]  # overlaps: rows have moved
        options = [
            {"field": "2", "orderid": "2", "value": "b", "id": "9"},
            {"field": "2", "orderid": 1, "value": "a", "id": "8"},
        ]
        return httpx.Response(
            200, json={"fields": rows, "fieldOptions": options, "meta": {"total": "20"}}
        )

    respx.get(f"{API}/fields").mock(side_effect=serve)
    fields = await client.fields()
    assert [field.id for field in fields] == list(range(1, 131))
    assert fields[1].tag == "TAG_2"
    assert fields[1].options == ("a", "b")


@respx.mock
async def test_a_page_of_contacts(client: ActiveCampaignClient) -> None:
    fields = [{"id": "5", "perstag": "tier", "title": "Tier", "type": "text"}]
    respx.get(f"{API}/fields").respond(json={"fields": fields})
    body = {
        "contacts": [
            person(
                4,
                udate="2026-05-28T04:03:25-05:00",
                cdate="0000-00-00",
                firstName="Ann",
                bounced_hard="1",
                fieldValues=["1", 2],
                contactLists=["7"],
            ),
            person(6, deleted="1", fieldValues=["99"], contactLists=[], phone=None),
        ],
        "fieldValues": [
            {"id": 1, "contact": "4", "field": "5", "value": "gold"},
            {"id": 2, "contact": "4", "field": "77", "value": "gone"},
        ],
        "contactLists": [{"id": "7", "contact": "4", "list": "3", "status": "2"}],
        "meta": {"total": "14"},
    }
    headers = {"Date": "Thu, 28 May 2026 10:00:00 GMT"}
    route = respx.get(f"{API}/contacts").respond(json=body, headers=headers)
    page = await client.contacts_by_id(
        after_id=3,
        before_id=9,
        list_id=3,
        status=ListStatus.UNSUBSCRIBED,
        updated_after=datetime(2026, 5, 28, 12, tzinfo=timezone(timedelta(hours=2))),
    )
    assert dict(route.calls.last.request.url.params) == {
        "orders[id]": "ASC",
        "limit": "100",
        "include": "fieldValues,contactLists",
        "id_greater": "3",
        "id_less": "9",
        "listid": "3",
        "status": "2",
        "filters[updated_after]": "2026-05-28T10:00:00Z",
    }
    first, second = page.contacts
    assert (first.id, first.first_name, first.bounced_hard, first.created) == (4, "Ann", 1, None)
    assert first.updated is not None
    assert first.updated.isoformat() == "2026-05-28T09:03:25+00:00"
    assert first.fields == {"TIER": "gold"}
    assert first.lists == {3: ListStatus.UNSUBSCRIBED}
    assert (second.erased, second.phone) == (True, "")
    assert page.missing == {6}
    assert page.total == 14
    assert page.served_at is not None
    assert page.served_at.isoformat() == "2026-05-28T10:00:00+00:00"


@respx.mock
async def test_contacts_are_missing_when_include_is_ignored(client: ActiveCampaignClient) -> None:
    no_fields(respx.mock)
    respx.get(f"{API}/contacts").respond(json={"contacts": [person(1)]})
    assert (await client.contacts_by_id()).missing == {1}
    assert (await client.highest_contact_id()).missing == frozenset()


@respx.mock
async def test_an_ignored_email_filter_finds_nobody(client: ActiveCampaignClient) -> None:
    no_fields(respx.mock)
    rows = [person(1, "first@x.org"), person(2, "A+B@x.org"), person(3, "a+b@x.org")]
    body = {"contacts": rows, "fieldValues": [], "contactLists": []}
    route = respx.get(f"{API}/contacts").respond(json=body)
    found = await client.contacts_by_email("A+b@X.org")
    assert [one.id for one in found] == [3, 2]
    assert b"email=A%2Bb%40X.org" in route.calls.last.request.url.query
    assert await client.contacts_by_email("other@x.org") == []


@respx.mock
async def test_one_contact_or_none(client: ActiveCampaignClient) -> None:
    no_fields(respx.mock)
    respx.get(f"{API}/contacts/1").respond(404, json={"message": "No Result found"})
    assert await client.contact(1) is None
    respx.get(f"{API}/contacts/2").respond(json={"contact": person(3)})
    with pytest.raises(RetriableError):
        await client.contact(2)


@respx.mock
async def test_reads_are_repeated_through_every_kind_of_trouble(
    client: ActiveCampaignClient,
) -> None:
    no_fields(respx.mock)
    good = httpx.Response(200, json={"contacts": [], "meta": {"total": 0}})
    respx.get(f"{API}/users/me").mock(return_value=ME)
    route = respx.get(f"{API}/contacts")
    for trouble in (
        httpx.Response(429, headers={"Retry-After": "30"}),
        httpx.Response(503, html="<html>"),
        httpx.Response(504),
        httpx.Response(200),
        httpx.Response(200, text='{"contacts": ['),
        httpx.Response(200, json={"else": 1}),
        httpx.Response(200, json=[]),
        httpx.Response(520, html="<html>"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        httpx.ConnectError("refused"),
    ):
        route.side_effect = [trouble, good]
        assert (await client.contacts_by_id()).contacts == []
    assert client.traffic.throttled == 2
    assert client.traffic.requests == 1 + 22


@respx.mock
async def test_a_host_that_never_answers_is_unreachable(client: ActiveCampaignClient) -> None:
    route = respx.get(f"{API}/users/me").mock(side_effect=httpx.ConnectError("no route"))
    with pytest.raises(UnreachableError, match=r"acme\.api-us1\.com"):
        await client.me()
    assert route.call_count == 3
    busy = [httpx.Response(503), *[httpx.ConnectError("no route")] * 3]
    respx.get(f"{API}/users/me").mock(side_effect=busy)
    with pytest.raises(RetriableError):
        await client.me()


@respx.mock
async def test_a_redirect_names_the_other_host(client: ActiveCampaignClient) -> None:
    respx.get(f"{API}/users/me").respond(302, headers={"Location": "https://www.new.example/x"})
    with pytest.raises(UnreachableError, match=r"www\.new\.example"):
        await client.me()


@respx.mock
async def test_a_bulk_import_says_everything_twice(client: ActiveCampaignClient) -> None:
    route = respx.post(f"{API}/import/bulk_import").respond(
        json={"Success": 1, "queued_contacts": 1, "batchId": "b-1"}
    )
    assert await client.bulk_import([ROW], exclude_automations=True) == BulkQueued("b-1")
    told = json.loads(route.calls.last.request.content)
    assert told == {
        "contacts": [
            {
                "email": "a@x.org",
                "first_name": "Ann",
                "fields": [{"id": 3, "value": "gold"}],
                "subscribe": [{"listid": 7}],
                "exclude_automations": True,
            }
        ],
        "exclude_automations": True,
    }
    await client.bulk_import([ROW], exclude_automations=False)
    assert b"exclude" not in route.calls.last.request.content


@respx.mock
async def test_a_bulk_refusal_names_its_rows(client: ActiveCampaignClient) -> None:
    reasons = [
        {"contact": 2, "failureReason": "Bad"},
        {"contact": "1", "failureReason": "No"},
        {"contact": 2, "failureReason": "Worse"},
    ]
    route = respx.post(f"{API}/import/bulk_import")
    route.respond(400, json={"success": 0, "message": "No.", "failureReasons": reasons})
    refused = await client.bulk_import([ROW, ROW], exclude_automations=False)
    assert refused == BulkRefused(((0, "No"), (1, "Bad; Worse")))
    route.respond(
        400, json={"success": 0, "failureReasons": [{"contact": 3, "failureReason": "x"}]}
    )
    with pytest.raises(RefusedError, match="contact 3: x"):
        await client.bulk_import([ROW, ROW], exclude_automations=False)
    route.respond(400, json={"success": 0, "failureReasons": ["Invalid or unparsable json"]})
    with pytest.raises(RefusedError, match="unparsable"):
        await client.bulk_import([ROW], exclude_automations=False)


@respx.mock
async def test_the_bulk_limit_is_waited_out(client: ActiveCampaignClient) -> None:
    limit = {
        "success": 0,
        "message": "Rate limit exceeded.",
        "failureReasons": ["Up to 100 imports may be requested per minute."],
    }
    respx.post(f"{API}/import/bulk_import").mock(
        side_effect=[
            httpx.Response(400, json=limit),
            httpx.Response(429),
            httpx.ConnectError("down"),
            httpx.Response(200, json={"success": 5, "batchId": 7}),
        ]
    )
    assert await client.bulk_import([ROW], exclude_automations=False) == BulkQueued("7")
    assert client.traffic.throttled == 2


@respx.mock
@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(503, headers={"Retry-After": "1"}),
        httpx.Response(500, html="<html>"),
        httpx.Response(200),
        httpx.Response(200, json={}),
        httpx.Response(200, text="{"),
        *(
            httpx.Response(200, json={"success": 1, "batchId": odd})
            for odd in (
                " ",
                True,
                1e308,
                0.5,
                -4,
                [],
                {"id": 1},
                "a b",
                "\ufffd1945",
                "٣",
                "x" * 201,
            )
        ),
        PAGE,
        httpx.ReadTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("cut"),
    ],
)
async def test_a_bulk_import_whose_answer_is_lost_is_not_sent_again(
    client: ActiveCampaignClient, trouble: Any
) -> None:
    respx.get(f"{API}/users/me").mock(side_effect=[httpx.Response(503), ME, ME, ME])
    route = respx.post(f"{API}/import/bulk_import").mock(side_effect=[trouble, trouble])
    with pytest.raises(LostAnswerError):
        await client.bulk_import([ROW], exclude_automations=False)
    assert route.call_count == 1


async def test_a_bulk_import_has_its_limits(client: ActiveCampaignClient) -> None:
    with pytest.raises(ValueError, match="250"):
        await client.bulk_import([ROW] * 251, exclude_automations=False)
    fat = ImportRow("a@x.org", fields={1: "é" * 3000})
    with pytest.raises(ValueError, match="399999"):
        await client.bulk_import([fat] * 100, exclude_automations=False)


@respx.mock
async def test_row_sizes_foretell_the_size_of_the_body(client: ActiveCampaignClient) -> None:
    fat = ImportRow("a@x.org", "\ud83d", fields={1: 'é"' * 700}, subscribe=(1, 2))
    number = min(250, (BULK_BYTES - BULK_ENVELOPE) // bulk_row_size(fat))
    route = respx.post(f"{API}/import/bulk_import").respond(json={"batchId": "b"})
    await client.bulk_import([fat] * number, exclude_automations=True)
    size = len(route.calls.last.request.content)
    assert bulk_row_size(fat) * number <= size + 1 <= bulk_row_size(fat) * number + BULK_ENVELOPE


@respx.mock
async def test_batches(client: ActiveCampaignClient) -> None:
    route = respx.get(f"{API}/import/info", params={"batchId": "b"})
    route.respond(json={"status": False})
    assert (await client.batch("b")).state == "unknown"
    route.respond(json={"status": "completed", "success": ["12", 13], "failure": ["bad@x.org"]})
    done = await client.batch("b")
    assert (done.state, done.contact_ids, done.failed_emails) == (
        "completed",
        {12, 13},
        ("bad@x.org",),
    )
    respx.get(f"{API}/import/bulk_import").respond(
        json={"outstanding": [{"batches": "3"}, {"batches": 2}], "recentlyCompleted": []}
    )
    assert await client.outstanding_batches() == 5


HUGE = 2**70


@respx.mock
async def test_ids_beyond_64_bits_keep_nobody_else_out(client: ActiveCampaignClient) -> None:
    no_fields(respx)
    listing = respx.get(f"{API}/contacts")
    listing.respond(json={"contacts": [person(5), person(HUGE)]})
    page = await client.contacts_by_id()
    assert ([one.id for one in page.contacts], page.beyond) == ([5], 1)
    assert await client.contacts_by_email(f"p{HUGE}@x.org") == []
    listing.side_effect = [
        httpx.Response(200, json={"contacts": [person(HUGE)]}),
        httpx.Response(200, json={"contacts": [person(7)]}),
    ]
    highest = await client.highest_contact_id()
    assert ([one.id for one in highest.contacts], highest.beyond) == ([7], 1)
    assert listing.calls.last.request.url.params["id_less"] == str(2**63 - 1)


@respx.mock
async def test_other_things_with_ids_beyond_64_bits_are_left_out(
    client: ActiveCampaignClient,
) -> None:
    rows = {"lists": [{"id": str(HUGE), "name": "Huge"}, {"id": "3", "name": "News"}]}
    pages = [httpx.Response(200, json=rows), httpx.Response(200, json={"lists": []})]
    respx.get(f"{API}/lists").mock(side_effect=pages)
    assert [one.id for one in await client.lists()] == [3]


@respx.mock
@pytest.mark.parametrize("number", ["1e400", "Infinity", "NaN"])
async def test_a_number_that_is_none_is_an_unusable_answer(
    client: ActiveCampaignClient, number: str
) -> None:
    no_fields(respx)
    respx.get(f"{API}/contacts/5").respond(content=f'{{"contact": {{"id": {number}}}}}'.encode())
    with pytest.raises(RetriableError):
        await client.contact(5)
