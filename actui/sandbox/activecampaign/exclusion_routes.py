"""`/lists/exclusions`: who is never imported (activecampaign.md §5.5).

A newer endpoint: the total is a number, `hidden` a boolean, and what it does not know is refused.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.activecampaign import refusals
from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.contact_answers import Json
from actui.sandbox.activecampaign.listing_query import Page, bracketed, whole_number
from actui.sandbox.activecampaign.request_body import json_object
from actui.sandbox.activecampaign.rows import Exclusion

KEYS = ("matchPhrase", "lists")
CHANNELS = ("all", "allSms", "allEmail", "several")


def exclusion_row(row: Exclusion) -> Json:
    """One exclusion."""
    return {
        "id": str(row.id),
        "matchPhrase": row.phrase,
        "matchType": row.kind,
        "channel": row.channel,
        "hidden": False,
        "lists": [str(number) for number in row.lists],
    }


class ExclusionRoutes:
    """The exclusion endpoints of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Paths and methods; they come before `/lists/{id}`, which would match them."""
        return [
            Route("/api/3/lists/exclusions", self.listing, methods=["GET"]),
            Route("/api/3/lists/exclusions/{id}", self.read, methods=["GET"]),
            Route("/api/3/lists/exclusions/{id}", self.update, methods=["PUT"]),
        ]

    def _refusal(self, request: Request) -> Response | None:
        filters = {key for key, _ in bracketed(request.query_params, "filters")}
        for key in sorted(filters.difference(KEYS)):
            return refusals.invalid_filter(key)
        for (key, _), direction in bracketed(request.query_params, "orders").items():
            if key not in KEYS or direction.upper() not in ("ASC", "DESC"):
                detail = f'Invalid order: "{key}" "{direction}".'
                return refusals.invalid_attribute(detail, f"orders[{key}]")
        return None

    async def listing(self, request: Request) -> Response:
        """A page of exclusions, by part of the phrase and by list."""
        if (refused := self._refusal(request)) is not None:
            return refused
        params = request.query_params
        rows = list(self._account.exclusions)
        phrase = bracketed(params, "filters").get(("matchPhrase", ""), "").lower()
        rows = [row for row in rows if phrase in row.phrase]
        lists = {whole_number(text) for text in params.getlist("filters[lists][]")}
        if lists:
            rows = [row for row in rows if lists.intersection(row.lists)]
        for (key, _), direction in bracketed(params, "orders").items():
            rows.sort(
                key=lambda row: row.phrase if key == "matchPhrase" else repr(row.lists),
                reverse=direction.upper() == "DESC",
            )
        answers = [exclusion_row(row) for row in Page.of(self._account.switches, params).cut(rows)]
        return JSONResponse({"exclusions": answers, "meta": {"total": len(rows)}})

    def _row(self, request: Request) -> Exclusion | None:
        number = whole_number(request.path_params["id"])
        return next((row for row in self._account.exclusions if row.id == number), None)

    async def read(self, request: Request) -> Response:
        """One exclusion, without a wrapper."""
        row = self._row(request)
        if row is None:
            number = request.path_params["id"]
            return JSONResponse({"message": f"Exclusion not found [id={number}]"}, 404)
        return JSONResponse(exclusion_row(row))

    async def update(self, request: Request) -> Response:
        """Another channel or other lists; lists go with the channel `several` alone."""
        row = self._row(request)
        if row is None:
            return refusals.no_result("Exclusion", request.path_params["id"])
        sent = await json_object(request) or {}
        channel, lists = str(sent.get("channel", row.channel)), sent.get("lists", [])
        if channel not in CHANNELS:
            return refusals.invalid_attribute(f'Invalid channel: "{channel}".', "channel")
        if not isinstance(lists, list):
            return refusals.invalid_attribute("Lists must be an array.", "lists")
        for place, one in enumerate(lists):
            if not isinstance(one, str) or whole_number(one) is None:
                detail = "List ids must be whole numbers as texts."
                return refusals.invalid_attribute(detail, f"lists[{place}]")
        if lists and channel != "several":
            detail = f'There can be no list ids for channel "{channel}".'
            return refusals.invalid_attribute(detail, "lists")
        row.channel, row.lists = channel, tuple(int(one) for one in lists)
        return JSONResponse(exclusion_row(row))
