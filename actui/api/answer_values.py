"""Read values of the types that actui expects out of a service's JSON.

All functions raise ValueError, TypeError or KeyError for what cannot be read, and nothing else;
`actui.api.http.read` turns that into a sentence. Numbers may come as text, as ActiveCampaign sends
most of them (activecampaign.md §1.4).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from actui.api.json_values import MOST_NUMBER

T = TypeVar("T")
_DIGITS = re.compile(r"-?[0-9]{1,100}")
"""A whole number as text; Python refuses to convert texts that are much longer."""
_LONGEST_KEY = 1_000
"""Characters of an id that is a text; it becomes a part of a URL."""


def rows(body: Any, key: str) -> list[dict[str, Any]]:
    """The list of objects under `key`, which must be there and hold nothing else."""
    if not isinstance(body, dict):
        raise TypeError("not an object")
    found = body[key]
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise TypeError(key)
    return found


def object_at(body: Any, key: str) -> dict[str, Any]:
    """The object under `key`, which must be there."""
    if not isinstance(body, dict) or not isinstance(body[key], dict):
        raise TypeError(key)
    found: dict[str, Any] = body[key]
    return found


def by_id(
    body: Any, key: str, parse: Callable[[dict[str, Any]], T], *, every: bool = False
) -> dict[int, T]:
    """The rows under `key` by their ids, parsed; without those whose id is larger than 63 bits.

    Raises ValueError where two different rows have one id, as nobody knows which row is missing,
    and with `every` for an id that is too large.
    """
    found: dict[int, dict[str, Any]] = {}
    for row in rows(body, key):
        id_ = number_id(row["id"]) if every else id_if_kept(row["id"])
        if id_ is not None and found.setdefault(id_, row) != row:
            raise ValueError("two rows with one id")
    return {id_: parse(row) for id_, row in found.items()}


def objects(value: Any) -> list[dict[str, Any]]:
    """A list of objects that may be missing, null or empty; anything else raises TypeError."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise TypeError("not a list of objects")
    return value


def items(value: Any) -> list[Any]:
    """A list that may be missing or null; anything else raises TypeError."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def text(value: Any) -> str:
    """A text or a number as text; empty for null. A list or an object raises TypeError."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError("not a text")


def text_id(value: Any) -> str:
    """An id that is a text, as BlueConic's are. An empty one raises ValueError."""
    if not isinstance(value, str):
        raise TypeError("not an id")
    if not value.strip() or len(value) > _LONGEST_KEY:
        raise ValueError("an empty id, or one too long to ask for")
    return value


def text_id_or_none(value: Any) -> str | None:
    """The same for an id that may be missing, null or empty."""
    return None if value is None or value == "" else text_id(value)


def number(value: Any) -> int | None:
    """A whole number of at most 63 bits, as text or not; None for anything else."""
    if isinstance(value, str):
        return _kept(int(value)) if _DIGITS.fullmatch(value.strip()) else None
    if isinstance(value, float) and value.is_integer():
        return _kept(int(value))
    return _kept(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _kept(found: int) -> int | None:
    return found if abs(found) <= MOST_NUMBER else None


def count(value: Any) -> int | None:
    """A number of things: `number` that is not negative."""
    found = number(value)
    return found if found is not None and found >= 0 else None


def number_id(value: Any) -> int:
    """An id that is a number from 1 to MOST_NUMBER, as ActiveCampaign's are."""
    found = number(value)
    if found is None or found < 1:
        raise ValueError("not an id")
    return found


def id_if_kept(value: Any) -> int | None:
    """As `number_id`, but None for a larger whole number, which no ledger can store."""
    digits = value.strip() if isinstance(value, str) else ""
    if digits.isascii() and digits.isdigit() and number(digits) is None:
        return None
    if isinstance(value, float) and value > MOST_NUMBER:
        return None
    return number_id(value)
