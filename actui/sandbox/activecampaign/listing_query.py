"""Query parameters shared by the account's listings: pages, orders, bracketed filters."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.datastructures import QueryParams

from actui.sandbox.switches import Switches

Row = TypeVar("Row")
DEFAULT_LIMIT, LARGEST_LIMIT = 20, 100
LARGEST_OFFSET = 2**31
BRACKETED = re.compile(r"(\w+)\[(\w+)\](?:\[(\w+)\])?")


def whole_number(text: object) -> int | None:
    """A whole number sent as a string or as an int; None for anything else."""
    if isinstance(text, bool) or not isinstance(text, (str, int)):
        return None
    try:
        return int(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Page:
    """Which slice of a listing is asked for; larger limits are silently cut (§3.1)."""

    limit: int
    offset: int

    @classmethod
    def of(cls, switches: Switches, params: QueryParams, default: int = DEFAULT_LIMIT) -> Page:
        limit = whole_number(params.get("limit"))
        offset = whole_number(params.get("offset"))
        if limit is None or limit < 0 or (limit == 0 and switches["limit-zero"] == "default"):
            limit = default
        if switches["largest-limit"] == "100":
            limit = min(limit, LARGEST_LIMIT)
        return cls(limit, min(max(0, offset or 0), LARGEST_OFFSET))

    def cut(self, rows: Sequence[Any]) -> Sequence[Any]:
        """The slice."""
        return rows[self.offset : self.offset + self.limit]


def bracketed(params: QueryParams, family: str) -> dict[tuple[str, str], str]:
    """`family[key]=value` and `family[key][op]=value` as {(key, op): value}."""
    found: dict[tuple[str, str], str] = {}
    for name, value in params.multi_items():
        match = BRACKETED.fullmatch(name)
        if match is not None and match.group(1) == family:
            found[match.group(2), match.group(3) or ""] = value
    return found


def in_named_order(
    rows: list[Row], params: QueryParams, key: str, name_of: Callable[[Row], str]
) -> list[Row]:
    """The rows as `orders[key]` wants them by name; left as they are for anything else.

    `weight`: exact matches of the filter first, then names that start with it, then the rest.
    """
    order = bracketed(params, "orders").get((key, ""), "").lower()
    if order in ("asc", "desc"):
        return sorted(rows, key=lambda row: name_of(row).lower(), reverse=order == "desc")
    if order != "weight":
        return rows
    wanted = next(
        (text.lower() for (name, _), text in bracketed(params, "filters").items() if name == key),
        params.get(key, "").lower(),
    )

    def weight(row: Row) -> int:
        name = name_of(row).lower()
        return 0 if name == wanted else 1 if name.startswith(wanted) else 2

    return sorted(rows, key=weight)


def text_matches(held: str, operator: str, wanted: str) -> bool:
    """The operators of `filters[name][op]` (§5.1); without one, equality."""
    left, right = held.lower(), wanted.lower()
    if operator in ("", "eq"):
        return left == right
    tests = {
        "neq": left != right,
        "lt": left < right,
        "lte": left <= right,
        "gt": left > right,
        "gte": left >= right,
        "contains": right in left,
        "starts_with": left.startswith(right),
    }
    return tests.get(operator, True)
