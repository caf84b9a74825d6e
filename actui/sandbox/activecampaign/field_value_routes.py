"""The values of custom fields, row by row (activecampaign.md §4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.activecampaign import refusals
from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.all_rows import page_of_all
from actui.sandbox.activecampaign.contact_answers import changed_row, field_value_row
from actui.sandbox.activecampaign.field_rules import fits_options
from actui.sandbox.activecampaign.listing_query import Page, bracketed, whole_number
from actui.sandbox.activecampaign.request_body import wrapped_object
from actui.sandbox.activecampaign.rows import Contact, FieldValue


class FieldValueRoutes:
    """The `fieldValues` endpoints of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Paths and methods."""
        return [
            Route("/api/3/fieldValues", self.listing, methods=["GET"]),
            Route("/api/3/fieldValues", self.set, methods=["POST"]),
            Route("/api/3/fieldValues/{id}", self.read, methods=["GET"]),
            Route("/api/3/fieldValues/{id}", self.update, methods=["PUT"]),
            Route("/api/3/fieldValues/{id}", self.delete, methods=["DELETE"]),
        ]

    async def listing(self, request: Request) -> Response:
        """A page of all values; by field and by value, but not by date."""
        account = self._account
        filters = {
            key: wanted for (key, _), wanted in bracketed(request.query_params, "filters").items()
        }
        field_id, value = whole_number(filters.get("fieldid")), filters.get("val")

        def rows_of(contact: Contact) -> Iterator[tuple[Contact, int, FieldValue]]:
            for number, held in account.shown_values(contact):
                if field_id in (None, number) and value in (None, held.value):
                    yield contact, number, held

        left = account.switches["values-of-deleted-fields"]
        page = Page.of(account.switches, request.query_params)
        question = repr(("fieldValues", field_id, value, left))
        rows, total = page_of_all(account, page, question, rows_of)
        answers = [field_value_row(account, *row) for row in rows]
        return JSONResponse({"fieldValues": answers, "meta": {"total": str(total)}})

    async def set(self, request: Request) -> Response:
        """Upsert one value on (contact, field): 200."""
        sent = await wrapped_object(request, "fieldValue")
        return refusals.unreadable_body() if sent is None else self._write(sent)

    def _write(self, sent: dict[str, Any]) -> Response:
        row = self._account.contacts.edit(whole_number(sent.get("contact")) or 0)
        if row is None:
            return refusals.no_result("Subscriber", str(sent.get("contact")))
        field_id = whole_number(sent.get("field")) or 0
        value = None if sent.get("value") is None else str(sent["value"])
        known = self._account.fields.get(field_id)
        if known is None:
            return refusals.field_id_not_valid()
        if self._account.switches["option-values"] == "refused" and not fits_options(known, value):
            return refusals.invalid_choice("value")
        self._account.write_field(row, field_id, value)
        answer = field_value_row(self._account, row, field_id, row.values[field_id])
        return JSONResponse({"contacts": [changed_row(self._account, row)], "fieldValue": answer})

    def _found(self, request: Request, *, edit: bool = False) -> tuple[Contact, int] | None:
        """The contact and the field of a value row."""
        number = whole_number(request.path_params["id"]) or 0
        contact, field_id = divmod(number, 10000)
        contacts = self._account.contacts
        row = contacts.edit(contact) if edit else contacts.get(contact)
        if row is None or field_id not in dict(self._account.shown_values(row)):
            return None
        return row, field_id

    def _no_value(self, request: Request) -> Response:
        documented = self._account.switches["missing-row"] == "as-documented"
        status = 403 if documented else 404
        return refusals.no_result("FieldValue", request.path_params["id"], status)

    async def read(self, request: Request) -> Response:
        """One value row."""
        found = self._found(request)
        if found is None:
            return self._no_value(request)
        row, field_id = found
        answer = field_value_row(self._account, row, field_id, row.values[field_id])
        return JSONResponse({"fieldValue": answer})

    async def update(self, request: Request) -> Response:
        """Another value; contact and field default to the row's own."""
        sent = await wrapped_object(request, "fieldValue")
        if sent is None:
            return refusals.unreadable_body()
        found = self._found(request)
        if found is None:
            return self._no_value(request)
        row, field_id = found
        return self._write({"contact": row.id, "field": field_id, **sent})

    async def delete(self, request: Request) -> Response:
        """Take one value away."""
        found = self._found(request, edit=True)
        if found is None:
            return self._no_value(request)
        row, field_id = found
        del row.values[field_id]
        row.updated = self._account.now()
        return JSONResponse({})
