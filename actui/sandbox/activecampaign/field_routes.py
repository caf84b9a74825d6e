"""Custom fields and their values (activecampaign.md §4)."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.activecampaign import refusals
from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.central_time import local_stamp, offset_stamp
from actui.sandbox.activecampaign.contact_answers import (
    Json,
    changed_row,
    field_value_row,
    links,
)
from actui.sandbox.activecampaign.listing_query import Page, bracketed, whole_number
from actui.sandbox.activecampaign.request_body import wrapped_object
from actui.sandbox.activecampaign.rows import CustomField

FIELDS_PER_PAGE = 100
"""`/fields` has another default than the rest (§4.1)."""


class FieldRoutes:
    """The field endpoints of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Paths and methods."""
        return [
            Route("/api/3/fields", self.listing, methods=["GET"]),
            Route("/api/3/fields", self.create, methods=["POST"]),
            Route("/api/3/fields/{id}", self.read, methods=["GET"]),
            Route("/api/3/fields/{id}/options", self.options, methods=["GET"]),
            Route("/api/3/fieldValues", self.set_value, methods=["POST"]),
            Route("/api/3/fieldValues/{id}", self.read_value, methods=["GET"]),
        ]

    def _answer(self, row: CustomField) -> Json:
        return {
            "title": row.title,
            "descript": None,
            "type": row.type,
            "isrequired": "0",
            "perstag": row.perstag,
            "defval": None,
            "show_in_list": "0",
            "rows": "0",
            "cols": "0",
            "visible": "1",
            "service": "",
            "ordernum": str(row.id),
            "cdate": offset_stamp(row.created),
            "udate": offset_stamp(row.created),
            "created_timestamp": local_stamp(row.created),
            "updated_timestamp": local_stamp(row.created),
            "created_by": "1",
            "updated_by": "1",
            "options": [str(option.id) for option in row.options],
            "relations": [str(row.id)] if row.related else [],
            "links": links(self._account, f"fields/{row.id}", ("options", "relations")),
            "id": str(row.id),
        }

    def _options(self, rows: list[CustomField]) -> list[Json]:
        return [
            {
                "field": str(row.id),
                "orderid": str(place + 1),
                "value": option.value,
                "label": option.label,
                "isdefault": "0",
                "cdate": None,
                "udate": None,
                "links": links(self._account, f"fieldOptions/{option.id}", ("field",)),
                "id": str(option.id),
            }
            for row in rows
            for place, option in enumerate(row.options)
        ]

    def _siblings(self, rows: list[CustomField]) -> Json:
        relations: list[Json] = [
            {
                "field": str(row.id),
                "relid": "0",
                "dorder": "0",
                "cdate": offset_stamp(row.created),
                "links": [],
                "id": str(row.id),
            }
            for row in rows
            if row.related
        ]
        return {"fieldOptions": self._options(rows), "fieldRels": relations}

    async def listing(self, request: Request) -> Response:
        """A page of fields with their options and relations."""
        rows = list(self._account.fields.values())
        for (key, _), wanted in bracketed(request.query_params, "filters").items():
            if key == "perstag":
                rows = [row for row in rows if row.perstag == wanted.upper()]
        page = list(Page.of(request.query_params, FIELDS_PER_PAGE).cut(rows))
        return JSONResponse(
            {
                **self._siblings(page),
                "fields": [self._answer(row) for row in page],
                "meta": {"total": str(len(rows)), "selected": None},
            }
        )

    def _field(self, request: Request) -> CustomField | None:
        return self._account.fields.get(whole_number(request.path_params["id"]) or 0)

    async def read(self, request: Request) -> Response:
        """One field with the same siblings."""
        row = self._field(request)
        if row is None:
            return refusals.no_result("Field", request.path_params["id"])
        return JSONResponse({**self._siblings([row]), "field": self._answer(row)})

    async def options(self, request: Request) -> Response:
        """The options of one field."""
        row = self._field(request)
        if row is None:
            return refusals.no_result("Field", request.path_params["id"])
        return JSONResponse({"fieldOptions": self._options([row])})

    async def create(self, request: Request) -> Response:
        """A new field; its tag is made from the title when none is sent (§4.1)."""
        sent = await wrapped_object(request, "field")
        if sent is None or not sent.get("title"):
            return refusals.unreadable_body()
        title = str(sent["title"])
        if any(row.title.lower() == title.lower() for row in self._account.fields.values()):
            return refusals.invalid_choice("title")
        number, now = max(self._account.fields) + 1, self._account.now()
        tag = re.sub(r"\W+", "_", str(sent.get("perstag") or title)).strip("_").upper()
        row = CustomField(number, title, str(sent.get("type") or "text"), tag, now, related=False)
        self._account.fields[number] = row
        answer = {
            "title": title,
            "type": row.type,
            "created_by": "1",
            "updated_by": "1",
            "cdate": offset_stamp(now),
            "udate": offset_stamp(now),
            "perstag": tag,
            "ordernum": number,
            "links": links(self._account, f"fields/{number}", ("options", "relations")),
            "id": str(number),
        }
        return JSONResponse({"field": answer}, 201)

    async def set_value(self, request: Request) -> Response:
        """Upsert one value on (contact, field): 200 (§4.2)."""
        sent = await wrapped_object(request, "fieldValue")
        if sent is None:
            return refusals.unreadable_body()
        row = self._account.contacts.edit(whole_number(sent.get("contact")) or 0)
        if row is None:
            return refusals.no_result("Subscriber", str(sent.get("contact")))
        field_id = whole_number(sent.get("field")) or 0
        value = sent.get("value")
        if not self._account.write_field(row, field_id, None if value is None else str(value)):
            return refusals.field_id_not_valid()
        answer = field_value_row(self._account, row, field_id, row.values[field_id])
        return JSONResponse({"contacts": [changed_row(self._account, row)], "fieldValue": answer})

    async def read_value(self, request: Request) -> Response:
        """One value row."""
        number = whole_number(request.path_params["id"]) or 0
        contact, field_id = divmod(number, 10000)
        row = self._account.contacts.get(contact)
        held = None if row is None else row.values.get(field_id)
        if row is None or held is None:
            return refusals.no_result("FieldValue", request.path_params["id"])
        return JSONResponse({"fieldValue": field_value_row(self._account, row, field_id, held)})
