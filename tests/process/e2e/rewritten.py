"""Answers of the sandbox that are changed on their way to actui."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from actui.api.http import http_client

Rewrite = Callable[[httpx.Request, bytes], bytes]


class _Rewriting(httpx.AsyncBaseTransport):
    def __init__(self, rewrite: Rewrite) -> None:
        self._line = httpx.AsyncHTTPTransport(verify=False)
        self._rewrite = rewrite

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._line.handle_async_request(request)
        body = await response.aread()
        await response.aclose()
        kept = [
            (name, value)
            for name, value in response.headers.raw
            if name.lower() not in (b"content-length", b"transfer-encoding", b"content-encoding")
        ]
        changed = self._rewrite(request, body)
        return httpx.Response(
            response.status_code, headers=kept, stream=httpx.ByteStream(changed), request=request
        )

    async def aclose(self) -> None:
        await self._line.aclose()


def rewrite_answers(monkeypatch: pytest.MonkeyPatch, rewrite: Rewrite) -> None:
    """From now on clients read what `rewrite` makes of each body."""

    def client(*, answer_seconds: float) -> httpx.AsyncClient:
        return http_client(answer_seconds=answer_seconds, transport=_Rewriting(rewrite))

    monkeypatch.setattr("actui.context.clients.http_client", client)
