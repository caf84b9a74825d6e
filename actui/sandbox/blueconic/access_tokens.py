"""OAuth 2.0 client credentials: `POST /oauth/token` and `/oauth/revoke` (OpenAPI, OAuth 2.0)."""

from __future__ import annotations

import secrets
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from actui.sandbox.clock import SandboxClock
from actui.sandbox.switches import Switches

LIFETIMES = {"hour": 3600, "minute": 60}
LARGEST_KEPT = 10_000


def _refused(error: str, description: str, status: int) -> Response:
    return JSONResponse({"error_description": description, "error": error}, status)


async def _form(request: Request) -> dict[str, str]:
    body = parse_qs((await request.body()).decode("utf-8", "replace"))
    return {name: values[0] for name, values in body.items()}


class AccessTokens:
    """The issued tokens with their expiry in sandbox time."""

    def __init__(
        self, clock: SandboxClock, switches: Switches, client_id: str, client_secret: str
    ) -> None:
        self._clock = clock
        self._switches = switches
        self._client = (client_id, client_secret)
        self._until: dict[str, float] = {}

    async def grant(self, request: Request) -> Response:
        """A token for the credentials in the form body; a header is not accepted."""
        form = await _form(request)
        if not {"grant_type", "client_id", "client_secret"} <= form.keys():
            return _refused("invalid_request", "A required parameter is missing", 400)
        if form["grant_type"] != "client_credentials":
            return _refused("unsupported_grant_type", "Unsupported grant type", 400)
        if (form["client_id"], form["client_secret"]) != self._client:
            return _refused("invalid_client", "Client authentication failed", 401)
        now = self._clock.now()
        if len(self._until) >= LARGEST_KEPT:
            self._until = {token: until for token, until in self._until.items() if until > now}
        token = secrets.token_urlsafe(24)
        lifetime = LIFETIMES[self._switches["token-lifetime"]]
        self._until[token] = now + lifetime
        return JSONResponse(
            {"access_token": token, "token_type": "Bearer", "expires_in": lifetime},
            headers={"Cache-Control": "no-store"},
        )

    async def revoke(self, request: Request) -> Response:
        """Revoke a token; an unknown one is no error (RFC 7009)."""
        form = await _form(request)
        if not {"token", "client_id", "client_secret"} <= form.keys():
            return _refused("invalid_request", "A required parameter is missing", 400)
        if (form["client_id"], form["client_secret"]) != self._client:
            return _refused("invalid_client", "Client authentication failed", 401)
        self._until.pop(form["token"], None)
        return Response()

    def accepts(self, authorization: str) -> bool:
        """Is this `Authorization` header a token that still holds?"""
        scheme, _, token = authorization.partition(" ")
        until = self._until.get(token)
        return scheme.lower() == "bearer" and until is not None and self._clock.now() < until

    def expire_all(self) -> None:
        """Every token given out so far stops working."""
        self._until.clear()
