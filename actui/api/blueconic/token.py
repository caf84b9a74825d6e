"""The access token of a BlueConic application: fetched when needed, shared, only in memory."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Generator
from typing import Any

import httpx
from pydantic import SecretStr

from actui.api.answer_values import count
from actui.api.http import WEB_PAGE, Answer, Call, exchange, page_instead, read, wrong_host
from actui.model.errors import CredentialsError, RefusedError, ServiceError
from actui.model.redaction import register_secret

_USUAL_LIFETIME = 3_600
"""Seconds, if BlueConic's answer has none that can be read; a 401 renews a token, too."""
_LONGEST_LIFETIME = 86_400
_FORBIDDEN = 403
_EARLY = 60.0  # seconds before its end at which a token is no longer used
_TOKEN = re.compile(r"[!-~]+")
"""Visible ASCII: what RFC 6749 (appendix A.12) allows in a token, and a header can carry."""


class BearerAuth(httpx.Auth):
    """Adds a token to the request right before it is sent."""

    def __init__(self, token: SecretStr) -> None:
        self.token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header of the OpenAPI's `oauth2` scheme."""
        request.headers["Authorization"] = f"Bearer {self.token.get_secret_value()}"
        yield request


class TokenSource:
    """Client credentials in the body of `POST /oauth/token` (OpenAPI v103, operation getToken).

    Concurrent requests that need a token share one call.
    """

    def __init__(
        self,
        base: str,
        client_id: str,
        secret: SecretStr,
        *,
        http: httpx.AsyncClient,
        sending: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = f"{base}/oauth/token"
        self._client_id = client_id
        self._secret = secret
        self._http = http
        self._sending = sending
        self._clock = clock
        self._lock = asyncio.Lock()
        self._auth: BearerAuth | None = None
        self._good_until = 0.0

    async def auth(self) -> BearerAuth:
        """A token valid for at least a minute. Raises CredentialsError if the client is refused.

        May also raise what `exchange` raises; it does not retry.
        """
        async with self._lock:
            if self._auth is None or self._clock() >= self._good_until:
                self._auth = await self._fetch()
            return self._auth

    async def renewed(self) -> BearerAuth:
        """A token fetched now, so that it cannot expire during the request. Raises as `auth`.

        Tokens handed out earlier stay valid.
        """
        async with self._lock:
            self._auth = await self._fetch()
            return self._auth

    def refused(self, auth: BearerAuth) -> None:
        """Drop a token that was answered with 401, unless it has been replaced already."""
        if self._auth is auth:
            self._auth = None

    async def _fetch(self) -> BearerAuth:
        call = Call(
            "BlueConic",
            "POST",
            self._url,
            form=_Form(self._client_id, self._secret),
        )
        asked = self._clock()
        try:
            answer = await self._answer(call)
        except ServiceError as error:
            elsewhere = wrong_host(call, error, "the host name of the tenant")
            if elsewhere is not None:
                raise elsewhere from None
            if not isinstance(error, RefusedError):
                raise
            if error.status == _FORBIDDEN and error.code == WEB_PAGE:
                raise page_instead(call, _FORBIDDEN) from None
            message = f" ({error.detail})" if error.detail else ""
            raise CredentialsError(
                f"BlueConic at {call.host} does not accept the client id and secret{message}: "
                "check the application under Settings, Access management, Applications"
            ) from None
        token, lifetime = read(call, answer, _token)
        self._good_until = asked + max(lifetime - _EARLY, lifetime / 2)
        return BearerAuth(token)

    async def _answer(self, call: Call) -> Answer:
        """The answer; a 403 that may come from a proxy is verified by a second request."""
        try:
            self._sending()
            return await exchange(self._http, call)
        except RefusedError as error:
            if error.status != _FORBIDDEN or error.detail:
                raise
        self._sending()
        return await exchange(self._http, call)


class _Form(dict[str, str]):
    """The token request's form, whose repr shows no secret."""

    def __init__(self, client_id: str, secret: SecretStr) -> None:
        super().__init__(
            grant_type="client_credentials",
            client_id=client_id,
            client_secret=secret.get_secret_value(),
        )

    def __repr__(self) -> str:
        return "_Form(…)"


def _token(body: Any) -> tuple[SecretStr, float]:
    token = body["access_token"]
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise ValueError("no token that a header can carry")
    register_secret(token)
    lifetime = count(body.get("expires_in")) or _USUAL_LIFETIME
    return SecretStr(token), float(min(lifetime, _LONGEST_LIFETIME))
