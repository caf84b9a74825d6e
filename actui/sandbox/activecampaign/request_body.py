"""Reading the JSON bodies of single writes."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from actui.sandbox.json_body import json_of


async def json_object(request: Request) -> dict[str, Any] | None:
    """The body as an object, None when it is anything else."""
    try:
        body = json_of(await request.body())
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


async def wrapped_object(request: Request, key: str) -> dict[str, Any] | None:
    """The object under the body's one key, as every single write sends it."""
    body = await json_object(request)
    inner = None if body is None else body.get(key)
    return inner if isinstance(inner, dict) else None
