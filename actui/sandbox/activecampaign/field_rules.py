"""Which values an option field may hold (activecampaign.md §4.2)."""

from __future__ import annotations

from actui.sandbox.activecampaign.rows import CustomField

MANY = ("listbox", "checkbox")
ONE = ("dropdown", "radio")


def fits_options(row: CustomField, value: str | None) -> bool:
    """Is every part of the value one of the options? Other fields take any text."""
    if not value or row.type not in MANY + ONE:
        return True
    parts = value.strip("|").split("||") if row.type in MANY else [value]
    return set(parts) <= {option.value for option in row.options}
