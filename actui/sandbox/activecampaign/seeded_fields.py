"""The custom fields: one of each type among the named ones, and enough others to page."""

from __future__ import annotations

from actui.sandbox.activecampaign.rows import CustomField, FieldOption, FieldRelation
from actui.sandbox.activecampaign.seeded_lists import FOUNDED

OTHER_FIELDS = 114

NAMED_FIELDS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("Tier", "dropdown", "TIER", ("bronze", "silver", "gold")),
    ("Interests", "listbox", "INTERESTS", ("travel", "music", "sport", "food & wine", "кино")),
    ("Points", "text", "POINTS", ()),
    ("Birthday", "date", "BIRTHDAY", ()),
    ("Last order", "datetime", "LAST_ORDER", ()),
    ("BlueConic id", "text", "BCID", ()),
    ("Segments", "textarea", "SEGMENTS", ()),
    ("Lifecycle stage", "text", "STAGE", ()),
    ("Seen dialogues", "textarea", "SEEN", ()),
    ("Permission level", "text", "LEVEL", ()),
    ("Source", "text", "SOURCE", ()),
    ("City", "text", "CITY", ()),
    ("Preferred channel", "radio", "PREFERRED_CHANNEL", ("email", "phone", "post")),
    ("Topics", "checkbox", "TOPICS", ("news", "offers", "events")),
    ("Campaign of first visit", "hidden", "UTM_CAMPAIGN", ()),
    ("Remarks", "textarea", "REMARKS", ()),
)
"""Title, type, personalisation tag and options; ids count from one in this order."""

FIELD_ID = {perstag: n + 1 for n, (_, _, perstag, _) in enumerate(NAMED_FIELDS)}

LABELS = {"bronze": "Bronze tier", "gold": "Gold tier", "travel": "Travelling"}
"""Where a label differs from the value that is written (activecampaign.md §4.1)."""


def seeded_fields() -> dict[int, CustomField]:
    """All custom fields by id; those made through the API have no relation rows."""
    fields: dict[int, CustomField] = {}
    option_id = 0
    for title, kind, perstag, values in NAMED_FIELDS:
        number = len(fields) + 1
        options = []
        for value in values:
            option_id += 1
            options.append(FieldOption(option_id, value, LABELS.get(value, value)))
        shown = [FieldRelation(number, 0, FOUNDED + number)]
        fields[number] = CustomField(number, title, kind, perstag, FOUNDED + number, options, shown)
    for n in range(OTHER_FIELDS):
        number = len(fields) + 1
        fields[number] = CustomField(
            number,
            f"Answer {n + 1:03d}",
            "text",
            f"ANSWER_{n + 1:03d}",
            FOUNDED + number,
            relations=[FieldRelation(number, 0, FOUNDED + number)] if n % 5 else [],
        )
    return fields
