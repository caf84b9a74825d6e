"""Whether a web address or host name that somebody enters can be used: the same answer as later.

What passes here is understood alike by httpx, by Python's sockets and by TLS; a test holds that
for addresses of every kind. httpx itself may not be imported on this floor.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult, urlsplit

import idna

LONGEST = 2_000
_NOT_IN_URLS = re.compile(r"[\s\\\"<>^`{|}\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff]")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LAST_NUMERIC = re.compile(r"([0-9]+|0x[0-9a-f]*)\Z")
_LONGEST_HOST = 253
_PORT = re.compile(r"[0-9]{1,5}\Z")
_LAST_PORT = 65_535
_NO_HOST = "its host name is not valid"


def url_trouble(url: str, *, takes_query: bool = False) -> str:
    """Why requests cannot be sent to an http or https address, as half a sentence; empty if fine.

    No part of the address is repeated: what stands in the wrong place may be a password.
    """
    if len(url) > LONGEST:
        return f"it is longer than {LONGEST:,} characters"
    if _NOT_IN_URLS.search(url):
        return "it holds a blank or another character that no web address has"
    try:
        parts = urlsplit(url)
    except ValueError:
        return _NO_HOST
    return _parts_trouble(parts, has_more=not takes_query and ("?" in url or "#" in url))


def _parts_trouble(parts: SplitResult, *, has_more: bool) -> str:
    host, port = _host_and_port(parts.netloc)
    troubles = (
        (parts.scheme not in ("http", "https"), "it must begin with https://"),
        ("@" in parts.netloc, "a web address must not hold a user name or password"),
        (has_more, "it has more than a host and a path"),
        (not _is_port(port), f"its port is not a number from 1 to {_LAST_PORT}"),
    )
    return next((message for is_wrong, message in troubles if is_wrong), "") or host_trouble(host)


def host_of(url: str) -> str:
    """The host that an address names, for a person; empty where it names none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def host_trouble(host: str) -> str:
    """Why nothing can be at a host name or address, as half a sentence; empty if it can be.

    An IPv6 address stands in brackets.
    """
    if host.startswith("[") and host.endswith("]"):
        return "" if _is_address(host[1:-1], IPv6Address) else "its IPv6 address is not valid"
    try:
        name = (host if host.isascii() else idna.encode(host.lower()).decode()).lower()
        if re.search(r"(^|\.)xn--", name):
            idna.decode(name)
    except UnicodeError:
        return _NO_HOST
    labels = name.removesuffix(".").split(".")
    if _LAST_NUMERIC.match(labels[-1]):
        return "" if _is_address(name, IPv4Address) else "its IPv4 address is not valid"
    fits = len(name) <= _LONGEST_HOST and all(_LABEL.fullmatch(label) for label in labels)
    return "" if fits else _NO_HOST


def _host_and_port(netloc: str) -> tuple[str, str]:
    if netloc.startswith("["):
        host, _, rest = netloc.partition("]")
        # what follows a bracket without a colon is no port either
        return f"{host}]", rest[1:] if rest.startswith(":") else rest and "none"
    host, _, port = netloc.partition(":")
    return host, port


def _is_port(text: str) -> bool:
    return not text or (bool(_PORT.match(text)) and 1 <= int(text) <= _LAST_PORT)


def _is_address(text: str, kind: type[IPv4Address | IPv6Address]) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return "%" not in text
