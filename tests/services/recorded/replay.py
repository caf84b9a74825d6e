"""A small server that answers with what a real ActiveCampaign account once answered.

It pages and orders recorded rows as asked and adds nothing to them. What was never recorded, the
key's user, is the example of activecampaign.md §2.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

RECORDED = Path(__file__).resolve().parents[3].parent / "shared" / "recorded"

Json = dict[str, Any]


def recording(name: str) -> Json:
    """The body of a recorded answer; skips the test where the recordings are absent."""
    path = RECORDED / f"{name}.json"
    if not path.exists():
        pytest.skip(f"the recording {name}.json is not beside the project")
    (step,) = json.loads(path.read_text())
    body: Json = step["response"]["body"]
    return body


class Replay:
    """The recorded account: its contacts, lists and fields."""

    def __init__(self) -> None:
        self.contacts = recording("list-contacts")
        self.single = recording("get-contact")
        self.lists = recording("lists")
        self.fields = recording("list-custom-fields")

    def app(self) -> Starlette:
        """The routes that an import asks."""
        return Starlette(
            routes=[
                Route("/api/3/users/me", self.me),
                Route("/api/3/contacts", self.listing),
                Route("/api/3/contacts/{id:int}", self.one),
                Route("/api/3/lists", self.paged("lists", self.lists)),
                Route("/api/3/fields", self.paged("fields", self.fields)),
            ]
        )

    async def me(self, _: Request) -> JSONResponse:
        """Whose key it is."""
        return JSONResponse({"user": {"username": "admin", "email": "a@example.org", "id": "1"}})

    async def listing(self, request: Request) -> JSONResponse:
        """The recorded contacts in the order and bounds asked for."""
        asked = request.query_params
        low, high = int(asked.get("id_greater", 0)), int(asked.get("id_less", 10**9))
        rows = [row for row in self.contacts["contacts"] if low < int(row["id"]) < high]
        rows.sort(key=lambda row: int(row["id"]), reverse=asked.get("orders[id]") == "DESC")
        return JSONResponse({**self.contacts, "contacts": rows[: int(asked.get("limit", 20))]})

    async def one(self, request: Request) -> JSONResponse:
        """A contact in the recorded shape; the one that was recorded comes whole."""
        number = str(request.path_params["id"])
        if number == self.single["contact"]["id"]:
            return JSONResponse(self.single)
        row = next((r for r in self.contacts["contacts"] if r["id"] == number), None)
        if row is None:
            return JSONResponse(
                {"message": f"No Result found for Subscriber with id {number}"}, 404
            )
        body = {key: [] for key in self.single if key != "contact"}
        empty = {key: [] for key, held in self.single["contact"].items() if isinstance(held, list)}
        return JSONResponse({**body, "contact": {**copy.deepcopy(row), **empty}})

    def paged(self, key: str, body: Json) -> Any:
        """A recorded collection, page by page."""

        async def answer(request: Request) -> JSONResponse:
            start = int(request.query_params.get("offset", 0))
            end = start + int(request.query_params.get("limit", 20))
            return JSONResponse({**body, key: body[key][start:end]})

        return answer


@asynccontextmanager
async def replayed() -> AsyncIterator[str]:
    """The address of a running replay."""
    config = uvicorn.Config(Replay().app(), port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn tells nobody
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving
