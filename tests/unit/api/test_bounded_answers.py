"""One answer is bounded in time and in size, and pages that are too large come in smaller ones."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import stamina

from actui.api import http as transport
from actui.api.http import Call, exchange, http_client
from actui.api.waits import Waits
from actui.model.errors import (
    ActuiError,
    AnswerTooLargeError,
    LostAnswerError,
    RefusedError,
    RetriableError,
    StoppedError,
)
from tests.unit.api.odd_answers import CONTACT, PROFILE, clients

BODY = json.dumps({"name": "anna", "rest": "x" * 10_000}).encode()
SPACES = b" " * 1_000_000


def packed(body: bytes, wbits: int) -> bytes:
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(body) + packer.flush()


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=1):
        yield


class Server:
    """Sends pieces one after the other; `sent` counts them, `closed` once the client left."""

    def __init__(self, head: bytes, pieces: Callable[[], Iterator[bytes]]) -> None:
        self.head = head
        self.pieces = pieces
        self.sent = 0
        self.closed = asyncio.Event()
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\n" + self.head + b"\r\n\r\n")
            for piece in self.pieces():
                writer.write(piece)
                await writer.drain()
                self.sent += 1
                await asyncio.sleep(0)
            await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self.closed.set()


@asynccontextmanager
async def sending(head: bytes, pieces: Callable[[], Iterator[bytes]]) -> AsyncIterator[Server]:
    server = Server(head, pieces)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listening:
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/things"
        yield server


async def failure(server: Server, *, repeatable: bool = True) -> ActuiError:
    async with http_client() as http:
        with pytest.raises(ActuiError) as caught:
            await exchange(http, Call("Acme", "GET", server.url, repeatable=repeatable))
        async with asyncio.timeout(30):
            await server.closed.wait()
    return caught.value


def endless(piece: bytes) -> Callable[[], Iterator[bytes]]:
    def pieces() -> Iterator[bytes]:
        while True:
            yield piece

    return pieces


@pytest.mark.parametrize(("repeatable", "kind"), [(True, RetriableError), (False, LostAnswerError)])
async def test_an_answer_that_trickles_is_not_waited_for_without_end(
    repeatable: bool, kind: type[ActuiError], monkeypatch: pytest.MonkeyPatch
) -> None:
    # a byte now and then keeps every time limit of a single read from being reached
    monkeypatch.setattr(transport, "TRANSFER_SECONDS", -59.7)
    async with sending(b"Content-Length: 99999999", endless(b" ")) as server:
        error = await failure(server, repeatable=repeatable)
    assert type(error) is kind
    assert "GET /things" in error.message


async def test_reading_ends_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MOST_BYTES", 50_000)
    chunk = b"400\r\n" + b" " * 0x400 + b"\r\n"
    async with sending(b"Transfer-Encoding: chunked", endless(chunk)) as server:
        assert type(await failure(server)) is AnswerTooLargeError
        async with http_client() as http:
            with pytest.raises(LostAnswerError):
                await exchange(http, Call("Acme", "PUT", server.url, repeatable=False))


async def test_the_limit_holds_for_what_is_unpacked() -> None:
    """A hundred megabytes of blanks pack into a hundred kilobytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(SPACES) for _ in range(100)) + packer.flush()
    head = f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}".encode()
    async with sending(head, lambda: iter([bomb])) as server:
        error = await failure(server)
    assert isinstance(error, AnswerTooLargeError)
    assert "16 MiB" in error.message


async def test_an_error_of_any_size_keeps_its_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MOST_BYTES", 1_000)
    answer = httpx.Response(404, content=SPACES)
    async with http_client(transport=httpx.MockTransport(lambda request: answer)) as http:
        with pytest.raises(RefusedError) as caught:
            await exchange(http, Call("Acme", "GET", "https://acme.example/things"))
    assert caught.value.status == 404


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("", BODY),
        ("identity", BODY),
        ("gzip", packed(BODY, 31)),
        ("GZIP", packed(BODY[:50], 31) + packed(BODY[50:], 31)),
        ("x-gzip", packed(BODY, 31)),
        ("deflate", packed(BODY, zlib.MAX_WBITS)),
        ("deflate", packed(BODY, -zlib.MAX_WBITS)),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1_000_000])
async def test_a_body_is_unpacked_piece_by_piece(encoding: str, content: bytes, size: int) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), size):
            yield content[start : start + size]

    def serve(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": encoding}, content=pieces())

    async with http_client(transport=httpx.MockTransport(serve)) as http:
        answer = await exchange(http, Call("Acme", "GET", "https://acme.example/things"))
    assert answer.body["name"] == "anna"


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("gzip", b"{}"),
        ("gzip", packed(BODY, 31) + b"rubbish"),
        ("deflate", b"{}"),
        ("br", b"{}"),
        ("gzip, gzip", packed(packed(b"{}", 31), 31)),
        ("gzip", packed(BODY, 31)[:40]),
    ],
)
async def test_a_body_that_cannot_be_unpacked(encoding: str, content: bytes) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        plain = httpx.ByteStream(content)
        return httpx.Response(200, headers={"Content-Encoding": encoding}, stream=plain)

    async with http_client(transport=httpx.MockTransport(serve)) as http:
        with pytest.raises(RetriableError, match="GET /things"):
            await exchange(http, Call("Acme", "GET", "https://acme.example/things"))


# pages


class Account:
    """Contacts or profiles by number, some of them of a size; what was asked of it."""

    def __init__(self, people: int, large: dict[int, int]) -> None:
        self.people = range(1, people + 1)
        self.large = large
        self.sizes: list[int] = []

    def serve(self, request: httpx.Request) -> httpx.Response:
        path, params = request.url.path, request.url.params
        if path.endswith("/oauth/token"):
            return httpx.Response(200, json={"access_token": "t"})
        if path.endswith("/fields"):
            return httpx.Response(200, json={"fields": []})
        if path.startswith("/rest"):
            return self.profiles(params)
        if path == "/api/3/contacts":
            return self.contacts(params)
        return self.contact(int(path.rpartition("/")[2]))

    def _answer(self, told: dict[str, Any]) -> httpx.Response:
        return httpx.Response(200, json=told)

    def contacts(self, params: httpx.QueryParams) -> httpx.Response:
        limit = int(params["limit"])
        self.sizes.append(limit)
        bounds = int(params.get("id_greater", 0)), int(params.get("id_less", 2**62))
        found = [one for one in self.people if bounds[0] < one < bounds[1]][:limit]
        with_values = "include" in params
        return self._answer(
            {
                "contacts": [self._contact(one, with_values=with_values) for one in found],
                **({"fieldValues": self._values(found), "contactLists": []} if with_values else {}),
            }
        )

    def contact(self, number: int) -> httpx.Response:
        one = self._contact(number, with_values=True)
        return self._answer(
            {"contact": one, "fieldValues": self._values([number]), "contactLists": []}
        )

    def _contact(self, number: int, *, with_values: bool) -> dict[str, Any]:
        row = {**CONTACT, "id": str(number), "email": "anna@example.org"}
        del row["fieldValues"], row["contactLists"]
        return {**row, "fieldValues": [], "contactLists": []} if with_values else row

    def _values(self, found: list[int]) -> list[dict[str, Any]]:
        return [
            {"id": str(one), "contact": str(one), "field": "1", "value": "x" * self.large[one]}
            for one in found
            if one in self.large
        ]

    def profiles(self, params: httpx.QueryParams) -> httpx.Response:
        count, after = int(params["count"]), int(params["cursor"].replace("*", "0"))
        self.sizes.append(count)
        found = [one for one in self.people if one > after]
        page = found[:count]
        more = {"nextCursor": str(page[-1])} if found[count:] else {}
        rows = [self._profile(one, params["properties"]) for one in page]
        return self._answer({"profiles": rows, "totalResults": len(self.people), **more})

    def _profile(self, number: int, wanted: str) -> dict[str, Any]:
        remarks = [{"id": "remarks", "values": ["x" * self.large.get(number, 0)]}]
        return {**PROFILE, "id": f"p{number}", "properties": remarks if wanted != "id" else []}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MOST_BYTES", 200_000)


@pytest.mark.usefixtures("small")
async def test_a_page_of_contacts_that_is_too_large_comes_in_smaller_ones() -> None:
    account = Account(100, dict.fromkeys(range(1, 101), 5_000) | {60: 300_000})
    found = []
    async with clients(httpx.MockTransport(account.serve)) as (service, _):
        after = 0
        while (page := await service.contacts_by_id(after_id=after)).contacts:
            found += page.contacts
            assert not page.missing
            after = page.contacts[-1].id
    assert [one.id for one in found] == list(range(1, 101))
    assert [one.id for one in found if one.too_large] == [60]
    assert found[59].email == "anna@example.org"
    assert len(account.sizes) < 40


@pytest.mark.usefixtures("small")
async def test_a_contact_that_is_too_large_is_known_by_its_outline() -> None:
    account = Account(3, {2: 300_000})
    async with clients(httpx.MockTransport(account.serve)) as (service, _):
        read = await service.contact(2)
        assert read is not None
        assert (read.id, read.email, read.too_large) == (2, "anna@example.org", True)
        found = await service.contacts_by_email("anna@example.org")
    assert [(one.id, one.too_large) for one in found] == [(1, False), (2, True), (3, False)]


@pytest.mark.usefixtures("small")
async def test_a_page_of_profiles_that_is_too_large_comes_in_smaller_ones() -> None:
    account = Account(100, dict.fromkeys(range(1, 101), 5_000) | {60: 300_000})
    found, cursor = [], None
    async with clients(httpx.MockTransport(account.serve)) as (_, service):
        while True:
            page = await service.segment_page(
                "s", cursor=cursor, count=1_000, properties=["remarks"]
            )
            found += page.profiles
            cursor = page.cursor
            if cursor is None:
                break
    assert [one.id for one in found] == [f"p{number}" for number in range(1, 101)]
    assert [one.id for one in found if one.too_large] == ["p60"]
    assert page.is_last


@pytest.mark.usefixtures("small")
async def test_other_listings_come_in_smaller_pages() -> None:
    rows = [{"id": str(one), "name": "x" * 5_000} for one in range(1, 101)]

    def serve(request: httpx.Request) -> httpx.Response:
        params = request.url.params
        if request.url.path.endswith("/oauth/token"):
            return httpx.Response(200, json={"access_token": "t"})
        start = int(params.get("offset", params.get("startIndex", 0)))
        size = int(params.get("limit", params.get("count", 0)))
        key = request.url.path.rpartition("/")[2]
        return httpx.Response(200, json={key: rows[start : start + size]})

    async with clients(httpx.MockTransport(serve)) as (activecampaign, blueconic):
        assert len(await activecampaign.lists()) == 100
        assert len(await blueconic.segments()) == 100


async def test_a_listing_that_never_ends_is_an_error() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        params = request.url.params
        if request.url.path.endswith("/oauth/token"):
            return httpx.Response(200, json={"access_token": "t"})
        start = int(params.get("offset", params.get("startIndex", 0))) + 1
        key = request.url.path.rpartition("/")[2]
        return httpx.Response(200, json={key: [{"id": str(start), "name": "x"}]})

    async with clients(httpx.MockTransport(serve)) as (activecampaign, blueconic):
        with pytest.raises(ActuiError, match="ActiveCampaign went on listing lists"):
            await activecampaign.lists()
        with pytest.raises(ActuiError, match="BlueConic went on listing segments"):
            await blueconic.segments()


# a stop


class _Trickle(httpx.AsyncByteStream):
    """Sends a blank now and then, for ever; `began` once somebody reads."""

    def __init__(self, began: asyncio.Event) -> None:
        self._began = began

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b" "
            self._began.set()
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("service", [0, 1], ids=["ActiveCampaign", "BlueConic"])
async def test_one_stop_ends_the_wait_for_an_answer_that_trickles(
    service: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actui.api.waits.GRACE", 0.01)
    began, waits = asyncio.Event(), Waits()

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth/token"):
            return httpx.Response(200, json={"access_token": "t"})
        return httpx.Response(200, stream=_Trickle(began))

    async with clients(httpx.MockTransport(serve), waits) as both:
        asked = [both[0].lists, both[1].segments][service]
        for _ in range(2):  # on its way when the stop comes, and asked for after it
            read = asyncio.ensure_future(asked())
            async with asyncio.timeout(30):
                await began.wait()
                waits.end()
                with pytest.raises(StoppedError):
                    await read
