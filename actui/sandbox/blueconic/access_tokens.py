"""OAuth 2.0 client credentials: `POST /oauth/token` (OpenAPI, OAuth 2.0)."""

from __future__ import annotations

import secrets
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from actui.sandbox.clock import SandboxClock

LIFETIME = 3600
LARGEST_KEPT = 10_000


def _refused(error: str, description: str, status: int) -> Response:
    return JSONResponse({"error_description": description, "error": error}, status)


class AccessTokens:
    """Tokens given out and until when they hold, in sandbox time."""

    def __init__(self, clock: SandboxClock, client_id: str, client_secret: str) -> None:
        self._clock = clock
        self._client = (client_id, client_secret)
        self._until: dict[str, float] = {}

    async def grant(self, request: Request) -> Response:
        """A token for the credentials in the form body; a header is not accepted."""
        body = parse_qs((await request.body()).decode("utf-8", "replace"))
        form = {name: values[0] for name, values in body.items()}
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
        self._until[token] = now + LIFETIME
        return JSONResponse(
            {"access_token": token, "token_type": "Bearer", "expires_in": LIFETIME},
            headers={"Cache-Control": "no-store"},
        )

    def accepts(self, authorization: str) -> bool:
        """Is this `Authorization` header a token that still holds?"""
        scheme, _, token = authorization.partition(" ")
        until = self._until.get(token)
        return scheme.lower() == "bearer" and until is not None and self._clock.now() < until

    def expire_all(self) -> None:
        """Every token given out so far stops working."""
        self._until.clear()
