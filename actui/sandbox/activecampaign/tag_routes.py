"""`/tags` and `/contactTags` (activecampaign.md §9)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actui.sandbox.activecampaign import refusals
from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.central_time import local_stamp, offset_stamp
from actui.sandbox.activecampaign.contact_answers import Json, links
from actui.sandbox.activecampaign.listing_query import Page, bracketed, text_matches, whole_number
from actui.sandbox.activecampaign.request_body import wrapped_object
from actui.sandbox.activecampaign.tags import Tag, Tagging


class TagRoutes:
    """The tag endpoints of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def routes(self) -> list[Route]:
        """Paths and methods."""
        return [
            Route("/api/3/tags", self.listing, methods=["GET"]),
            Route("/api/3/tags", self.create, methods=["POST"]),
            Route("/api/3/tags/{id}", self.read, methods=["GET"]),
            Route("/api/3/contactTags", self.put, methods=["POST"]),
            Route("/api/3/contactTags/{id}", self.take_off, methods=["DELETE"]),
            Route("/api/3/contacts/{id}/contactTags", self.of_contact, methods=["GET"]),
        ]

    def _answer(self, row: Tag) -> Json:
        carried = self._account.tags.taggings.values()
        return {
            "tagType": "contact",
            "tag": row.name,
            "description": row.description,
            "subscriber_count": str(sum(one.tag == row.id for one in carried)),
            "cdate": offset_stamp(row.created),
            "created_timestamp": local_stamp(row.created),
            "updated_timestamp": local_stamp(row.created),
            "created_by": None,
            "updated_by": None,
            "deleted": "0",
            "links": links(self._account, f"tags/{row.id}", ("contactGoalTags", "templateTags")),
            "id": str(row.id),
        }

    def _tagging(self, row: Tagging) -> Json:
        return {
            "contact": str(row.contact),
            "tag": str(row.tag),
            "cdate": offset_stamp(row.created),
            "created_timestamp": local_stamp(row.created),
            "updated_timestamp": local_stamp(row.created),
            "created_by": None,
            "updated_by": None,
            "links": links(self._account, f"contactTags/{row.id}", ("tag", "contact")),
            "id": str(row.id),
        }

    async def listing(self, request: Request) -> Response:
        """A page of tags, searched by name."""
        rows = list(self._account.tags.rows.values())
        search = request.query_params.get("search", "").lower()
        rows = [row for row in rows if search in row.name.lower()]
        for (key, operator), wanted in bracketed(request.query_params, "filters").items():
            if key == "search":
                rows = [row for row in rows if text_matches(row.name, operator, wanted)]
        page = Page.of(request.query_params).cut(rows)
        return JSONResponse(
            {"tags": [self._answer(row) for row in page], "meta": {"total": str(len(rows))}}
        )

    async def read(self, request: Request) -> Response:
        """One tag."""
        row = self._account.tags.rows.get(whole_number(request.path_params["id"]) or 0)
        if row is None:
            return refusals.no_result("Tag", request.path_params["id"])
        return JSONResponse({"tag": self._answer(row)})

    async def create(self, request: Request) -> Response:
        """A new tag: 201; an existing name: 200 with the tag there is."""
        sent = await wrapped_object(request, "tag")
        if sent is None or not sent.get("tag"):
            return refusals.unreadable_body()
        known = self._account.tags.named(str(sent["tag"]))
        if known is not None:
            return JSONResponse({"tag": self._answer(known)})
        words = str(sent.get("description") or "")
        row = self._account.tags.add(str(sent["tag"]), words, self._account.now())
        return JSONResponse({"tag": self._answer(row)}, 201)

    async def put(self, request: Request) -> Response:
        """Put a tag on a contact: 200 as recorded, where the document has 201."""
        sent = await wrapped_object(request, "contactTag")
        if sent is None:
            return refusals.unreadable_body()
        contact = self._account.contacts.edit(whole_number(sent.get("contact")) or 0)
        if contact is None:
            return refusals.no_result("Subscriber", str(sent.get("contact")))
        tag = self._account.tags.rows.get(whole_number(sent.get("tag")) or 0)
        if tag is None:
            return refusals.no_result("Tag", str(sent.get("tag")))
        now = self._account.now()
        row = self._account.tags.put(contact.id, tag.id, now)
        return JSONResponse({"contactTag": self._tagging(row)})

    async def take_off(self, request: Request) -> Response:
        """Take a tag off, by the row's own id."""
        number = whole_number(request.path_params["id"]) or 0
        if self._account.tags.taggings.pop(number, None) is None:
            return refusals.no_result("SubscriberTag", request.path_params["id"])
        return JSONResponse({})

    async def of_contact(self, request: Request) -> Response:
        """Every tag of one contact."""
        number = whole_number(request.path_params["id"]) or 0
        if self._account.contacts.get(number) is None:
            return refusals.no_result("Subscriber", request.path_params["id"])
        rows = self._account.tags.of(number)
        return JSONResponse({"contactTags": [self._tagging(row) for row in rows]})
