"""Restrict the sandbox's ports to programs on this machine, without pages in a browser.

Every web page can send requests to 127.0.0.1. One whose host name was made to resolve there has
that name in `Host`; a cross-origin request is marked by the browser in `Origin` and
`Sec-Fetch-Site`. No answer has CORS headers, so a page could not read one either.
"""

from __future__ import annotations

import hmac
import re
from ipaddress import IPv4Network, IPv6Address, ip_address

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK_V4, _LOOPBACK_V6 = IPv4Network("127.0.0.0/8"), IPv6Address("::1")
_HOST = re.compile(r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[a-z0-9.-]+))(?::[0-9]{1,5})?")


def is_loopback_host(header: str) -> bool:
    """Whether a `Host` header names this machine: 127.0.0.0/8, [::1] or localhost, any port."""
    found = _HOST.fullmatch(header.strip().lower())
    if found is None:
        return False
    host = found["v6"] or found["name"]
    if host.removesuffix(".") == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    if found["v6"]:
        return address == _LOOPBACK_V6
    return address in _LOOPBACK_V4


class LoopbackHost:
    """Answers 421 to a request whose `Host` is not this machine, whatever it asks for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            hosts = _values(scope, b"host")
            if len(hosts) != 1 or not is_loopback_host(hosts[0]):
                refusal = PlainTextResponse("The sandbox answers to this machine alone.\n", 421)
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)


class SecretPath:
    """Passes requests below the token's path, unless a browser's page sends them.

    Anything else gets a 404, or a 403 for a page, without a hint at the right path.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        _, token, rest = [*scope["path"].split("/", 2), "", ""][:3]
        if _is_page(scope):
            await Response(status_code=403)(scope, receive, send)
        elif not hmac.compare_digest(token.encode("utf-8", "replace"), self._token):
            await Response(status_code=404)(scope, receive, send)
        else:
            path = f"/{rest}"
            await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, send)


def _is_page(scope: Scope) -> bool:
    sites = _values(scope, b"sec-fetch-site")
    return bool(_values(scope, b"origin")) or any(site != "none" for site in sites)


def _values(scope: Scope, wanted: bytes) -> list[str]:
    return [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == wanted]
