"""How answers and failures of any kind are sorted, partly over a real socket."""

from __future__ import annotations

import asyncio
import ssl
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
import respx
import stamina
from pydantic import SecretStr

from actui.api.activecampaign.account import _KeyAuth
from actui.api.blueconic.token import BearerAuth, TokenSource
from actui.api.http import Answer, Call, exchange, http_client, service_words
from actui.api.retry import RetryPolicy, _wait_for, with_retry
from actui.model.errors import (
    ActuiError,
    LostAnswerError,
    RefusedError,
    RetriableError,
    ServiceError,
    UnreachableError,
)
from actui.model.redaction import register_secret

URL = "https://acme.example/x"
SECRET = "do-not-show"


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


def call(url: str = URL, *, repeatable: bool = True) -> Call:
    return Call("Acme", "GET", url, auth=BearerAuth(SecretStr(SECRET)), repeatable=repeatable)


async def failure(http: httpx.AsyncClient, request: Call) -> ActuiError:
    with pytest.raises(ActuiError) as caught:
        await exchange(http, request)
    return caught.value


@asynccontextmanager
async def server(answer: bytes) -> AsyncIterator[str]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
        except asyncio.IncompleteReadError:
            pass  # nothing was asked
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        HEAD + b'Content-Length: 100\r\n\r\n{"a": 1}',
        HEAD + b'Transfer-Encoding: chunked\r\n\r\n8\r\n{"a": 1}\r\n',
        HEAD + b"Content-Length: 0\r\n\r\n",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        b"nonsense\r\n\r\n",
    ],
)
async def test_an_answer_that_does_not_come_whole(
    answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # loopback needs no proxy
    async with http_client() as http, server(answer) as url:
        assert isinstance(await failure(http, call(url)), RetriableError)
        assert isinstance(await failure(http, call(url, repeatable=False)), LostAnswerError)


async def test_a_closed_port_was_never_reached() -> None:
    async with server(b"") as url:
        pass
    async with http_client() as http:
        for repeatable in (True, False):
            request = call(url, repeatable=repeatable)
            with pytest.raises(UnreachableError) as caught:
                await with_retry(lambda request=request: exchange(http, request), host="here")  # type: ignore[misc]
            assert "here" in caught.value.message


async def test_cookies_are_not_kept_and_redirects_not_followed() -> None:
    body = b"Set-Cookie: PHPSESSID=1\r\nContent-Length: 2\r\n\r\n{}"
    async with http_client() as http, server(HEAD + body) as url:
        assert (await exchange(http, call(url))).body == {}
        assert not list(http.cookies.jar)
        assert not http.follow_redirects


@respx.mock
async def test_no_secret_is_in_an_error_or_its_traceback() -> None:
    respx.get(URL).mock(side_effect=httpx.ReadTimeout("slow"))
    async with http_client() as http:
        error = await failure(http, call())
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert SECRET not in "".join(shown.format())
    assert error.__context__ is None


async def test_a_bad_certificate_is_not_tried_again() -> None:
    tried = 0

    def refuse(request: httpx.Request) -> httpx.Response:
        nonlocal tried
        tried += 1
        try:
            raise ssl.SSLCertVerificationError("self-signed")
        except ssl.SSLError as cause:
            raise httpx.ConnectError("certificate verify failed") from cause

    async with http_client(transport=httpx.MockTransport(refuse)) as http:
        with pytest.raises(UnreachableError, match="SSL_CERT_FILE"):
            await with_retry(lambda: exchange(http, call()), host="acme.example")
    assert tried == 1


@respx.mock
@pytest.mark.parametrize(
    ("header", "after"),
    [
        ("30", 30.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("99999", 600.0),
        ("soon", None),
        ("nan", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        # counted from the answer's own time, whatever this machine's clock shows
        ("Wed, 01 Jan 2098 10:01:30 GMT", 90.0),
        ("Wed, 01 Jan 2098 19:00:00 GMT", 600.0),
    ],
)
async def test_retry_after(header: str, after: float | None) -> None:
    served = "Wed, 01 Jan 2098 10:00:00 GMT"
    respx.get(URL).respond(429, headers={"Retry-After": header, "Date": served})
    async with http_client() as http:
        error = await failure(http, call(repeatable=False))
    assert isinstance(error, RetriableError)
    assert error.after == after


@respx.mock
async def test_an_instant_without_the_time_of_the_answer_says_nothing() -> None:
    respx.get(URL).respond(429, headers={"Retry-After": "Wed, 01 Jan 2098 10:01:30 GMT"})
    async with http_client() as http:
        error = await failure(http, call(repeatable=False))
    assert isinstance(error, RetriableError)
    assert error.after is None


def test_the_wait_is_what_the_service_asked_for_and_a_little_more() -> None:
    assert 30 <= _wait_for(RetriableError("busy", after=30)) < 31
    assert _wait_for(RetriableError("busy")) is True
    assert _wait_for(LostAnswerError("lost")) is False


async def test_patience_has_an_end() -> None:
    sent = 0

    async def send() -> None:
        nonlocal sent
        sent += 1
        raise RetriableError("busy", status=503)

    with pytest.raises(RetriableError):
        await with_retry(send, host="acme.example", policy=RetryPolicy(attempts=2))
    assert sent == 3  # testing mode's own number


@respx.mock
async def test_a_refusal_speaks_in_the_services_words() -> None:
    respx.get(URL).respond(422, json={"errors": [{"title": "Taken", "code": "duplicate"}]})
    async with http_client() as http:
        error = await failure(http, call())
    assert isinstance(error, RefusedError)
    assert (error.status, error.detail) == (422, "Taken")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "No Result found"}, "No Result found"),
        ({"errors": "Bulk operation failed"}, "Bulk operation failed"),
        ({"errors": [{"title": "Bad", "detail": "No e-mail"}, {"title": "Bad"}]}, "Bad No e-mail"),
        ({"message": "No.", "failureReasons": ["a", {"failureReason": "b"}]}, "No. a b"),
        ({"code": 400, "errors": [{"field": "x", "message": "odd"}]}, "odd"),
        ({"error": "invalid_client", "error_description": "Failed"}, "Failed"),
        ({"error": "invalid_client"}, "invalid_client"),
        (None, ""),
        ([1, {"errors": None}], ""),
    ],
)
def test_service_words(body: Any, words: str) -> None:
    assert service_words(body) == words


@pytest.mark.parametrize("secret", [" do-not-show", "do-not-show\n", "do-not\x00-show"])
async def test_a_request_that_http_does_not_allow_is_neither_sent_again_nor_quoted(
    secret: str,
) -> None:
    sent = 0

    async def send() -> Answer:
        nonlocal sent
        sent += 1
        return await exchange(http, replace(call(url), auth=_KeyAuth(SecretStr(secret))))

    async with http_client() as http, server(HEAD + b"Content-Length: 2\r\n\r\n{}") as url:
        with pytest.raises(ServiceError) as caught:
            await with_retry(send, host="here")
    assert (sent, caught.value.code) == (1, "unsendable")
    assert not isinstance(caught.value, RetriableError | LostAnswerError)
    assert "not-show" not in caught.value.message


ADDRESSES = ["gopher://x/", "https://127.0.0.1:99999/", "https://exa\x00mple/", "x"]


@pytest.mark.parametrize("url", ADDRESSES)
async def test_an_address_that_is_none_is_not_tried_again(url: str) -> None:
    sent = 0

    async def send() -> Answer:
        nonlocal sent
        sent += 1
        return await exchange(http, call(url))

    async with http_client() as http:
        with pytest.raises(UnreachableError, match="not a valid web address"):
            await with_retry(send, host="here")
    assert sent == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"Authorization: Bearer do-not-show\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header do-not-show\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: https://do-not-show/\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: https://x:99999/\r\n\r\n",
        b'HTTP/1.1 400 Bad\r\nContent-Length: 34\r\n\r\n{"message": "no key \'do-not-show\'"}',
        b"HTTP/1.1 500 Bad\r\nContent-Length: 39\r\n\r\nToken do-not-show of anna@x.org is wrong",
    ],
)
async def test_what_a_server_repeats_of_a_request_is_not_shown(answer: bytes) -> None:
    register_secret(SECRET)
    async with http_client() as http, server(answer) as url:
        error = await failure(http, call(url))
    assert SECRET not in error.message
    assert "anna" not in error.message


async def test_a_token_that_no_header_carries_is_no_answer() -> None:
    async with http_client() as http, respx.mock:
        respx.post("https://t.example/oauth/token").respond(json={"access_token": "a\nb"})
        source = TokenSource(
            "https://t.example", "me", SecretStr("x"), http=http, sending=lambda: None
        )
        with pytest.raises(RetriableError, match="without the data"):
            await source.auth()


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"name": "\\ud800x"}', "?x"),
        (b'{"name": "x\\uDC00"}', "x?"),
        (b'{"name": "\\ud83d\\ude00"}', "\N{GRINNING FACE}"),
        (b'{"name": "a\xff"}', "a\N{REPLACEMENT CHARACTER}"),
        (b'{"name": "\xed\xa0\x80"}', "\N{REPLACEMENT CHARACTER}" * 3),
        (b'\xef\xbb\xbf{"name": "a"}', "a"),
    ],
)
@respx.mock
async def test_a_name_that_is_no_text_makes_no_page_unreadable(body: bytes, name: str) -> None:
    respx.get(URL).respond(content=body)
    async with http_client() as http:
        assert (await exchange(http, call())).body == {"name": name}
