"""One page of a listing by `startIndex` and `count` (OpenAPI)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from actui.sandbox.blueconic.refusals import bad_request


def page_of(request: Request, key: str, rows: Iterable[dict[str, Any]], default: int) -> Response:
    """The page that a request asks for, with its counts."""
    every = list(rows)
    try:
        start = max(0, int(request.query_params.get("startIndex", 0)))
        count = int(request.query_params.get("count", default))
    except ValueError:
        return bad_request("startIndex and count are whole numbers.")
    if count <= 0:
        return bad_request("count is at least 1.")
    return JSONResponse(
        {
            "itemsPerPage": count,
            key: every[start : start + count],
            "startIndex": start,
            "totalPages": -(-len(every) // count),
            "totalResults": len(every),
        }
    )
