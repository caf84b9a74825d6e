"""Ways to spoil an answer, and the transport that does so between the engine and the sandbox.

An answer is made unreadable, contradictory or absurd, never a plausible lie: a status that is
another valid status, or a number that is another number, nobody could find out.
"""

from __future__ import annotations

import copy
import gzip
import json
import random
import re
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tests.bench.figures import Figures

DEEP = 3_000
"""Brackets in one another: more than a parser of Python takes."""
BOMB = 24 * 1024 * 1024
"""Bytes that an answer of some kilobytes unpacks to."""
ODD_VALUES: tuple[Any, ...] = (
    *(None, "", [], {}, True, "null", "\ud83d", "\x1b]0;x\x07", "x" * 20_000, "4", "٣"),
    *(10**30, -(10**30), 1e308, float("inf"), float("nan"), 2**63, "9999-12-31T23:59:59-12:00"),
    *({"id": None}, [None], [[]], "https://[", "0x10", "1e5", " 1 ", 0.5),
)
UNCOUNTED = {"campaigns", "links", "linkData", "campaignLists"}
"""Listings of which nothing tells surely how many rows they have."""
COUNTS = ("total", "totalResults", "count", "profileCount", "startIndex")
ROWS_OF_VALUES = ("value", "values")
"""Keys of what people entered: an odd value there may be what somebody did enter."""

DECIDING = re.compile(
    r"/segments/[^/]+/profiles$|/contacts\b|/contactLists$|/bulk_import$|/profiles$"
)
"""Answers that decide what is written: spoiled three times as often, and more often row by row."""
OF_ROWS = ("row lost", "list row", "missing key", "null", "wrong count", "duplicate id", "cursor")

TRIES = 40
"""Ways that are tried on an answer, of which some fit some answers alone."""

Spoiled = tuple[int, list[tuple[str, str]], bytes]


@dataclass(frozen=True)
class Answer:
    """What a service answered, its JSON read where it is some."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    json: Any


def _nodes(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value: what holds it, and by which key or index."""
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value))
    for key, held in pairs:
        yield value, key
        if isinstance(held, dict | list):
            yield from _nodes(held)


def _places(answer: Answer, wanted: Callable[[Any, Any], bool]) -> tuple[Any, list[Any]]:
    """A copy of the answer, and the places in it that fit."""
    told = copy.deepcopy(answer.json)
    if not isinstance(told, dict | list):
        return told, []
    return told, [(holder, key) for holder, key in _nodes(told) if wanted(holder, key)]


def _lists(answer: Answer, at_least: int) -> tuple[Any, list[Any]]:
    told, places = _places(
        answer, lambda holder, key: isinstance(holder[key], list) and len(holder[key]) >= at_least
    )
    return told, [holder[key] for holder, key in places]


def _text(told: Any) -> bytes:
    return json.dumps(told).encode()


def _with(answer: Answer, told: Any) -> Spoiled:
    return answer.status, answer.headers, _text(told)


def _type(answer: Answer, draw: random.Random) -> Spoiled | None:
    told, places = _places(answer, lambda holder, key: key not in ROWS_OF_VALUES)
    if not places:
        return None
    holder, key = draw.choice(places)
    holder[key] = draw.choice(ODD_VALUES)
    return _with(answer, told)


def _missing(answer: Answer, draw: random.Random) -> Spoiled | None:
    told, places = _places(answer, lambda holder, _: isinstance(holder, dict))
    if not places:
        return None
    holder, key = draw.choice(places)
    del holder[key]
    return _with(answer, told)


def _null(answer: Answer, draw: random.Random) -> Spoiled | None:
    told, places = _places(answer, lambda *_: True)
    if not places:
        return None
    holder, key = draw.choice(places)
    holder[key] = None
    return _with(answer, told)


def _doubled(answer: Answer, draw: random.Random) -> Spoiled | None:
    """A key twice, first with nothing: which one counts differs between parsers."""
    _, places = _places(answer, lambda holder, _: isinstance(holder, dict))
    if not places:
        return None
    name = json.dumps(draw.choice(places)[1])
    text = json.dumps(answer.json)
    return (
        answer.status,
        answer.headers,
        text.replace(f"{name}:", f"{name}: null, {name}:", 1).encode(),
    )


def _row_lost(answer: Answer, draw: random.Random) -> Spoiled | None:
    """A row of a listing is missing that the listing's own numbers still count."""
    if not _counts_rows(answer.json):
        return None
    told = copy.deepcopy(answer.json)
    # what is inside of a row, nothing counts
    found = [told[key] for key in told if key != "links" and isinstance(told[key], list)]
    found = [rows for rows in found if rows and isinstance(rows[0], dict)]
    if not found:
        return None
    rows = draw.choice(found)
    del rows[draw.randrange(len(rows))]
    return _with(answer, told)


def _counts_rows(told: Any) -> bool:
    """BlueConic's answers have `links` beside any rows, which are no listing of their own."""
    if not isinstance(told, dict) or "totalResults" in told:
        return isinstance(told, dict)
    return "meta" in told and UNCOUNTED.isdisjoint(told)


def _row_twice(answer: Answer, draw: random.Random) -> Spoiled | None:
    told, found = _lists(answer, 1)
    if not found:
        return None
    rows = draw.choice(found)
    rows.append(rows[draw.randrange(len(rows))])
    return _with(answer, told)


def _same_id(answer: Answer, draw: random.Random) -> Spoiled | None:
    """A row has the id of one before it."""
    told, found = _lists(answer, 2)
    found = [rows for rows in found if all(isinstance(r, dict) and "id" in r for r in rows)]
    if not found:
        return None
    rows = draw.choice(found)
    first = draw.randrange(len(rows) - 1)
    rows[draw.randrange(first + 1, len(rows))]["id"] = rows[first]["id"]
    return _with(answer, told)


def _order(answer: Answer, draw: random.Random) -> Spoiled | None:
    told, found = _lists(answer, 2)
    if not found:
        return None
    draw.shuffle(draw.choice(found))
    return _with(answer, told)


def _count(answer: Answer, draw: random.Random) -> Spoiled | None:
    told, places = _places(answer, lambda _, key: key in COUNTS)
    if not places:
        return None
    holder, key = draw.choice(places)
    holder[key] = draw.choice((0, -1, 1, 10**9, "many", None, str(holder[key]) + "0"))
    return _with(answer, told)


def _cursor(answer: Answer, draw: random.Random) -> Spoiled | None:
    """The listing goes on for ever, or begins anew."""
    if not isinstance(answer.json, dict) or "profiles" not in answer.json:
        return None
    cursor = draw.choice(("again", "", 7, None, {"cursor": "x"}, "x" * 9_000))
    return _with(answer, {**answer.json, "nextCursor": cursor})


def _depth(answer: Answer, draw: random.Random) -> Spoiled | None:
    told, places = _places(answer, lambda *_: True)
    if not places:
        return None
    holder, key = draw.choice(places)
    holder[key] = "DEEP"
    deep = b"[" * DEEP + b"]" * DEEP
    return answer.status, answer.headers, _text(told).replace(b'"DEEP"', deep, 1)


def _large(answer: Answer, draw: random.Random) -> Spoiled | None:
    told, places = _places(answer, lambda _, key: key not in ROWS_OF_VALUES)
    if not places:
        return None
    holder, key = draw.choice(places)
    holder[key] = "LARGE"
    number = b"9" * draw.choice((400, 5_000))
    return answer.status, answer.headers, _text(told).replace(b'"LARGE"', number, 1)


def _list_row(answer: Answer, draw: random.Random) -> Spoiled | None:
    """A contact's row on a list whose status, list or contact cannot be read."""
    told, places = _places(
        answer, lambda holder, key: key in ("status", "list", "contact") and "list" in holder
    )
    if not places:
        return None
    holder, key = draw.choice(places)
    odd = draw.choice((None, "", "4", False, [], {}, "x", -1, 1.5, "MISSING"))
    holder[key] = odd
    if odd == "MISSING":
        del holder[key]
    return _with(answer, told)


def _whole(answer: Answer, draw: random.Random) -> Spoiled | None:
    body = draw.choice(
        (
            *(b"", b"null", b"[]", b"{}", b"17", b'"x"', b"\x00", b"<html>no</html>"),
            *(
                b'{"message": "\\ud83d \\u001b[2J"}',
                b'[{"id": 1}]',
                b'{"errors": [{"title": null}]}',
            ),
        )
    )
    return answer.status, answer.headers, body


def _cut(answer: Answer, draw: random.Random) -> Spoiled | None:
    if len(answer.body) < 2:
        return None
    return answer.status, answer.headers, answer.body[: draw.randrange(1, len(answer.body))]


def _bytes(answer: Answer, draw: random.Random) -> Spoiled | None:
    """A byte that is no UTF-8 inside of a text."""
    at = [n for n, one in enumerate(answer.body) if one == 0x22]
    if not at:
        return None
    place = draw.choice(at) + 1
    odd = draw.choice((b"\xff", b"\xed\xa0\xbd", b"\x00", b"\x1b[2J", b"\xe2\x80\xae", b"\xc0\xaf"))
    return answer.status, answer.headers, answer.body[:place] + odd + answer.body[place:]


def _encoding(answer: Answer, draw: random.Random) -> Spoiled | None:
    name = draw.choice(("utf-16", "utf-32", "utf-8-sig", "latin-1", "utf-7"))
    text = answer.body.decode("utf-8", "replace").encode(name, "replace")
    kind = draw.choice((f"application/json; charset={name}", "application/json", "x; charset=\\"))
    return answer.status, [*_without(answer, "content-type"), ("Content-Type", kind)], text


def _packed(answer: Answer, draw: random.Random) -> Spoiled | None:
    """Packed otherwise than the header says, cut off, twice, or rightly."""
    body, coding = draw.choice(
        (
            (gzip.compress(answer.body), "gzip"),
            (gzip.compress(answer.body)[:-9], "gzip"),
            (gzip.compress(gzip.compress(answer.body)), "gzip"),
            (gzip.compress(gzip.compress(answer.body)), "gzip, gzip"),
            (answer.body, "gzip"),
            (zlib.compress(answer.body), "deflate"),
            (answer.body, "br"),
            (answer.body, "x-nothing"),
        )
    )
    headers = _without(answer, "content-encoding")
    return answer.status, [*headers, ("Content-Encoding", coding)], body


_BOMB = gzip.compress(b'{"x": "' + b" " * BOMB + b'"}')


def _bomb(answer: Answer, _: random.Random) -> Spoiled | None:
    headers = _without(answer, "content-encoding")
    return answer.status, [*headers, ("Content-Encoding", "gzip")], _BOMB


def _status(answer: Answer, draw: random.Random) -> Spoiled | None:
    codes = (201, 202, 204, 206, 301, 302, 304, 400, 401, 403, 404, 408, 409)
    status = draw.choice((*codes, 410, 413, 414, 418, 422, 425, 429, 499, 500, 502, 503, 520, 599))
    headers = [*answer.headers, ("Location", draw.choice(("https://[", "/login", "http://x.org/")))]
    waits = draw.choice(("0", "-5", "1e9", "nan", "soon", "Fri, 31 Dec 9999 23:59:59 GMT"))
    return status, [*headers, ("Retry-After", waits)], answer.body


def _header(answer: Answer, draw: random.Random) -> Spoiled | None:
    name, value = draw.choice(
        (
            ("Date", "Fri, 31 Dec 9999 23:59:59 -1200"),
            ("Date", "yesterday"),
            ("Date", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("Content-Type", "text/html"),
            ("Content-Type", "image/png"),
            ("Location", "https://["),
            ("Set-Cookie", "a=b; Domain=.x"),
            ("Retry-After", "9" * 400),
        )
    )
    return answer.status, [*_without(answer, name), (name, value)], answer.body


def _without(answer: Answer, name: str) -> list[tuple[str, str]]:
    return [one for one in answer.headers if one[0].lower() != name.lower()]


MUTATIONS: dict[str, Callable[[Answer, random.Random], Spoiled | None]] = {
    "type": _type,
    "missing key": _missing,
    "null": _null,
    "doubled key": _doubled,
    "huge number": _large,
    "deep nesting": _depth,
    "wrong count": _count,
    "row lost": _row_lost,
    "row twice": _row_twice,
    "duplicate id": _same_id,
    "list row": _list_row,
    "cursor": _cursor,
    "order": _order,
    "another body": _whole,
    "cut off": _cut,
    "odd bytes": _bytes,
    "encoding": _encoding,
    "compression": _packed,
    "compression bomb": _bomb,
    "status": _status,
    "header": _header,
}
RARE = {"compression bomb": 0.1}
"""Those that cost much time, and how often they are drawn beside the others."""


class Mutating(httpx.AsyncBaseTransport):
    """Spoils some of the answers that pass; `names` tells which, in order."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        draw: random.Random,
        rate: float,
        figures: Figures,
        kinds: Sequence[str],
    ) -> None:
        self._inner, self._draw, self._figures = inner, draw, figures
        self.rate, self._kinds = rate, kinds
        self.names: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The service's answer, or what became of it."""
        response = await self._inner.handle_async_request(request)
        decides = DECIDING.search(request.url.path) is not None
        if self._draw.random() >= min(self.rate * (3 if decides else 1), 0.9):
            return response
        body = await response.aread()
        await response.aclose()
        headers = [
            (name, value)
            for name, value in response.headers.multi_items()
            if name.lower() not in ("content-length", "transfer-encoding", "content-encoding")
        ]
        try:
            told = json.loads(body)
        except ValueError:
            told = None
        answer = Answer(response.status_code, headers, body, told)
        found = self._spoiled(answer, OF_ROWS if decides else ())
        if found is None:
            return httpx.Response(
                response.status_code, headers=headers, stream=_Body(body), request=request
            )
        name, (status, headers, body) = found
        self._figures.tally("mutations", name)
        self.names.append(f"{name} of {request.method} {request.url.path}")
        # the suite holds answers without this header to the services' documents
        headers = [*headers, ("Server", "spoiled")]
        return httpx.Response(status, headers=headers, stream=_Body(body), request=request)

    def _spoiled(self, answer: Answer, often: Sequence[str]) -> tuple[str, Spoiled] | None:
        """The answer spoiled in a way that fits it; None where none of the ways does."""
        often = [name for name in often if name in self._kinds]
        for _ in range(TRIES):
            name = self._draw.choice(often if often and self._draw.random() < 0.4 else self._kinds)
            if self._draw.random() >= RARE.get(name, 1.0):
                continue
            found = MUTATIONS[name](answer, self._draw)
            if found is not None:
                return name, found
        return None

    async def aclose(self) -> None:
        """The transport behind is closed by whoever made it."""


class _Body(httpx.AsyncByteStream):
    """Bytes as they come over the line, in some pieces."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), 65_536):
            yield self._body[start : start + 65_536]
