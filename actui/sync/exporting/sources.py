"""The export sources: what each asks of a listing, its values for a profile (sync/README.md §5).

A source that is added and forgotten here is an error of the type checker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from actui.model.mapping import ExportSource, PropertySource, SegmentsSource, TextSource
from actui.model.records import Profile
from actui.model.sources import PlainSource

VIEWED = "interactions_viewed"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a listing must hold for a source: properties, expansions, stages, interactions' names.

    `empty_is_known`: that a profile has no value is a fact about it, not a value that is missing.
    """

    properties: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    stages: bool = False
    interactions: bool = False
    empty_is_known: bool = True


@dataclass(frozen=True, slots=True)
class Names:
    """What ids that profiles hold are called; `interactions` are None where nobody can know.

    Contacts get names, never ids: a thing without a name is left out.
    """

    interactions: Mapping[str, str] | None = None
    segments: Mapping[str, str] = field(default_factory=dict)


def needs_of(source: ExportSource) -> Needs:  # noqa: PLR0911  one for each source
    """What a source needs."""
    match source:
        case PropertySource():
            return Needs(properties=(source.property,), empty_is_known=False)
        case TextSource():
            return Needs(empty_is_known=False)
        case SegmentsSource():
            return Needs(expand=("profiles.profile.segments",))
        case PlainSource.PROFILE_ID:
            return Needs()
        case PlainSource.LIFECYCLES:
            return Needs(stages=True)
        case PlainSource.VIEWED_INTERACTIONS:
            return Needs(properties=(VIEWED,), interactions=True)
        case PlainSource.PERMISSION_LEVEL:
            return Needs(expand=("profiles.profile.permissions",))
        case _:
            assert_never(source)


def values_of(  # noqa: PLR0911  one for each source
    source: ExportSource, profile: Profile, names: Names
) -> Sequence[str | None] | None:
    """A profile's values, None for one that has no name; None for all where they are unknown."""
    match source:
        case PropertySource():
            return _held(profile, source.property)
        case TextSource():
            return (source.text,)
        case SegmentsSource():
            if "segments" in profile.unreadable:
                return None
            wanted = source.segments
            found = [
                name or names.segments.get(id_)
                for id_, name in profile.segments
                if wanted == "all" or id_ in wanted or name in wanted
            ]
            # in an order of their own: BlueConic's would send a profile again for nothing
            return sorted(found, key=lambda name: (name is None, name or ""))
        case PlainSource.PROFILE_ID:
            return (profile.id,)
        case PlainSource.LIFECYCLES:
            stages = profile.lifecycle_stages
            return None if stages is None else [stage.lifecycle or None for stage in stages]
        case PlainSource.VIEWED_INTERACTIONS:
            known = names.interactions
            viewed = _held(profile, VIEWED)
            return None if known is None or viewed is None else _interactions(viewed, known)
        case PlainSource.PERMISSION_LEVEL:
            text = profile.texts.get(source)
            return (text,) if text else None
        case _:
            assert_never(source)


def _held(profile: Profile, property_id: str) -> Sequence[str] | None:
    """A property's values; None where they cannot be read."""
    return profile.properties.get(property_id, ()) if profile.shows(property_id) else None


def _interactions(viewed: Sequence[str], names: Mapping[str, str]) -> list[str | None]:
    """Each dialogue once: of one that was seen in two variants there is one name to tell."""
    found: list[str | None] = []
    for id_ in viewed:
        name = names.get(id_)
        if name is None or name not in found:
            found.append(name)
    return found
