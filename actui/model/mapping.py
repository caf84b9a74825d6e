"""Identifier links, mappings, the four rules, the export sources (sync/README.md §3, §5)."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from actui.model.sources import PlainSource
from actui.model.tables import TableEnum


class Strict(BaseModel):
    """A piece of configuration: unknown keys are errors, values do not change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(TableEnum):
    """How a value from ActiveCampaign meets the values a profile already has.

    Each row: the value in files, the `label`, a `note` for whoever chooses, and BlueConic's
    `strategy` (blueconic.md §11: its schema says INCREMENT, its prose SUM).
    """

    def __init__(self, _value: str, label: str, note: str, strategy: str) -> None:
        self.label = label
        self.note = note
        self.strategy = strategy

    SET = "set", "set", "replaces what the profile has", "SET"
    SET_IF_EMPTY = (
        "set_if_empty",
        "set if empty",
        "only where the profile has nothing",
        "SET_IF_EMPTY",
    )
    ADD = "add", "add", "adds to the list of existing values", "ADD"
    SUM = "sum", "sum", "adds a number to the existing one", "INCREMENT"


PROPERTY_ID = re.compile(r"[A-Za-z0-9_-]+")
"""What BlueConic takes as the id of a profile property (blueconic.md §7)."""
SUMMABLE = frozenset({"RANGE", "DECIMAL", "CURRENCY"})
"""BlueConic's types of properties that a Sum can add to (blueconic.md §7)."""


class WhenEmpty(StrEnum):
    """What an empty source value does to the target."""

    KEEP = "keep"
    CLEAR = "clear"


STANDARD_FIELDS = ("email", "firstName", "lastName", "phone")
"""Contact fields that both goals may write (activecampaign.md §6)."""

READ_ONLY_FIELDS = ("id", "cdate", "udate", "bounced_hard", "bounced_soft")
"""Contact fields that only an import goal may map (activecampaign.md §3.2)."""


def is_custom(field: str) -> bool:
    """Whether `field` names a custom field by its personalisation tag, as `%TIER%`."""
    return len(field) > 2 and field.startswith("%") and field.endswith("%")


def perstag(field: str) -> str:
    """The bare upper-case tag of a custom field: `%TIER%` → `TIER`."""
    return field.strip("%").upper()


def _checked_field(value: str) -> str:
    if is_custom(value):
        return f"%{perstag(value)}%"
    if value in STANDARD_FIELDS or value in READ_ONLY_FIELDS:
        return value
    known = ", ".join((*STANDARD_FIELDS, *READ_ONLY_FIELDS))
    raise ValueError(f"'{value}' is no ActiveCampaign field: write %TAG% or one of {known}")


FieldName = Annotated[str, Field(min_length=1)]


class IdentifierLink(Strict):
    """One ActiveCampaign field that must equal one BlueConic property or the profile's id."""

    field: FieldName
    property: str | None = None
    profile_id: bool = False

    _field = field_validator("field")(_checked_field)

    @model_validator(mode="after")
    def _one_side(self) -> IdentifierLink:
        if self.profile_id == bool(self.property):
            raise ValueError("a link needs either 'property' or 'profile_id: true'")
        return self


class ImportMapping(Strict):
    """One ActiveCampaign field that goes to one BlueConic property under a rule.

    `sum_start` says what a Sum without memory does with the first value; left open it is added,
    unless receipts of another installation ask for a decision (sync/README.md §4).
    """

    field: FieldName
    property: str = Field(min_length=1)
    rule: Rule = Rule.SET
    when_empty: WhenEmpty = WhenEmpty.KEEP
    of: Literal["value", "change"] = "value"
    sum_start: Literal["add", "baseline"] | None = None

    _field = field_validator("field")(_checked_field)


class PropertySource(Strict):
    """The values of one profile property."""

    property: str = Field(min_length=1)


class SegmentsSource(Strict):
    """The names of all segments, or of the chosen ones, that the profile is in."""

    segments: Literal["all"] | list[str]


class TextSource(Strict):
    """The same text for everyone."""

    text: str


ExportSource = PlainSource | PropertySource | SegmentsSource | TextSource


class ExportMapping(Strict):
    """One kind of BlueConic data that goes to one ActiveCampaign field."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_by_alias=True, validate_by_name=True
    )

    source: ExportSource = Field(alias="from")
    field: FieldName
    when_empty: WhenEmpty = WhenEmpty.KEEP

    @field_validator("field")
    @classmethod
    def _writable(cls, value: str) -> str:
        value = _checked_field(value)
        if value in READ_ONLY_FIELDS:
            raise ValueError(f"ActiveCampaign does not let '{value}' be written")
        return value

    @field_validator("source", mode="before")
    @classmethod
    def _known_source(cls, value: Any) -> Any:
        if isinstance(value, dict):
            for key, shape in _SOURCE_SHAPES.items():
                if key in value:
                    return shape.model_validate(value)
        if not isinstance(value, Strict) and value not in tuple(PlainSource):
            known = ", ".join((*PlainSource, *(f"{{{k}: …}}" for k in _SOURCE_SHAPES)))
            raise ValueError(f"'from' takes one of {known}")
        return value


_SOURCE_SHAPES: dict[str, type[Strict]] = {
    "property": PropertySource,
    "segments": SegmentsSource,
    "text": TextSource,
}
