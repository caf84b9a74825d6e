"""Custom fields, their options and the lists they are shown for (activecampaign.md §4.1)."""

from __future__ import annotations

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.activecampaign import refusals
from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.contact_answers import Json
from actui.sandbox.activecampaign.field_answers import (
    field_row,
    new_field_row,
    new_option_row,
    new_relation_row,
    option_rows,
    relation_rows,
)
from actui.sandbox.activecampaign.listing_query import Page, bracketed, whole_number
from actui.sandbox.activecampaign.request_body import json_object, wrapped_object
from actui.sandbox.activecampaign.rows import CustomField, FieldOption, FieldRelation

FIELDS_PER_PAGE = 100
"""`/fields` has another default than the rest (§4.1)."""


def personalisation_tag(text: str) -> str:
    """Upper-case, with one underscore for everything that is no letter or digit."""
    return re.sub(r"\W+", "_", text).strip("_").upper()


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
            Route("/api/3/fields/{id}", self.update, methods=["PUT"]),
            Route("/api/3/fields/{id}", self.delete, methods=["DELETE"]),
            Route("/api/3/fields/{id}/options", self.options, methods=["GET"]),
            Route("/api/3/fields/{id}/relations", self.relations, methods=["GET"]),
            Route("/api/3/fieldOption/bulk", self.add_options, methods=["POST"]),
            Route("/api/3/fieldRels", self.relate, methods=["POST"]),
            Route("/api/3/fieldRels/{id}", self.unrelate, methods=["DELETE"]),
        ]

    def _siblings(self, rows: list[CustomField]) -> Json:
        return {
            "fieldOptions": option_rows(self._account, rows),
            "fieldRels": relation_rows(rows),
        }

    async def listing(self, request: Request) -> Response:
        """A page of fields with their options and relations."""
        rows = list(self._account.fields.values())
        for (key, _), wanted in bracketed(request.query_params, "filters").items():
            if key == "perstag":
                rows = [row for row in rows if row.perstag == wanted.upper()]
        asked = Page.of(self._account.switches, request.query_params, FIELDS_PER_PAGE)
        page = list(asked.cut(rows))
        return JSONResponse(
            {
                **self._siblings(page),
                "fields": [field_row(self._account, row) for row in page],
                "meta": {"total": str(len(rows)), "selected": None},
            }
        )

    def _field(self, request: Request) -> CustomField | None:
        return self._account.fields.get(whole_number(request.path_params["id"]) or 0)

    def _no_field(self, request: Request) -> Response:
        return refusals.no_result("Field", request.path_params["id"])

    async def read(self, request: Request) -> Response:
        """One field with the same siblings."""
        row = self._field(request)
        if row is None:
            return self._no_field(request)
        return JSONResponse({**self._siblings([row]), "field": field_row(self._account, row)})

    async def options(self, request: Request) -> Response:
        """The options of one field."""
        row = self._field(request)
        if row is None:
            return self._no_field(request)
        return JSONResponse({"fieldOptions": option_rows(self._account, [row])})

    async def relations(self, request: Request) -> Response:
        """The lists one field is shown for."""
        row = self._field(request)
        if row is None:
            return self._no_field(request)
        return JSONResponse({"fieldRels": relation_rows([row])})

    def _is_taken(self, title: str, by: CustomField | None = None) -> bool:
        return any(
            row.title.lower() == title.lower()
            for row in self._account.fields.values()
            if row is not by
        )

    async def create(self, request: Request) -> Response:
        """A new field; its tag is made from the title when none is sent (§4.1)."""
        sent = await wrapped_object(request, "field")
        if sent is None or not sent.get("title"):
            return refusals.unreadable_body()
        title = str(sent["title"])
        if self._is_taken(title):
            return refusals.duplicate_field(title)
        tag = personalisation_tag(str(sent.get("perstag") or title))
        number, kind = self._account.next_id("fields"), str(sent.get("type") or "text")
        row = CustomField(number, title, kind, tag, self._account.now())
        self._describe(row, sent)
        self._account.fields[number] = row
        return JSONResponse({"field": new_field_row(self._account, row)}, 201)

    @staticmethod
    def _describe(row: CustomField, sent: dict[str, Any]) -> None:
        if sent.get("descript") is not None:
            row.description = str(sent["descript"])
        if sent.get("defval") is not None:
            row.default = str(sent["defval"])

    async def update(self, request: Request) -> Response:
        """Other words for a field; only keys sent are written."""
        sent = await wrapped_object(request, "field")
        if sent is None:
            return refusals.unreadable_body()
        row = self._field(request)
        if row is None:
            return self._no_field(request)
        title = str(sent.get("title") or row.title)
        if self._is_taken(title, by=row):
            return refusals.duplicate_field(title)
        row.title, row.type = title, str(sent.get("type") or row.type)
        row.perstag = personalisation_tag(str(sent.get("perstag") or row.perstag))
        self._describe(row, sent)
        row.changed = self._account.now()
        return JSONResponse({"field": field_row(self._account, row)})

    async def delete(self, request: Request) -> Response:
        """Take a field away; what becomes of its values is a switch."""
        row = self._field(request)
        if row is None:
            return self._no_field(request)
        del self._account.fields[row.id]
        self._account.contacts.forget_totals()
        return JSONResponse({})

    async def add_options(self, request: Request) -> Response:
        """Options for fields, all or none of them."""
        body = await json_object(request)
        sent = None if body is None else body.get("fieldOptions")
        if not isinstance(sent, list) or not all(isinstance(one, dict) for one in sent):
            return refusals.no_options()
        fields = self._account.fields
        rows = [fields.get(whole_number(one.get("field")) or 0) for one in sent]
        if not sent or None in rows or any(one.get("value") is None for one in sent):
            return refusals.no_options()
        answers = []
        for row, one in zip(filter(None, rows), sent, strict=True):
            value = str(one["value"])
            option = FieldOption(
                self._account.next_id("options"),
                value,
                str(one.get("label") or value),
                bool(one.get("isdefault")),
            )
            row.options.append(option)
            place = whole_number(one.get("orderid")) or len(row.options)
            answers.append(new_option_row(self._account, row, option, place, one["field"]))
        return JSONResponse({"fieldOptions": answers}, 201)

    async def relate(self, request: Request) -> Response:
        """Show a field for one list, or for all with `relid` 0."""
        sent = await wrapped_object(request, "fieldRel")
        if sent is None:
            return refusals.unreadable_body()
        row = self._account.fields.get(whole_number(sent.get("field")) or 0)
        if row is None:
            return refusals.field_id_not_valid()
        list_id = whole_number(sent.get("relid")) or 0
        if list_id and list_id not in self._account.lists:
            return refusals.no_result("_List", str(list_id))
        number, now = self._account.next_id("relations"), self._account.now()
        relation = FieldRelation(number, list_id, now)
        row.relations.append(relation)
        return JSONResponse({"fieldRel": new_relation_row(row, relation)}, 201)

    async def unrelate(self, request: Request) -> Response:
        """Show a field no longer for a list."""
        number = whole_number(request.path_params["id"])
        for row in self._account.fields.values():
            for relation in row.relations:
                if relation.id == number:
                    row.relations.remove(relation)
                    return JSONResponse({})
        return refusals.no_result("FieldRel", request.path_params["id"])
