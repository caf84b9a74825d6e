"""JSON that a client sent, as far as a service can store and answer it."""

from __future__ import annotations

import json
from typing import Any


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def json_of(body: bytes) -> Any:
    """What is in a body; a ValueError for what is no JSON or no text.

    Python alone would let NaN, halves of surrogate pairs and a nesting without end pass.
    """
    try:
        found = json.loads(body, parse_constant=_refused)
        if b"\\u" in body:
            json.dumps(found, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return found
