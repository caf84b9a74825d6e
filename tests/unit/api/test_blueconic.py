"""Calls to BlueConic, answered in the test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
import respx
import stamina
from pydantic import SecretStr

from actui.api.blueconic.client import BlueConicClient
from actui.api.http import http_client
from actui.model.errors import (
    CredentialsError,
    LostAnswerError,
    RefusedError,
    RetriableError,
    UnreachableError,
)
from actui.model.records import ProfileWrite, PropertyWrite, Stage, StageOfProfile
from actui.model.sources import PlainSource

HOST = "https://acme.blueconic.net"
API = f"{HOST}/rest/v2"
SECRET = "very-secret"
WRITES = [
    ProfileWrite(
        "7",
        (PropertyWrite("email", ("a@x.org",), "SET", "NEW_PROFILES_ONLY"),),
        matching=((("email", "a@x.org"),), (("email", "A@x.org"),)),
        create=True,
        legislation="GDPR",
        permission_level="PERSONAL",
        domain_group="DEFAULT",
    ),
    ProfileWrite("8", (PropertyWrite("visits", ("1",), "INCREMENT"),), profile_id="p8"),
]


@dataclass
class Hands:
    now: float = 0.0


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4):
        yield


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
async def client(hands: Hands) -> AsyncIterator[BlueConicClient]:
    async with http_client() as http:
        yield BlueConicClient(HOST, "id", SecretStr(SECRET), http=http, clock=lambda: hands.now)


@pytest.fixture
def token(respx_mock: respx.MockRouter) -> respx.Route:
    numbers = iter(range(1, 100))
    return respx_mock.post(f"{API}/oauth/token").mock(
        side_effect=lambda request: httpx.Response(
            200, json={"access_token": f"t{next(numbers)}", "expires_in": 3600}
        )
    )


def everything(*rows: dict[str, Any], key: str, size: int = 20) -> Any:
    def serve(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["startIndex"])
        return httpx.Response(200, json={key: rows[start : start + size], "totalResults": 1})

    return serve


async def test_one_token_serves_many_and_is_replaced_in_time(
    client: BlueConicClient, token: respx.Route, hands: Hands, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.get(f"{API}/segments").respond(json={"segments": []})
    await asyncio.gather(*(client.segments() for _ in range(5)))
    assert token.call_count == 1
    form = parse_qs(token.calls.last.request.content.decode())
    assert form == {
        "grant_type": ["client_credentials"],
        "client_id": ["id"],
        "client_secret": [SECRET],
    }
    hands.now = 3539
    await client.segments()
    assert route.calls.last.request.headers["Authorization"] == "Bearer t1"
    hands.now = 3541
    await client.segments()
    assert route.calls.last.request.headers["Authorization"] == "Bearer t2"
    assert SECRET not in repr(vars(client)) + repr(vars(client._token))


async def test_a_401_has_the_token_replaced_once(
    client: BlueConicClient, token: respx.Route, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.get(f"{API}/segments")
    route.side_effect = [httpx.Response(401), httpx.Response(200, json={"segments": []})]
    assert await client.segments() == []
    assert token.call_count == 2
    route.side_effect = [httpx.Response(401), httpx.Response(401)]
    with pytest.raises(CredentialsError):
        await client.segments()


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_bad_client_is_a_matter_of_credentials(
    client: BlueConicClient, respx_mock: respx.MockRouter, status: int
) -> None:
    told = {"error": "invalid_client", "error_description": "Client authentication failed"}
    route = respx_mock.post(f"{API}/oauth/token").respond(status, json=told)
    with pytest.raises(CredentialsError, match="Client authentication failed") as caught:
        await client.segments()
    assert route.call_count == 1
    assert SECRET not in caught.value.message


async def test_an_unknown_host_is_unreachable(
    client: BlueConicClient, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(f"{API}/oauth/token").mock(side_effect=httpx.ConnectError("no such host"))
    with pytest.raises(UnreachableError, match=r"acme\.blueconic\.net"):
        await client.properties()


async def test_a_missing_right_is_named(
    client: BlueConicClient, token: respx.Route, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{API}/objectives").respond(403)
    with pytest.raises(CredentialsError, match="read:objectives"):
        await client.objectives()
    respx_mock.put(f"{API}/profiles").respond(403)
    with pytest.raises(CredentialsError, match="write:profiles"):
        await client.write_profiles(WRITES)
    respx_mock.get(f"{API}/dialogues").respond(403)
    assert await client.interactions() is None
    respx_mock.get(f"{API}/lifecycles").respond(404)
    assert await client.lifecycles() == ()


async def test_one_bare_403_is_confirmed_before_a_right_is_missed(
    client: BlueConicClient, token: respx.Route, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.get(f"{API}/segments")
    route.side_effect = [httpx.Response(403), httpx.Response(200, json={"segments": []})]
    assert await client.segments() == []
    denials = [httpx.Response(403), httpx.Response(403, json={"message": "no"})]
    route.side_effect = denials
    with pytest.raises(CredentialsError, match=r"read:segments \(no\)"):
        await client.segments()
    assert route.call_count == 4
    dialogues = respx_mock.get(f"{API}/dialogues")
    dialogues.side_effect = [httpx.Response(403), httpx.Response(200, json={"dialogues": []})]
    assert await client.interactions() == {}
    page = httpx.Response(403, html="<html>denied</html>")
    route.side_effect = [page, page]
    with pytest.raises(UnreachableError, match="web page"):
        await client.segments()


async def test_a_write_that_is_denied_once_is_sent_again(
    client: BlueConicClient, token: respx.Route, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.put(f"{API}/profiles")
    told = [{"identifier": "7", "state": "CREATED"}, {"identifier": "8", "state": "UNCHANGED"}]
    route.side_effect = [httpx.Response(403), httpx.Response(200, json=told)]
    assert [one.state for one in await client.write_profiles(WRITES)] == ["CREATED", "UNCHANGED"]
    route.side_effect = [httpx.Response(403), httpx.Response(403)]
    with pytest.raises(CredentialsError, match="write:profiles"):
        await client.write_profiles(WRITES)


async def test_a_token_denied_without_a_word_is_asked_for_once_more(
    client: BlueConicClient, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.post(f"{API}/oauth/token")
    respx_mock.get(f"{API}/segments").respond(json={"segments": []})
    route.side_effect = [httpx.Response(403), httpx.Response(200, json={"access_token": "t"})]
    assert await client.segments() == []
    client._token.refused(await client._token.auth())
    route.side_effect = [httpx.Response(403), httpx.Response(403)]
    with pytest.raises(CredentialsError, match="client id and secret"):
        await client.segments()


async def test_collections_are_paged_to_the_end(
    client: BlueConicClient, token: respx.Route, respx_mock: respx.MockRouter
) -> None:
    rows = [
        {"id": f"p{i}", "name": f"P {i}", "filterType": "EMAIL", "indexed": i == 1}
        for i in range(45)
    ]
    respx_mock.get(f"{API}/profileProperties").mock(
        side_effect=everything(*rows, key="profileProperties")
    )
    found = await client.properties()
    assert len(found) == 45
    assert [p.id for p in found if p.indexed] == ["p1"]
    assert found[0].type == "EMAIL"


async def test_metadata(
    client: BlueConicClient, token: respx.Route, respx_mock: respx.MockRouter
) -> None:
    segments = [{"id": "s1", "name": "All", "profileCount": 12}, {"id": "s2", "name": "Few"}]
    respx_mock.get(f"{API}/segments").mock(side_effect=everything(*segments, key="segments"))
    assert [(s.id, s.size) for s in await client.segments()] == [("s1", 12), ("s2", None)]
    objectives = [{"id": "o", "name": "O", "needsConsent": True, "legislations": ["GDPR"]}]
    respx_mock.get(f"{API}/objectives").mock(side_effect=everything(*objectives, key="objectives"))
    assert [o.legislations for o in await client.objectives()] == [("GDPR",)]
    rule = {"frequencyCapDuration": "WEEK", "frequencyCapViews": 2}
    stages = [
        {"identifier": "st1", "name": "First", "rule": {}},
        {"identifier": "st2", "name": "Second", "rule": rule},
    ]
    respx_mock.get(f"{API}/lifecycles").mock(
        side_effect=everything({"id": "l", "name": "L", "stages": stages}, key="lifecycles")
    )
    (found,) = await client.lifecycles()
    assert found.stages == (Stage("st1", "First"), Stage("st2", "Second", "WEEK", 2))
    assert found.enabled


@pytest.mark.parametrize(
    ("row", "names"),
    [
        ({}, {"d": "Welcome"}),
        ({"variants": [{"id": "v", "name": "Variant A"}, {"id": "w"}]}, ["d", "v", "w"]),
        # one object where the schema contradicts the example
        ({"variants": {"id": "v", "name": "Variant A"}}, ["d", "v"]),
        ({"variants": {}}, ["d"]),
        ({"variants": [None, "v", {"name": "no id"}]}, ["d"]),
        ({"variants": None}, ["d"]),
        # an id is no name
        ({"name": "", "variants": [{"id": "v", "name": "Variant A"}]}, []),
        ({"name": None}, []),
    ],
)
async def test_dialogues_and_their_variants_have_the_name_of_the_dialogue(
    client: BlueConicClient,
    token: respx.Route,
    respx_mock: respx.MockRouter,
    row: dict[str, Any],
    names: Iterable[str],
) -> None:
    dialogue = {"id": "d", "name": "Welcome", **row}
    respx_mock.get(f"{API}/dialogues").mock(side_effect=everything(dialogue, key="dialogues"))
    assert await client.interactions() == dict.fromkeys(names, "Welcome")


async def test_a_segment_is_listed_by_cursor(
    client: BlueConicClient, token: respx.Route, respx_mock: respx.MockRouter
) -> None:
    profile = {
        "id": "p1",
        "privacyLegislation": "GDPR",
        "consentedObjectives": ["o1"],
        "refusedObjectives": ["o2"],
        "permissions": {"level": "PERSONAL"},
        "properties": [{"id": "email", "values": ["a@x.org"]}, {"id": "empty"}],
        "segments": [{"id": "s1", "name": "All"}],
        "lifecycleStages": [
            {"lifecycle": {"id": "l", "name": "L"}, "stage": {"id": "s", "name": "S"}}
        ],
    }
    route = respx_mock.get(f"{API}/segments/s%2F1/profiles")
    body = {"totalResults": 2, "cursor": "*", "nextCursor": "n1", "profiles": [profile]}
    route.respond(json=body)
    page = await client.segment_page(
        "s/1", cursor=None, count=10, properties=["email", "x"], expand=["a", "b"]
    )
    query = route.calls.last.request.url.params.multi_items()
    assert query == [
        ("cursor", "*"),
        ("count", "10"),
        ("properties", "email,x"),
        ("expand", "a"),
        ("expand", "b"),
    ]
    assert (page.total, page.cursor, page.is_last) == (2, "n1", False)
    (found,) = page.profiles
    assert found.properties == {"email": ("a@x.org",), "empty": ()}
    assert (found.consented, found.refused) == ({"o1"}, {"o2"})
    assert (found.legislation, found.texts) == ("GDPR", {PlainSource.PERMISSION_LEVEL: "PERSONAL"})
    assert found.segments == (("s1", "All"),)
    assert found.lifecycle_stages == (StageOfProfile("l", "L", "s", "S"),)
    route.respond(json={"profiles": [{"id": "p2"}]})
    last = await client.segment_page("s/1", cursor="n1", count=10, properties=())
    assert last.cursor is None
    assert last.profiles[0].lifecycle_stages is None
    route.respond(json={"profiles": [{"id": "p2"}], "nextCursor": "n1"})
    with pytest.raises(RetriableError):
        await client.segment_page("s/1", cursor="n1", count=10, properties=())


async def test_profiles_are_written(
    client: BlueConicClient, token: respx.Route, respx_mock: respx.MockRouter
) -> None:
    told = [
        {"state": "UNAUTHORIZED", "identifier": "8", "validationErrors": {"visits": ["odd"]}},
        {"state": "CREATED", "identifier": "7", "profileId": "p7"},
    ]
    route = respx_mock.put(f"{API}/profiles").respond(json=told)
    first, second = await client.write_profiles(WRITES, objectives=["o1", "o2"])
    assert (first.identifier, first.state, first.profile_id) == ("7", "CREATED", "p7")
    assert (second.identifier, second.complaints) == ("8", ("visits: odd",))
    request = route.calls.last.request
    assert request.url.params["objectiveIds"] == "o1,o2"
    assert json.loads(request.content) == [
        {
            "identifier": "7",
            "strategy": "UPSERT",
            "properties": [
                {
                    "id": "email",
                    "strategy": "SET",
                    "values": ["a@x.org"],
                    "restriction": "NEW_PROFILES_ONLY",
                }
            ],
            "matching": [
                [{"id": "email", "value": "a@x.org"}],
                [{"id": "email", "value": "A@x.org"}],
            ],
            "privacyLegislation": "GDPR",
            "permissionLevel": "PERSONAL",
            "domainGroup": "DEFAULT",
        },
        {
            "identifier": "8",
            "strategy": "UPDATE",
            "properties": [{"id": "visits", "strategy": "INCREMENT", "values": ["1"]}],
            "profileId": "p8",
        },
    ]


async def test_a_413_answers_for_the_first_ones(
    client: BlueConicClient, token: respx.Route, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.put(f"{API}/profiles").respond(413, json=[{"state": "MODIFIED"}])
    (only,) = await client.write_profiles(WRITES)
    assert only.identifier == "7"
    route.respond(413, html="<html>")
    with pytest.raises(RefusedError):
        await client.write_profiles(WRITES)
    with pytest.raises(ValueError, match="1000"):
        await client.write_profiles(WRITES * 501)
    assert await client.write_profiles([]) == ()


async def test_busy_answers_to_a_write_are_waited_out(
    client: BlueConicClient, token: respx.Route, respx_mock: respx.MockRouter
) -> None:
    good = httpx.Response(200, json=[{"state": "MODIFIED"}, {"state": "MODIFIED"}])
    busy = [httpx.Response(429), httpx.Response(503), httpx.ConnectError("down"), good]
    respx_mock.put(f"{API}/profiles").mock(side_effect=busy)
    assert len(await client.write_profiles(WRITES)) == 2
    assert client.traffic.throttled == 2


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(408),
        httpx.Response(500),
        httpx.Response(502),
        httpx.Response(504),
        httpx.Response(200, text='[{"state":'),
        httpx.Response(200, json=[{"state": "MODIFIED"}]),
        httpx.Response(200, html="<html>"),
        httpx.ReadTimeout("slow"),
        httpx.WriteError("reset"),
    ],
)
async def test_a_write_whose_answer_is_lost_is_not_sent_again(
    client: BlueConicClient, token: respx.Route, respx_mock: respx.MockRouter, trouble: Any
) -> None:
    route = respx_mock.put(f"{API}/profiles").mock(side_effect=[trouble, trouble])
    with pytest.raises(LostAnswerError):
        await client.write_profiles(WRITES)
    assert route.call_count == 1


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 409, 413, 429, 499, 500, 503])
async def test_a_write_that_leaves_once_is_lost_whatever_the_status(
    client: BlueConicClient, token: respx.Route, respx_mock: respx.MockRouter, status: int
) -> None:
    route = respx_mock.put(f"{API}/profiles").respond(status)
    with pytest.raises(LostAnswerError) as caught:
        await client.write_profiles(WRITES, once=True)
    assert (route.call_count, caught.value.status) == (1, status)


async def test_a_write_that_leaves_once_has_a_new_token_and_waits_for_a_connection(
    client: BlueConicClient, token: respx.Route, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(f"{API}/segments").respond(json={"segments": []})
    await client.segments()
    good = httpx.Response(200, json=[{"state": "MODIFIED"}, {"state": "MODIFIED"}])
    route = respx_mock.put(f"{API}/profiles").mock(side_effect=[httpx.ConnectError("down"), good])
    assert len(await client.write_profiles(WRITES, once=True)) == 2
    used = [call.request.headers["Authorization"] for call in route.calls]
    assert used == ["Bearer t2", "Bearer t3"]


@pytest.mark.parametrize(
    "row",
    [
        {"id": "p1"},
        {"id": "p1", "properties": None},
        {"id": "p1", "properties": {}},
        {"id": "p1", "properties": ["receipt"]},
        {"id": "p1", "properties": [{"id": None, "values": ["1"]}]},
        {"id": "p1", "properties": [{"id": "receipt"}]},
        {"id": "p1", "properties": [{"id": "receipt", "values": None}]},
        {"id": "p1", "properties": [{"id": "receipt", "values": "1"}]},
        {"id": "p1", "properties": [{"id": "receipt", "values": [None]}]},
        {"id": "p1", "properties": [{"id": "receipt", "values": [{"value": "1"}]}]},
        {"id": "p1", "properties": [], "replacedBy": ["p2"]},
    ],
)
async def test_a_property_that_cannot_be_read_is_not_absent(
    client: BlueConicClient, token: respx.Route, respx_mock: respx.MockRouter, row: Any
) -> None:
    respx_mock.get(f"{API}/profiles/p1").respond(json=row)
    found = await client.profile("p1", properties=["receipt"])
    assert found is not None
    assert not found.shows("receipt")
    respx_mock.get(f"{API}/profiles/p1").respond(json={"id": "p1", "properties": []})
    found = await client.profile("p1", properties=["receipt"])
    assert found is not None
    assert found.shows("receipt")


async def test_a_tenant_that_does_not_know_the_strategy_is_told_apart(
    client: BlueConicClient, token: respx.Route, respx_mock: respx.MockRouter
) -> None:
    told = {"code": 400, "errors": [{"field": "strategy", "message": "unknown strategy"}]}
    respx_mock.put(f"{API}/profiles").respond(400, json=told)
    with pytest.raises(RefusedError, match="INCREMENT") as caught:
        await client.write_profiles(WRITES)
    assert caught.value.code == "strategy-refused"


async def test_a_property_is_created_even_at_the_second_try(
    client: BlueConicClient, token: respx.Route, respx_mock: respx.MockRouter
) -> None:
    route = respx_mock.put(f"{API}/profileProperties/ac_lists")
    route.side_effect = [httpx.ReadTimeout("slow"), httpx.Response(200, json={"id": "ac_lists"})]
    await client.create_property("ac_lists", "Lists", "SELECT")
    told = json.loads(route.calls.last.request.content)
    assert (told["id"], told["name"], told["filterType"]) == ("ac_lists", "Lists", "SELECT")


async def test_no_more_requests_are_under_way_than_allowed(
    client: BlueConicClient, token: respx.Route, respx_mock: respx.MockRouter
) -> None:
    running = most = 0

    async def serve(request: httpx.Request) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return httpx.Response(200, json={"segments": []})

    respx_mock.get(f"{API}/segments").mock(side_effect=serve)
    await asyncio.gather(*(client.segments() for _ in range(6)))
    assert most == 2
