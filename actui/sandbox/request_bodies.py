"""Request bodies read once and played again, whole or halved."""

from __future__ import annotations

import json

from starlette.types import Message, Receive


async def read_body(receive: Receive) -> bytes | None:
    """The whole body; None when the client went away first."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def replay(body: bytes) -> Receive:
    """A receive channel that hands out this body and then says nothing more."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return pending.pop() if pending else {"type": "http.disconnect"}

    return receive


def first_half(body: bytes) -> bytes:
    """A JSON array or a bulk import with only the first half of its entries."""
    try:
        sent = json.loads(body)
    except ValueError:
        return body
    if isinstance(sent, list):
        return json.dumps(_halved(sent)).encode()
    if isinstance(sent, dict) and isinstance(sent.get("contacts"), list):
        return json.dumps({**sent, "contacts": _halved(sent["contacts"])}).encode()
    return body


def _halved(rows: list[object]) -> list[object]:
    return rows[: max(1, len(rows) // 2)]
