"""Import and export goals as the user configures them (sync/README.md §3, §5)."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from actui.model import config_hash as confighash
from actui.model.mapping import ExportMapping, IdentifierLink, ImportMapping, Strict

MOST_RECHECKS = 10_000
"""The largest budget of a recheck: at ActiveCampaign's 5 requests a second, half an hour."""


class Mode(StrEnum):
    """Whether a run looks only at what changed since the goal last succeeded."""

    CHANGED = "changed"
    FULL = "full"


class ListStatus(StrEnum):
    """A contact's status on one list (activecampaign.md §5.2)."""

    UNCONFIRMED = "unconfirmed"
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    UNREADABLE = "unreadable"
    """A row that cannot be read: it may be any of the others, and so nobody is subscribed over it.
    No goal can ask for it."""


LIST_STATUSES = tuple(one for one in ListStatus if one is not ListStatus.UNREADABLE)
"""Those that ActiveCampaign knows."""
ANY_LIST = 0
"""Stands for the list of a row that does not tell which one it is about."""


class Named(Strict):
    """A thing of an account: found by name or id once, kept as id plus name."""

    name: str
    id: str | None = None


def as_named(value: object) -> object:
    """Let a bare name or id stand for a `Named`; a number is neither."""
    return {"name": value} if isinstance(value, str) else value


def replace_named(
    dumped: Any, replacement: Callable[[dict[str, Any], str], Any], key: str = ""
) -> Any:
    """A dumped model with `replacement(named, key)` in place of each dumped `Named`.

    `key` is the key that holds the thing, or the list that it stands in.
    """
    if isinstance(dumped, dict):
        if dumped.keys() == Named.model_fields.keys():
            return replacement(dumped, key)
        return {name: replace_named(value, replacement, name) for name, value in dumped.items()}
    if isinstance(dumped, list):
        return [replace_named(value, replacement, key) for value in dumped]
    return dumped


class ListChoice(Strict):
    """A selected list and whether its contacts may become new profiles."""

    list: Named
    create_profiles: bool = False

    _named = field_validator("list", mode="before")(as_named)


class NewProfiles(Strict):
    """What a profile made by an import goal starts with (blueconic.md §6)."""

    privacy_legislation: str | None = None
    permission_level: Literal["PERSONAL", "ANONYMOUS", "DO_NOT_TRACK"] = "PERSONAL"
    domain_group: str = "DEFAULT"


class Goal(Strict):
    """What both kinds of goal have."""

    kind: Literal["import", "export"]
    id: str = ""
    name: str = Field(min_length=1)
    enabled: bool = True
    identifiers: list[IdentifierLink] = Field(default_factory=list)
    mode: Mode = Mode.CHANGED
    reconcile_days: int = Field(default=7, ge=1, le=365)

    @property
    def links_profile_id(self) -> bool:
        """Whether the BlueConic profile identifier is one of the links."""
        return any(link.profile_id for link in self.identifiers)

    def config_hash(self) -> str:
        """A short digest of everything that decides what the goal sends; its name does not."""
        return confighash.config_hash(self.kind, *self._settings())

    def is_configured_as(self, stored: str) -> bool:
        """Whether a stored digest, also of an older version, is of this configuration."""
        return confighash.is_hash_of(stored, self.kind, *self._settings())

    def _settings(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """All settings and those that are not at their defaults, as in a connection file."""
        dump = partial(self.model_dump, mode="json", by_alias=True, exclude={"kind"})
        return dump(), dump(exclude_defaults=True)


class ImportGoal(Goal):
    """ActiveCampaign contacts into BlueConic profiles."""

    kind: Literal["import"] = "import"
    contacts: Literal["all", "lists"] = "all"
    lists: list[ListChoice] = Field(default_factory=list)
    statuses: list[ListStatus] | None = None
    create_profiles: bool = False
    new_profiles: NewProfiles = NewProfiles()
    save_lists_to: str | None = None
    recheck_requests: int = Field(default=100, ge=0, le=MOST_RECHECKS)
    mappings: list[ImportMapping] = Field(default_factory=list)

    @field_validator("statuses")
    @classmethod
    def _are_known(cls, statuses: list[ListStatus] | None) -> list[ListStatus] | None:
        if statuses and ListStatus.UNREADABLE in statuses:
            raise ValueError(f"statuses are {', '.join(LIST_STATUSES)}")
        return statuses

    @property
    def read_statuses(self) -> frozenset[ListStatus] | None:
        """The membership statuses to read; None means any (the default with all contacts)."""
        if self.statuses is not None:
            return frozenset(self.statuses)
        return None if self.contacts == "all" else frozenset({ListStatus.ACTIVE})


class LifecycleThreshold(Strict):
    """The stage whose frequency cap limits an export goal, and the events that count."""

    lifecycle: Named
    stage: Named
    events: list[Literal["opened", "clicked"]] = Field(default_factory=list)

    _named = field_validator("lifecycle", "stage", mode="before")(as_named)


class ExportGoal(Goal):
    """A BlueConic segment into ActiveCampaign.

    `unknown_stage` is what happens with people where `lifecycle` names a stage and BlueConic does
    not show in which stage they are.
    """

    kind: Literal["export"] = "export"
    segment: Named
    mappings: list[ExportMapping] = Field(default_factory=list)
    lists: list[Named] = Field(default_factory=list)
    resubscribe: Literal["never", "own", "all"] = "never"
    unsubscribe: Literal["never", "own", "all"] = "never"
    automations: bool = True
    recreate_deleted: bool = False
    lifecycle: LifecycleThreshold | None = None
    unknown_stage: Literal["skip", "export"] = "skip"

    _segment = field_validator("segment", mode="before")(as_named)

    @field_validator("unsubscribe", mode="before")
    @classmethod
    def _first_spelling(cls, value: object) -> object:
        """Version 0.1.0 had true and false, which files and homes still hold."""
        return ("own" if value else "never") if isinstance(value, bool) else value

    @field_validator("lists", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        return [as_named(item) for item in value] if isinstance(value, list) else value

    @model_validator(mode="after")
    def _once(self) -> ExportGoal:
        fields = [m.field for m in self.mappings]
        doubled = sorted({f for f in fields if fields.count(f) > 1})
        if doubled:
            raise ValueError(f"two mappings fill the same field: {', '.join(doubled)}")
        return self


AnyGoal = Annotated[ImportGoal | ExportGoal, Field(discriminator="kind")]
