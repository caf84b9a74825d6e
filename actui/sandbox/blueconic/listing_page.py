"""One page of a listing by `startIndex` and `count` (OpenAPI)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from actui.sandbox.blueconic.refusals import bad_request
from actui.sandbox.switches import Switches


def page_of(
    switches: Switches, request: Request, key: str, rows: Iterable[dict[str, Any]], default: int
) -> Response:
    """The page that a request asks for, with its counts."""
    every = list(rows)
    start = _whole(request, "startIndex", 0, least=0)
    count = _whole(request, "count", default, least=1)
    if start is None or count is None:
        if switches["unreadable-page"] == "bad-request":
            return bad_request("startIndex and count are whole numbers.")
        start, count = 0, default
    return JSONResponse(
        {
            "itemsPerPage": count,
            key: every[start : start + count],
            "startIndex": start,
            "totalPages": -(-len(every) // count),
            "totalResults": len(every),
        }
    )


def _whole(request: Request, name: str, default: int, *, least: int) -> int | None:
    """A parameter's number, None where it is none or too small."""
    try:
        found = int(request.query_params.get(name, default))
    except ValueError:
        return None
    return found if found >= least else None
