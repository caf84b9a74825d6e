"""What the BlueConic tenant holds."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Profile:
    """One profile; every property has several values, all of them texts (blueconic.md §7)."""

    id: str
    ordinal: int
    created: float
    modified: float
    properties: dict[str, list[str]] = field(default_factory=dict)
    segments: set[str] = field(default_factory=set)
    stage: tuple[str, str] | None = None
    permission_level: str = "PERSONAL"
    domain_group: str = "DEFAULT"
    replaced_by: str | None = None
    replaces: list[str] = field(default_factory=list)

    def values(self, property_id: str) -> list[str]:
        """The values of one property."""
        return self.properties.get(property_id, [])

    @property
    def legislation(self) -> str | None:
        """The privacy legislation zone, None for Rest of World."""
        held = self.values("privacy_legislation")
        return held[0] if held and held[0] != "NONE" else None


@dataclass(slots=True)
class ProfileProperty:
    """One definition of a profile property."""

    id: str
    name: str
    kind: str = "SELECT"
    indexed: bool = False
    sensitive: bool = False
    by_plugin: bool = False
    tags: tuple[str, ...] = ()
    description: str = ""
    merge: str = "BOTH"
    level: str = "ANONYMOUS"


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment."""

    id: str
    name: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Objective:
    """One objective and the zones in which it needs consent."""

    id: str
    legislations: tuple[str, ...]
    needs_consent: bool = True
    references: tuple[tuple[str, str], ...] = ()
    """What it was added to: types and ids."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a lifecycle; without a duration there is no cap."""

    id: str
    name: str
    duration: str | None = None
    views: int | None = None
    dialogues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """One lifecycle."""

    id: str
    name: str
    stages: tuple[Stage, ...]
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One dialogue; its id appears in `interactions_viewed`."""

    id: str
    name: str
    variant: str
