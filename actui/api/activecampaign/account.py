"""Requests to one ActiveCampaign account: its key, rate limit, retries and denials.

activecampaign.md §1. The calls themselves are in `actui.api.activecampaign.client` and `activity`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from actui.api.activecampaign import rows as shape
from actui.api.http import WEB_PAGE, Answer, Call, exchange, page_instead, read, wrong_host
from actui.api.rate import RateLimiter
from actui.api.retry import DEFAULT_RETRY_POLICY, PageSize, RetryPolicy, with_retry
from actui.api.waits import reading
from actui.model.errors import (
    CredentialsError,
    LostAnswerError,
    RefusedError,
    RetriableError,
    ServiceError,
)
from actui.model.journal import Traffic
from actui.model.records import User

SERVICE = "ActiveCampaign"
PAGE = 100  # the maximum (activecampaign.md §3.1)
MOST_PAGES = 1_000
"""A listing that still brings something new after this many pages is broken."""
_DENIALS = 3  # in a row, before a 403 is taken at its word

T = TypeVar("T")
K = TypeVar("K")


class _KeyAuth(httpx.Auth):
    """Adds the key to the request right before it is sent."""

    def __init__(self, key: SecretStr) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Api-Token"] = self._key.get_secret_value()
        yield request


class AccountSession:
    """Requests to one account. All methods raise the errors of `actui.model.errors`.

    `url` is the account's base address as `service_url` returns it. `pace` is the account's rate
    limiter. The caller closes `http`. A 403 becomes CredentialsError only if `users/me` is denied
    three times as well, because it also occurs with good keys (§1.2).
    """

    def __init__(
        self,
        url: str,
        key: SecretStr,
        *,
        pace: RateLimiter,
        http: httpx.AsyncClient,
        policy: RetryPolicy = DEFAULT_RETRY_POLICY,
    ) -> None:
        self.traffic = Traffic()
        self.base = f"{url.rstrip('/')}/api/3"
        self.auth = _KeyAuth(key)
        self._pace = pace
        self._http = http
        self._policy = policy

    async def pages(
        self, path: str, parse: Callable[[Any], Mapping[K, T]], *, most: int = MOST_PAGES
    ) -> AsyncIterator[Mapping[K, T]]:
        """The new rows of each page, by id, until a page brings nothing new.

        `parse` reads the body of a page. `meta.total` and short pages are no end: neither is
        reliable (§3.1, §3.2). Raises ServiceError after `most` pages.
        """
        seen: set[K] = set()
        offset, size = 0, PageSize(PAGE)
        for _ in range(most):

            def ask(limit: int, offset: int = offset) -> Awaitable[Mapping[K, T]]:
                params = [("limit", str(limit)), ("offset", str(offset))]
                return self.get(path, params, lambda answer: parse(answer.body))

            page = await size.ask(ask)
            fresh = {id_: row for id_, row in page.items() if id_ not in seen}
            if not fresh:
                return
            offset += len(page)
            seen.update(fresh)
            yield fresh
        raise ServiceError(f"{SERVICE} went on listing {path} after {most:,} pages.")

    async def all_rows(self, path: str, parse: Callable[[Any], Mapping[K, T]]) -> list[T]:
        """Everything on all pages, each id once."""
        return [row async for page in self.pages(path, parse) for row in page.values()]

    async def get(
        self, path: str, params: Sequence[tuple[str, str]], parse: Callable[[Answer], T]
    ) -> T:
        """The answer of a GET, read by `parse`; retried."""
        call = Call(SERVICE, "GET", f"{self.base}/{path}", auth=self.auth, params=tuple(params))

        async def send() -> T:
            answer = await self.send(call)
            return read(call, answer, lambda _: parse(answer))

        return await self.guarded(send)

    async def call(self, call: Call, parse: Callable[[Any], T]) -> T:
        """The body of a call, read by `parse`; retried if the call allows that."""

        async def send() -> T:
            return read(call, await self.send(call), parse)

        return await self.guarded(send)

    async def call_once(self, call: Call, parse: Callable[[Any], T]) -> T:
        """As `call`, but sent once: only the caller can know whether to send it again.

        Raises RetriableError if the service says that nothing was done, and RefusedError 401 or 403
        for a denial although the key is good.
        """

        async def send() -> T:
            return read(call, await self.send(call), parse)

        return await self._once(send)

    async def send(self, call: Call) -> Answer:
        """Send one request within the account's rate limit."""
        grant = await self._pace.acquire()
        self.traffic.requests += 1
        try:
            async with reading(self._policy.waits, call.method):
                answer = await exchange(self._http, call)
        except ServiceError as error:
            if error.status in (429, 503):
                self.traffic.throttled += 1
                self._pace.slow_down(getattr(error, "after", None))
            raise
        finally:
            self._pace.answered(grant)
        self._pace.succeeded()
        return answer

    async def retried(self, send: Callable[[], Awaitable[T]]) -> T:
        """Call `send` until it succeeds or the retry policy is used up."""
        return await with_retry(send, host=urlsplit(self.base).hostname or "", policy=self._policy)

    async def guarded(self, send: Callable[[], Awaitable[T]]) -> T:
        """`send` with retries; a denial counts only if `users/me` confirms it."""
        denials = 0

        async def attempt() -> T:
            nonlocal denials
            try:
                return await self._once(send)
            except RefusedError as error:
                denials += error.status in (401, 403)
                if error.status not in (401, 403) or denials >= _DENIALS:
                    raise
                raise RetriableError(
                    f"{error.message} although it accepts the key",
                    status=error.status,
                    detail=error.detail,
                ) from None

        return await self.retried(attempt)

    async def _once(self, send: Callable[[], Awaitable[T]]) -> T:
        """Call `send` once; a denial counts only if `users/me` confirms it."""
        try:
            return await send()
        except ServiceError as error:
            if _is_denial(error):
                await self._confirm_denial(error)
            raise

    async def _confirm_denial(self, denial: ServiceError) -> None:
        try:
            await self.probe()  # raises CredentialsError when it is the key
        except ServiceError:
            # The probe's own trouble must not have a write sent again whose fate is unknown.
            if isinstance(denial, LostAnswerError):
                raise denial from None
            raise

    async def probe(self) -> User:
        """Ask `users/me` until it answers; a denial is repeated at most three times."""
        call = Call(SERVICE, "GET", f"{self.base}/users/me", auth=self.auth)
        page: int | None = None
        for _ in range(_DENIALS):
            try:
                answer = await self.send(call)
            except ServiceError as error:
                elsewhere = wrong_host(call, error, "the URL")
                if elsewhere is not None:
                    raise elsewhere from None
                if not _is_denial(error):
                    raise
                page = error.status if error.code == WEB_PAGE else None
                continue
            return read(call, answer, shape.user)
        if page in (401, 403):
            # the service itself refuses in JSON or without a body (§1.2)
            raise page_instead(call, page)
        if page:
            raise CredentialsError(
                f"{call.host} answers with a web page instead of data: "
                "the address is not the account's API URL, or the API key has expired"
            )
        raise CredentialsError(
            f"ActiveCampaign at {call.host} does not accept the API key: "
            "copy it again from Settings, Developer"
        )


def _is_denial(error: ServiceError) -> bool:
    return error.status in (401, 403) or (error.code == WEB_PAGE and error.status == 200)
