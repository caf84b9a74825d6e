"""Rows of the tenant as the OpenAPI schemas have them."""

from __future__ import annotations

from typing import Any

from actui.sandbox.blueconic.rows import (
    Dialogue,
    Lifecycle,
    Objective,
    Profile,
    ProfileProperty,
    Segment,
)
from actui.sandbox.blueconic.tenant import Tenant
from actui.sandbox.clock import utc_millis_text

Json = dict[str, Any]
FOUNDED = utc_millis_text(1546300800.39)
USER = {"fullName": "sandbox@example.org", "userName": "sandbox@example.org"}
MEDIUM = {"id": "912a4881-0000-4000-a000-000000000001", "isDefault": True, "name": "Medium"}
MADE = {
    "creationDate": FOUNDED,
    "creator": USER,
    "lastModifiedDate": FOUNDED,
    "lastModifiedUser": USER,
}


def segment_answer(tenant: Tenant, row: Segment) -> Json:
    """Schema `segment`."""
    answer = {
        **MADE,
        "description": "",
        "id": row.id,
        "inverseOf": "",
        "inversedBy": "",
        "name": row.name,
        "profileCount": len(tenant.profiles.members(row.id)),
        "tags": list(row.tags),
    }
    if tenant.switches["segment-count"] == "absent":
        del answer["profileCount"]
    return answer


def property_answer(tenant: Tenant, row: ProfileProperty) -> Json:
    """Schema `profileProperty`; the sandbox does not count profiles per property."""
    answer: Json = {
        "availableForSegmentation": True,
        "canRead": True,
        "canWrite": True,
        "createNewProfile": False,
        **MADE,
        "dataSensitivity": "PII" if row.sensitive else "NON_PII",
        "description": "",
        "filterType": row.kind,
        "id": row.id,
        "indexed": row.indexed,
        "isIdProperty": False,
        "links": [
            {
                "href": f"{tenant.url}/rest/v2/profileProperties/{row.id}",
                "rel": "alt",
                "type": "application/json",
            }
        ],
        "mergeStrategy": "BOTH",
        "name": row.name,
        "permissionLevel": "PERSONAL" if row.indexed else "ANONYMOUS",
        "precision": 2 if row.kind == "CURRENCY" else 0,
        "profileCount": 0,
        "showInUI": True,
        "tags": list(row.tags),
        "totalProfileCount": 0,
        "useValidation": True,
        "values": [],
    }
    if row.kind == "CURRENCY":
        answer["currency"] = {"isoCode": "EUR", "name": "Euro", "precision": 2, "symbol": "€"}
    return answer


def objective_answer(row: Objective) -> Json:
    """Schema `objective`."""
    return {
        **MADE,
        "consentedProfileCount": 0,
        "description": "",
        "id": row.id,
        "legislations": list(row.legislations),
        "name": row.id,
        "needsConsent": row.needs_consent,
        "objectiveDescription": f"For {row.id}",
        "references": [],
        "refusedProfileCount": 0,
        "tags": [],
        "title": row.id.capitalize(),
        "totalProfileCount": 0,
    }


def lifecycle_answer(row: Lifecycle) -> Json:
    """Schema `lifecycle` with the `touchpoints` its examples show."""
    stages = []
    for stage in row.stages:
        rule: Json = {}
        if stage.duration is not None:
            rule = {
                "frequencyCapDuration": stage.duration,
                "frequencyCapViews": stage.views,
            }
        stages.append({"identifier": stage.id, "name": stage.name, "rule": rule, "touchpoints": []})
    return {
        **MADE,
        "description": "",
        "domains": [],
        "id": row.id,
        "name": row.name,
        "pluginId": "lifecycle_blank",
        "priority": MEDIUM,
        "stages": stages,
        "isEnabled": row.enabled,
        "tags": [],
    }


def dialogue_answer(row: Dialogue) -> Json:
    """Schema `dialogue`; `variants` is an array as in the examples."""
    made = {**MADE, "description": "", "isEnabled": True, "tags": []}
    return {
        **made,
        "domains": [],
        "id": row.id,
        "name": row.name,
        "priority": MEDIUM,
        "targetChannels": [],
        "variants": [
            {**made, "id": row.variant, "name": "Variant A", "pluginId": "contentinteractiontype"}
        ],
    }


def connection_answer() -> Json:
    """Schema `Connection`: the one connection the tenant shows."""
    return {
        "allChannels": True,
        **MADE,
        "description": "",
        "domains": [],
        "id": "0a743354-0000-4000-a000-000000000001",
        "isEnabled": True,
        "lastRun": {
            "goalStatistics": [],
            "message": "",
            "runCount": 1,
            "runId": "20240101000000_sandbox",
            "startDate": FOUNDED,
            "endDate": FOUNDED,
            "state": "FINISHED",
        },
        "name": "ActiveCampaign",
        "pluginId": "connection_activecampaign",
        "roles": [],
        "scheduleMode": "SCHEDULED",
        "tags": [],
        "targetChannels": [],
    }


def property_values(row: Profile, wanted: set[str] | None) -> list[Json]:
    """`properties` of a profile: those asked for, or all with the system's own."""
    every = {
        **row.properties,
        "creationdate": [str(int(row.created * 1000))],
        "lastmodifieddate": [str(int(row.modified * 1000))],
        "domaingroup": [row.domain_group],
    }
    return [
        {"id": name, "values": values}
        for name, values in every.items()
        if wanted is None or name in wanted
    ]


def profile_answer(
    tenant: Tenant, row: Profile, *, wanted: set[str] | None, expand: set[str], single: bool
) -> Json:
    """Schema `profile`; `expand` holds the last word of each `expand` parameter."""
    answer: Json = {"id": row.id, "creationDate": utc_millis_text(row.created)}
    if row.legislation is not None:
        answer["privacyLegislation"] = row.legislation
    answer["consentedObjectives"] = row.values("consented_objectives")
    answer["refusedObjectives"] = row.values("refused_objectives")
    answer["properties"] = property_values(row, wanted)
    if "permissions" in expand or single:
        answer["permissions"] = {"level": row.permission_level}
    if "segments" in expand or single:
        answer["segments"] = _segments(tenant, row, named=not single or "segments" in expand)
    if "replace" in expand or single:
        answer["replaces"] = list(row.replaces)
        if row.replaced_by:
            answer["replacedBy"] = row.replaced_by
    reading = tenant.switches["lifecycle-stages"]
    if reading == "present" or (reading == "profile-only" and single):
        answer["lifecycleStages"] = _stages(tenant, row)
    return answer


def _segments(tenant: Tenant, row: Profile, *, named: bool) -> list[Json]:
    found = []
    for segment_id, segment in tenant.segments.items():
        if segment_id in row.segments:
            found.append({"id": segment_id, "name": segment.name} if named else {"id": segment_id})
    return found


def _stages(tenant: Tenant, row: Profile) -> list[Json]:
    if row.stage is None:
        return []
    lifecycle = tenant.lifecycles[row.stage[0]]
    stage = next(one for one in lifecycle.stages if one.id == row.stage[1])
    return [
        {
            "lifecycle": {"id": lifecycle.id, "name": lifecycle.name},
            "stage": {"id": stage.id, "name": stage.name},
        }
    ]
