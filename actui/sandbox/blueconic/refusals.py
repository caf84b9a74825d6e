"""How BlueConic says no."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response


def bad_request(message: str) -> Response:
    """Schema `ErrorRequestBean`."""
    return JSONResponse({"code": 400, "message": message, "errors": []}, 400)


def not_found() -> Response:
    """A 404 has no body (OpenAPI: no content)."""
    return Response(status_code=404)
