"""BlueConic's JSON as actui's own types, and back (OpenAPI v103, blueconic.md §11).

Lenient, as the examples of the OpenAPI do not follow its own schemas; strict about ids and the
key the rows are under. Parsers raise KeyError, TypeError or ValueError on another shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actui.model.people import (
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

_LONGEST_STATE = 40
"""Characters of a state that BlueConic's documents do not name."""


def rows(body: Any, key: str) -> list[dict[str, Any]]:
    """The list of objects under `key`, which must be there."""
    found = body[key]
    if not isinstance(found, list):
        raise TypeError(key)
    return [row for row in found if isinstance(row, dict)]


def profile_property(row: Mapping[str, Any]) -> Property:
    """One profile property."""
    return Property(
        id=str(row["id"]),
        name=_name(row),
        type=str(row.get("filterType") or "SELECT").upper(),
        indexed=row.get("indexed") is True,
    )


def segment(row: Mapping[str, Any]) -> Segment:
    """One segment; its size is unknown where `profileCount` is left out."""
    size = row.get("profileCount")
    return Segment(str(row["id"]), _name(row), size if isinstance(size, int) else None)


def objective(row: Mapping[str, Any]) -> Objective:
    """One objective; no zones where `needsConsent` is false."""
    zones = _listed(row.get("legislations")) if row.get("needsConsent") is not False else []
    return Objective(str(row["id"]), _name(row), tuple(str(zone) for zone in zones))


def lifecycle(row: Mapping[str, Any]) -> Lifecycle:
    """One lifecycle with its stages in order; a stage calls its id `identifier`."""
    stages = tuple(_stage(stage) for stage in _listed(row.get("stages")))
    return Lifecycle(str(row["id"]), _name(row), row.get("isEnabled") is not False, stages)


def _stage(row: Mapping[str, Any]) -> Stage:
    rule = row.get("rule") if isinstance(row.get("rule"), dict) else {}
    cap = rule.get("frequencyCapViews") if rule else None
    window = str(rule.get("frequencyCapDuration") or "") if rule else ""
    return Stage(
        id=str(row.get("identifier") or row["id"]),
        name=str(row.get("name") or ""),
        window=window,
        cap=int(cap) if cap is not None and window else None,
    )


def interaction_names(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The ids of one dialogue and its variants, each with the dialogue's name; none without a name.

    `variants` is an array in the examples and one object in the schema.
    """
    name, variants = str(row.get("name") or ""), row.get("variants")
    rows = [variants] if isinstance(variants, dict) else _listed(variants)
    ids = [row["id"], *(one.get("id") for one in rows if isinstance(one, dict))]
    return [(str(id_), name) for id_ in ids if id_ and name]


def profile_page(body: Any, cursor: str) -> ProfilePage:
    """A page of a segment listing asked for with `cursor`.

    The listing ends with a page without `nextCursor`; an empty page that repeats the cursor is an
    end too, a full one would never end and raises ValueError.
    """
    profiles = [profile(row) for row in rows(body, "profiles")]
    following = body.get("nextCursor") or None
    is_last = following is None
    if following == cursor:
        if profiles:
            raise ValueError("the cursor does not move")
        following = None
    total = body.get("totalResults")
    return ProfilePage(profiles, total if isinstance(total, int) else None, following, is_last)


def entry(write: ProfileWrite) -> dict[str, Any]:
    """One entry of `PUT /profiles`; what a new profile gets is sent only where one may be made."""
    told: dict[str, Any] = {
        "identifier": write.identifier,
        "strategy": "UPSERT" if write.create else "UPDATE",
        "properties": [_rule(rule) for rule in write.writes],
    }
    if write.profile_id is not None:
        told["profileId"] = write.profile_id
    if write.matching:
        told["matching"] = [
            [{"id": name, "value": value} for name, value in group] for group in write.matching
        ]
    if write.create:
        extras = {
            "privacyLegislation": write.legislation,
            "permissionLevel": write.permission_level,
            "domainGroup": write.domain_group,
        }
        told.update({key: value for key, value in extras.items() if value is not None})
    return told


def results(body: Any, entries: Sequence[ProfileWrite], *, partial: bool) -> list[WriteResult]:
    """The results in the order of the entries; fewer than `entries` only when `partial`.

    Told apart by `identifier` where every result has it, else by position.
    """
    if not isinstance(body, list) or len(body) > len(entries):
        raise ValueError("not one result per entry")
    if len(body) < len(entries) and not partial:
        raise ValueError("fewer results than entries")
    named = {str(row["identifier"]): row for row in body if row.get("identifier") is not None}
    if len(named) < len(body):
        return [_result(row, sent) for row, sent in zip(body, entries, strict=False)]
    found = [_result(named[e.identifier], e) for e in entries if e.identifier in named]
    if len(found) != len(body):
        raise ValueError("results of other entries")
    return found


def _result(row: Mapping[str, Any], sent: ProfileWrite) -> WriteResult:
    profile_id = row.get("profileId")
    told = row.get("validationErrors")
    return WriteResult(
        identifier=sent.identifier,
        state=redact(row["state"], _LONGEST_STATE).upper(),
        profile_id=str(profile_id) if profile_id else None,
        complaints=tuple(_complaints(told)),
        complained_about=frozenset(map(str, told)) if isinstance(told, dict) else frozenset(),
    )


def _complaints(told: Any, about: str = "") -> list[str]:
    """`validationErrors` flattened; its schema says no more than "object"."""
    if isinstance(told, dict):
        return [line for key, value in told.items() for line in _complaints(value, str(key))]
    if isinstance(told, list):
        return [line for value in told for line in _complaints(value, about)]
    if told is None or told == "":
        return []
    return [redact(f"{about}: {told}" if about else told)]


def _rule(write: PropertyWrite) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": write.property,
        "strategy": write.strategy,
        "values": list(write.values),
    }
    if write.restriction is not None:
        told["restriction"] = write.restriction
    return told


def profile(row: Mapping[str, Any]) -> Profile:
    """One profile; its lifecycle stages are None where the key is absent, none where it is null."""
    permissions = row.get("permissions")
    level = permissions.get("level") if isinstance(permissions, dict) else None
    legislation = row.get("privacyLegislation")
    stages = _listed(row["lifecycleStages"]) if "lifecycleStages" in row else None
    return Profile(
        id=str(row["id"]),
        properties={
            str(p["id"]): tuple(str(v) for v in _listed(p.get("values")) if v is not None)
            for p in _listed(row.get("properties"))
        },
        consented=frozenset(map(str, _listed(row.get("consentedObjectives")))),
        refused=frozenset(map(str, _listed(row.get("refusedObjectives")))),
        legislation=str(legislation) if legislation else None,
        permission_level=str(level) if level else None,
        segments=tuple(
            (str(s["id"]), str(s.get("name") or "")) for s in _listed(row.get("segments"))
        ),
        lifecycle_stages=(None if stages is None else tuple(map(_stage_of_profile, stages))),
        replaces=tuple(map(str, _listed(row.get("replaces")))),
        replaced_by=str(row["replacedBy"]) if row.get("replacedBy") else None,
    )


def _stage_of_profile(row: Mapping[str, Any]) -> StageOfProfile:
    lifecycle, stage = row["lifecycle"], row["stage"]
    stage_id = str(stage.get("id") or stage.get("identifier") or "")
    name = str(lifecycle.get("name") or "")
    return StageOfProfile(str(lifecycle["id"]), name, stage_id, _name(stage))


def _name(row: Mapping[str, Any]) -> str:
    return str(row.get("name") or row.get("id") or "")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
