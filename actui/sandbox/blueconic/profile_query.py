"""What a request for profiles asks to see (OpenAPI, GET /segments/{segment}/profiles)."""

from __future__ import annotations

from starlette.requests import Request


def wanted_properties(request: Request) -> set[str] | None:
    """`profileProperty`, repeated, or the older comma-separated `properties`; None for all."""
    names = request.query_params.getlist("profileProperty")
    for text in request.query_params.getlist("properties"):
        names += [name.strip() for name in text.split(",")]
    return set(names) if names else None


def words_after(request: Request, parameter: str, prefix: str) -> set[str]:
    """The words of `expand` or `collapse`, such as `segments` in `profiles.profile.segments`.

    Words that nothing is known of are no error.
    """
    return {
        word.strip().removeprefix(prefix)
        for text in request.query_params.getlist(parameter)
        for word in text.split(",")
        if word.strip().startswith(prefix)
    }
