"""Answers with other types than recorded ones, while a switch says so (activecampaign.md §1.4)."""

from __future__ import annotations

import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

TEXTS = frozenset({"value", "label", "email", "phone", "tag", "name", "title", "hash", "perstag"})
"""Keys that hold a person's words, which may look like a number."""


def with_numbers(value: Any, key: str = "") -> Any:
    """Every text that is a whole number as that number, except people's words."""
    if isinstance(value, dict):
        return {name: with_numbers(held, name) for name, held in value.items()}
    if isinstance(value, list):
        return [with_numbers(held, key) for held in value]
    is_number = isinstance(value, str) and value.isdecimal() and str(int(value)) == value
    return int(value) if is_number and key not in TEXTS else value


def with_total(body: dict[str, Any], reading: str) -> dict[str, Any]:
    """The body with `meta.total` as a number, or without `meta`."""
    meta = body.get("meta")
    if not isinstance(meta, dict) or reading == "text":
        return body
    if reading == "absent":
        return {key: held for key, held in body.items() if key != "meta"}
    return {**body, "meta": {**meta, "total": int(meta["total"])}}


async def answer_with(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, *, numbers: bool, total: str
) -> None:
    """Let the application answer, and change the types on the way out."""
    sent: list[Message] = []

    async def collect(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, collect)
    start, content = sent[0], b"".join(message.get("body", b"") for message in sent[1:])
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    if isinstance(body, dict):
        body = with_total(body, total)
        content = json.dumps(with_numbers(body) if numbers else body).encode()
    headers = [
        (name, str(len(content)).encode() if name == b"content-length" else held)
        for name, held in start["headers"]
    ]
    await send({**start, "headers": headers})
    await send({"type": "http.response.body", "body": content})
