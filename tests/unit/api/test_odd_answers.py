"""Whatever stands in an answer, only documented errors come out, and only what can be kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

import httpx
import pytest
import stamina

from actui.model.errors import (
    CredentialsError,
    LostAnswerError,
    RefusedError,
    RetriableError,
    ServiceError,
    UnreachableError,
)
from tests.unit.api.odd_answers import (
    ENDPOINTS,
    HEADERS,
    LOCATIONS,
    WHOLE,
    Endpoint,
    answering,
    clients,
    odd_bodies,
)

DOCUMENTED = (ServiceError, CredentialsError, UnreachableError)
MOST = 2**63 - 1
each = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("actui.api.blueconic.client._SECOND_LOOK", 0.0)
    # an odd token would be taken out of every later message
    monkeypatch.setattr("actui.model.redaction._secrets", set())
    with stamina.set_testing(True, attempts=1):
        yield


async def outcome(endpoint: Endpoint, response: httpx.Response) -> Any:
    """What the call returns or the documented error that it raises; anything else is a bug."""
    async with clients(answering(endpoint, lambda: response)) as (activecampaign, blueconic):
        try:
            return await endpoint.ask(activecampaign, blueconic)
        except DOCUMENTED as error:
            return error


def check(endpoint: Endpoint, what: str, result: Any) -> None:
    """Errors name service and endpoint; values can be stored."""
    if not isinstance(result, Exception):
        assert not list(unstorable(result)), (what, result)
        return
    message = str(result)
    assert endpoint.service in message or "acme." in message, what
    assert message.encode(), what
    if isinstance(result, RetriableError | LostAnswerError | RefusedError):
        assert endpoint.path in message, (what, message)


def unstorable(value: Any) -> Iterator[Any]:
    """What no ledger could keep, and empty ids."""
    if is_dataclass(value):
        named = {one.name: getattr(value, one.name) for one in fields(value)}
        ids = {name: named[name] for name in ("id", "profile_id", "batch_id") if name in named}
        yield from (name for name, found in ids.items() if found in {"", 0})
        yield from unstorable(named.values())
    elif isinstance(value, Mapping):
        yield from unstorable([*value, *value.values()])
    elif isinstance(value, str | int | float | datetime | None):
        if not can_be_kept(value):
            yield value
    else:
        yield from (bad for one in value for bad in unstorable(one))


def can_be_kept(value: str | int | float | datetime | None) -> bool:
    """Whether a ledger takes a value and a run can calculate with it."""
    if isinstance(value, str):
        return "\x00" not in value and value.encode("utf-8", "replace").decode() == value
    if isinstance(value, datetime):
        return 1970 <= value.year <= 2200
    return value is None or -MOST <= value <= MOST


@each
async def test_a_good_answer_is_read(endpoint: Endpoint) -> None:
    result = await outcome(endpoint, httpx.Response(endpoint.status, json=endpoint.body))
    assert not isinstance(result, Exception), result


@each
async def test_odd_values_in_an_answer(endpoint: Endpoint) -> None:
    for what, body in odd_bodies(endpoint.body):
        check(
            endpoint, what, await outcome(endpoint, httpx.Response(endpoint.status, content=body))
        )


@each
@pytest.mark.parametrize("status", [200, 400, 403, 404, 413, 422, 500, 503])
async def test_odd_bodies_of_any_status(endpoint: Endpoint, status: int) -> None:
    for body in WHOLE:
        check(
            endpoint, repr(body[:40]), await outcome(endpoint, httpx.Response(status, content=body))
        )


@each
async def test_odd_headers(endpoint: Endpoint) -> None:
    for headers in HEADERS:
        for status in (endpoint.status, 429):
            plain = httpx.ByteStream(json.dumps(endpoint.body).encode())
            response = httpx.Response(status, headers=headers, stream=plain)
            check(endpoint, str(headers), await outcome(endpoint, response))


@each
async def test_a_location_that_is_no_url(endpoint: Endpoint) -> None:
    for location in LOCATIONS:
        raw = [(b"Location", location.encode("utf-8", "surrogateescape"))]
        result = await outcome(endpoint, httpx.Response(302, headers=raw))
        assert isinstance(result, ServiceError | UnreachableError), location
        assert "pass" not in str(result)
