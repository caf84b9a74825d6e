"""Profiles as the OpenAPI schema `profile` has them."""

from __future__ import annotations

from typing import Any

from actui.sandbox.blueconic.profile_values import every_value
from actui.sandbox.blueconic.rows import Profile
from actui.sandbox.blueconic.tenant import Tenant
from actui.sandbox.clock import utc_millis_text

Json = dict[str, Any]
VIEWED = ("interactions_viewed", "interactions_clicked", "interactions_converted")


def _properties(tenant: Tenant, row: Profile, wanted: set[str] | None) -> list[Json]:
    """Those asked for, or all with the system's own."""
    every = every_value(row)
    if tenant.switches["interaction-ids"] == "variants":
        variants = {one.id: one.variant for one in tenant.dialogues.values()}
        for name in VIEWED:
            if name in every:
                every[name] = [variants.get(one, one) for one in every[name]]
    return [
        {"id": name, "values": values}
        for name, values in every.items()
        if (wanted is None or name in wanted) and name not in tenant.deleted_properties
    ]


def _merged(row: Profile) -> Json:
    """A profile that went up in another has no more than its id and that of the other (§3)."""
    return {
        "id": row.id,
        "creationDate": utc_millis_text(row.created),
        "consentedObjectives": [],
        "refusedObjectives": [],
        "properties": [],
        "replaces": [],
        "replacedBy": row.replaced_by,
    }


def _base(tenant: Tenant, row: Profile, wanted: set[str] | None) -> Json:
    answer: Json = {"id": row.id, "creationDate": utc_millis_text(row.created)}
    if row.legislation is not None:
        answer["privacyLegislation"] = row.legislation
    answer["consentedObjectives"] = row.values("consented_objectives")
    answer["refusedObjectives"] = row.values("refused_objectives")
    answer["properties"] = _properties(tenant, row, wanted)
    return answer


def listed_profile(
    tenant: Tenant, row: Profile, *, wanted: set[str] | None, expand: set[str]
) -> Json:
    """A profile in a segment's page; `expand` holds what follows `profiles.profile.`.

    Nobody has timeline events or groups here, so those arrays are empty where they were asked for.
    """
    answer = _base(tenant, row, wanted)
    if "permissions" in expand:
        answer["permissions"] = {"level": row.permission_level}
    if "segments" in expand:
        answer["segments"] = _segments(tenant, row, {"name"})
    if "replace" in expand:
        answer["replaces"] = list(row.replaces)
    for word, key in (
        ("timeline", "events"),
        ("groups", "groups"),
        ("matchingGroups", "matchingGroups"),
    ):
        if word in expand:
            answer[key] = []
    if tenant.switches["lifecycle-stages"] == "present":
        answer.update(_stages(tenant, row))
    return answer


def single_profile(
    tenant: Tenant, row: Profile, *, wanted: set[str] | None, expand: set[str], collapse: set[str]
) -> Json:
    """A profile by its id; `expand` and `collapse` hold what follows `profile.`."""
    if row.replaced_by:
        return _merged(row)
    answer = _base(tenant, row, wanted)
    answer["permissions"] = {"level": row.permission_level}
    answer["replaces"] = list(row.replaces)
    if "segments" not in collapse:
        more = {"name"} if "segments" in expand else set()
        answer["segments"] = _segments(
            tenant, row, {"name", "tags"} if "segments.tags" in expand else more
        )
    if "timeline" in expand:
        answer["events"] = []
    if tenant.switches["lifecycle-stages"] != "absent":
        answer.update(_stages(tenant, row))
    return answer


def _segments(tenant: Tenant, row: Profile, more: set[str]) -> list[Json]:
    found = []
    for segment_id, segment in tenant.segments.items():
        if segment_id in row.segments:
            every = {"name": segment.name, "tags": list(segment.tags)}
            found.append({"id": segment_id, **{key: every[key] for key in every if key in more}})
    return found


def _stages(tenant: Tenant, row: Profile) -> Json:
    """The key with its value, or neither."""
    if row.stage is None:
        is_empty = tenant.switches["no-lifecycle-stage"] == "empty"
        return {"lifecycleStages": []} if is_empty else {}
    lifecycle = tenant.lifecycles[row.stage[0]]
    stage = next(one for one in lifecycle.stages if one.id == row.stage[1])
    found = {
        "lifecycle": {"id": lifecycle.id, "name": lifecycle.name},
        "stage": {"id": stage.id, "name": stage.name},
    }
    return {"lifecycleStages": [found]}
