"""Where the OpenAPI document's examples and its schemas contradict each other (blueconic.md §11).

The reading `examples` of the switch `document-shapes` answers as the examples, `schemas` as the
schemas.
"""

from __future__ import annotations

from typing import Any

from actui.sandbox.switches import Switches

Json = dict[str, Any]


def by_schema(switches: Switches) -> bool:
    """Whether answers follow the schemas where the examples differ."""
    return switches["document-shapes"] == "schemas"


def link(switches: Switches, href: str, rel: str) -> Json:
    """Schema `link` has capitals, every example small letters."""
    row = {"href": href, "rel": rel, "type": "application/json"}
    return {key.capitalize(): value for key, value in row.items()} if by_schema(switches) else row


def one_or_all(switches: Switches, rows: list[Json]) -> Any:
    """An array in the examples where the schema has one object."""
    if not by_schema(switches):
        return rows
    return rows[0] if rows else {}
