"""BlueConic's JSON as actui's own types, and back (OpenAPI v103, blueconic.md §11).

Lenient, as the examples of the OpenAPI do not follow its own schemas; strict about ids and the
key the rows are under. Parsers raise KeyError, TypeError or ValueError on another shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from actui.api.answer_values import (
    count,
    items,
    object_at,
    objects,
    rows,
    text,
    text_id,
    text_id_or_none,
)
from actui.model.records import (
    Lifecycle,
    Objective,
    Profile,
    ProfilePage,
    ProfileWrite,
    Property,
    PropertyWrite,
    Segment,
    Stage,
    StageOfProfile,
    WriteResult,
)
from actui.model.redaction import redact
from actui.model.sources import PlainSource

_LONGEST_STATE = 40
"""Characters that are kept of a state that is not in BlueConic's documents."""

T = TypeVar("T")


def profile_property(row: Mapping[str, Any]) -> Property:
    """One profile property."""
    return Property(
        id=text_id(row["id"]),
        name=_name(row),
        type=(text(row.get("filterType")) or "SELECT").upper(),
        indexed=row.get("indexed") is True,
    )


def segment(row: Mapping[str, Any]) -> Segment:
    """One segment; its size is None if `profileCount` is missing."""
    return Segment(text_id(row["id"]), _name(row), count(row.get("profileCount")))


def objective(row: Mapping[str, Any]) -> Objective:
    """One objective; no zones where `needsConsent` is false."""
    zones = items(row.get("legislations")) if row.get("needsConsent") is not False else []
    return Objective(text_id(row["id"]), _name(row), tuple(text(zone) for zone in zones))


def lifecycle(row: Mapping[str, Any]) -> Lifecycle:
    """One lifecycle with its stages in order; a stage calls its id `identifier`."""
    stages = tuple(_stage(stage) for stage in objects(row.get("stages")))
    return Lifecycle(text_id(row["id"]), _name(row), row.get("isEnabled") is not False, stages)


def _stage(row: Mapping[str, Any]) -> Stage:
    rule = row.get("rule")
    odd = Stage(text_id(row.get("identifier") or row["id"]), text(row.get("name")), is_odd=True)
    if rule is None or rule == {}:
        return replace(odd, is_odd=False)
    if not isinstance(rule, dict):
        return odd
    window, views = rule.get("frequencyCapDuration"), rule.get("frequencyCapViews")
    if views is None and (window is None or isinstance(window, str)):
        return replace(odd, window=window or "", is_odd=False)
    cap = count(views)
    if cap is None or not isinstance(window, str) or not window:
        return odd
    return replace(odd, window=window, cap=cap, is_odd=False)


def interaction_names(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The ids of one dialogue and its variants, each with the dialogue's name; none without a name.

    `variants` is an array in the examples and one object in the schema.
    """
    name, variants = text(row.get("name")), row.get("variants")
    found = [variants] if isinstance(variants, dict) else items(variants)
    ids = (text_id_or_none(one.get("id")) for one in found if isinstance(one, dict))
    return [(id_, name) for id_ in (text_id(row["id"]), *ids) if id_ and name]


def profile_page(body: Any, cursor: str) -> ProfilePage:
    """A page of a segment listing that was requested with `cursor`.

    The listing ends with a page without `nextCursor`. An empty page that repeats the cursor ends
    it, too; a page with profiles that repeats it would never end and raises ValueError.
    """
    sent = body["profiles"]
    if not isinstance(sent, list):
        raise TypeError("profiles")
    profiles = [profile(row) for row in sent if isinstance(row, dict)]
    following = text_id_or_none(body.get("nextCursor"))
    is_last = following is None
    if following == cursor:
        if profiles:
            raise ValueError("the cursor does not move")
        following = None
    return ProfilePage(
        profiles,
        count(body.get("totalResults")),
        following,
        is_last,
        unreadable=len(sent) - len(profiles),
    )


def entry(write: ProfileWrite) -> dict[str, Any]:
    """One entry of `PUT /profiles`; data for new profiles is sent only if one may be created."""
    body: dict[str, Any] = {
        "identifier": write.identifier,
        "strategy": "UPSERT" if write.create else "UPDATE",
        "properties": [_rule(rule) for rule in write.writes],
    }
    if write.profile_id is not None:
        body["profileId"] = write.profile_id
    if write.matching:
        body["matching"] = [
            [{"id": name, "value": value} for name, value in group] for group in write.matching
        ]
    if write.create:
        extras = {
            "privacyLegislation": write.legislation,
            "permissionLevel": write.permission_level,
            "domainGroup": write.domain_group,
        }
        body.update({key: value for key, value in extras.items() if value is not None})
    return body


def results(body: Any, entries: Sequence[ProfileWrite], *, partial: bool) -> list[WriteResult]:
    """The results in the order of the entries; fewer than `entries` only if `partial`.

    Matched by `identifier` if every result has one, else by position.
    """
    if not isinstance(body, list) or len(body) > len(entries):
        raise ValueError("not one result per entry")
    if len(body) < len(entries) and not partial:
        raise ValueError("fewer results than entries")
    named = {text(row["identifier"]): row for row in body if row.get("identifier") is not None}
    if len(named) < len(body):
        if any(
            row.get("identifier") is not None and str(row["identifier"]) != sent.identifier
            for row, sent in zip(body, entries, strict=False)
        ):
            raise ValueError("results of other entries")
        return [_result(row, sent) for row, sent in zip(body, entries, strict=False)]
    found = [_result(named[e.identifier], e) for e in entries if e.identifier in named]
    if len(found) != len(body):
        raise ValueError("results of other entries")
    return found


def _result(row: Mapping[str, Any], sent: ProfileWrite) -> WriteResult:
    complaints = row.get("validationErrors")
    return WriteResult(
        identifier=sent.identifier,
        state=redact(text_id(row["state"]), _LONGEST_STATE).upper(),
        profile_id=text_id_or_none(row.get("profileId")),
        complaints=tuple(_complaints(complaints)),
        complained_about=frozenset(map(str, complaints))
        if isinstance(complaints, dict)
        else frozenset(),
    )


def _complaints(complaints: Any, about: str = "") -> list[str]:
    """`validationErrors` as a flat list; its schema says no more than "object"."""
    if isinstance(complaints, dict):
        return [line for key, value in complaints.items() for line in _complaints(value, str(key))]
    if isinstance(complaints, list):
        return [line for value in complaints for line in _complaints(value, about)]
    if complaints is None or complaints == "":
        return []
    return [redact(f"{about}: {complaints}" if about else complaints)]


def _rule(write: PropertyWrite) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": write.property,
        "strategy": write.strategy,
        "values": list(write.values),
    }
    if write.restriction is not None:
        body["restriction"] = write.restriction
    return body


def found_ids(body: Any) -> list[str]:
    """The ids of a search.

    Raises KeyError, TypeError or ValueError if a row cannot be read, and ValueError if a page has
    fewer rows than its own `totalResults` and `itemsPerPage` say: the missing row may be the one
    that is searched.
    """
    ids = [text_id(row["id"]) for row in rows(body, "profiles")]
    total, most = count(body.get("totalResults")), count(body.get("itemsPerPage"))
    if total is not None and len(ids) < (total if most is None else min(total, most)):
        raise ValueError("fewer profiles than it counts")
    return ids


def profile(row: Mapping[str, Any]) -> Profile:
    """One profile; its lifecycle stages are None if the key is missing, empty if it is null.

    Parts that cannot be read are named in `unreadable`, so that they do not count as missing.
    """
    odd = _Oddities()
    texts = {source: odd.text_at(row, source.member) for source in PlainSource if source.member}
    if row.get("segments") is None:
        odd.parts.add("segments")  # everybody who is listed is in one at least
    return Profile(
        id=text_id(row["id"]),
        properties=_properties(row, odd),
        consented=frozenset(odd.texts(row, "consentedObjectives")),
        refused=frozenset(odd.texts(row, "refusedObjectives")),
        legislation=odd.text(row, "privacyLegislation"),
        texts={source: text for source, text in texts.items() if text is not None},
        segments=tuple(odd.each(row, "segments", _segment_of_profile)),
        lifecycle_stages=_stages(row, odd),
        replaces=tuple(odd.texts(row, "replaces")),
        replaced_by=odd.text(row, "replacedBy"),
        unreadable=frozenset(odd.parts),
        unreadable_properties=frozenset(odd.properties),
    )


class _Oddities:
    """Reads the optional parts of one profile and records those that cannot be read."""

    def __init__(self) -> None:
        self.parts: set[str] = set()
        self.properties: set[str] = set()

    def text(self, row: Mapping[str, Any], key: str) -> str | None:
        """A text; None if there is none."""
        found = row.get(key)
        if found is not None and not isinstance(found, str):
            self.parts.add(key)
            return None
        return found or None

    def text_at(self, row: Mapping[str, Any], way: str) -> str | None:
        """The text at `object.key`; None if there is none, or no such object."""
        *outer, key = way.split(".")
        for name in outer:
            inner = row.get(name)
            if not isinstance(inner, dict):
                return None
            row = inner
        return self.text(row, key)

    def texts(self, row: Mapping[str, Any], key: str) -> list[str]:
        """A list of ids; items that are not ids are omitted and recorded."""
        found = self._listed(row, key)
        kept = [one for one in found if isinstance(one, str) and one]
        if len(kept) < len(found):
            self.parts.add(key)
        return kept

    def each(self, row: Mapping[str, Any], key: str, parse: Callable[[Any], T]) -> list[T]:
        """The parsed rows of a list; rows that `parse` cannot read are omitted and recorded."""
        kept = []
        for one in self._listed(row, key):
            try:
                kept.append(parse(one))
            except (KeyError, TypeError, ValueError, AttributeError):
                self.parts.add(key)
        return kept

    def _listed(self, row: Mapping[str, Any], key: str) -> list[Any]:
        found = row.get(key)
        if found is None or isinstance(found, list):
            return found or []
        self.parts.add(key)
        return []


def _properties(row: Mapping[str, Any], odd: _Oddities) -> dict[str, tuple[str, ...]]:
    if not isinstance(row.get("properties"), list):
        odd.parts.add("properties")
    found: dict[str, tuple[str, ...]] = {}
    for name, values in odd.each(row, "properties", _property_of_profile):
        kept = tuple(text(one) for one in values or () if isinstance(one, (str, int, float)))
        if values is None or len(kept) < len(values):
            odd.properties.add(name)
        found[name] = (*found.get(name, ()), *kept)
    return found


def _property_of_profile(row: Mapping[str, Any]) -> tuple[str, list[Any] | None]:
    """The id of a property and its values; None if they are not a list."""
    values = row.get("values")
    return text_id(row["id"]), values if isinstance(values, list) else None


def _segment_of_profile(row: Mapping[str, Any]) -> tuple[str, str]:
    return text_id(row["id"]), text(row.get("name"))


def _stages(row: Mapping[str, Any], odd: _Oddities) -> tuple[StageOfProfile, ...] | None:
    if "lifecycleStages" not in row:
        return None
    found = odd.each(row, "lifecycleStages", _stage_of_profile)
    return None if "lifecycleStages" in odd.parts else tuple(found)


def _stage_of_profile(row: Mapping[str, Any]) -> StageOfProfile:
    lifecycle, stage = object_at(row, "lifecycle"), object_at(row, "stage")
    stage_id = text_id(stage.get("id") or stage.get("identifier"))
    name = text(lifecycle.get("name"))
    return StageOfProfile(text_id(lifecycle["id"]), name, stage_id, _name(stage))


def _name(row: Mapping[str, Any]) -> str:
    return text(row.get("name")) or text(row.get("id"))
