"""A profile's values: its properties and those the system keeps itself (blueconic.md §7)."""

from __future__ import annotations

from actui.sandbox.blueconic.rows import Profile


def every_value(row: Profile) -> dict[str, list[str]]:
    """All values by property; dates are Unix milliseconds."""
    return {
        **row.properties,
        "creationdate": [str(int(row.created * 1000))],
        "lastmodifieddate": [str(int(row.modified * 1000))],
        "domaingroup": [row.domain_group],
    }


def values_of(row: Profile, name: str) -> list[str]:
    """The values of one property."""
    return every_value(row).get(name, [])
