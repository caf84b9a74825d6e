"""Rows of the tenant as the OpenAPI schemas have them."""

from __future__ import annotations

from typing import Any

from actui.sandbox.blueconic.consent_counts import consent_counts
from actui.sandbox.blueconic.document_shapes import by_schema, link, one_or_all
from actui.sandbox.blueconic.rows import (
    Dialogue,
    Lifecycle,
    Objective,
    ProfileProperty,
    Segment,
)
from actui.sandbox.blueconic.tenant import Tenant
from actui.sandbox.clock import utc_millis_text

Json = dict[str, Any]
FOUNDED = utc_millis_text(1546300800.39)
ROUGH = 10
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
    count = len(tenant.profiles.members(row.id))
    answer: Json = {
        **MADE,
        "description": "",
        "id": row.id,
        "inverseOf": "",
        "inversedBy": "",
        "name": row.name,
        "profileCount": count,
        "tags": list(row.tags),
    }
    reading = tenant.switches["segment-count"]
    if reading == "absent":
        del answer["profileCount"]
    elif reading == "estimate":
        answer["profileCount"] = count // ROUGH * ROUGH
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
        "description": row.description,
        "filterType": row.kind,
        "id": row.id,
        "indexed": row.indexed,
        "isIdProperty": False,
        "mergeStrategy": row.merge,
        "name": row.name,
        "permissionLevel": "PERSONAL" if row.indexed else row.level,
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
    if not by_schema(tenant.switches):
        href = f"{tenant.url}/rest/v2/profileProperties/{row.id}"
        answer["links"] = [link(tenant.switches, href, "alt")]
    return answer


def objective_answer(tenant: Tenant, row: Objective) -> Json:
    """Schema `objective`."""
    consented, refused = consent_counts(tenant, row.id)
    return {
        **MADE,
        "consentedProfileCount": consented,
        "description": "",
        "id": row.id,
        "legislations": list(row.legislations),
        "name": row.id,
        "needsConsent": row.needs_consent,
        "objectiveDescription": f"For {row.id}",
        "references": [{"id": number, "type": kind} for kind, number in row.references],
        "refusedProfileCount": refused,
        "tags": [],
        "title": row.id.capitalize(),
        "totalProfileCount": consented + refused,
    }


def lifecycle_answer(tenant: Tenant, row: Lifecycle) -> Json:
    """Schema `lifecycle` with the `touchpoints` its examples show."""
    stages = []
    for stage in row.stages:
        rule: Json = {}
        if stage.duration is not None:
            rule = {
                "frequencyCapDuration": stage.duration,
                "frequencyCapViews": stage.views,
            }
        of_stage: Json = {"identifier": stage.id, "name": stage.name, "rule": rule}
        if not by_schema(tenant.switches):
            shown = [{"id": one, "type": "dialogue"} for one in stage.dialogues]
            of_stage["touchpoints"] = shown
        stages.append(of_stage)
    answer = {
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
    if by_schema(tenant.switches):
        del answer["pluginId"]
    return answer


def dialogue_answer(tenant: Tenant, row: Dialogue) -> Json:
    """Schema `dialogue`; `variants` is an array in the examples alone."""
    variant = {"id": row.variant, "name": "Variant A", "pluginId": "contentinteractiontype"}
    made = {**MADE, "description": "", "isEnabled": True, "tags": []}
    return {
        **made,
        **({} if by_schema(tenant.switches) else {"domains": []}),
        "id": row.id,
        "name": row.name,
        "priority": MEDIUM,
        "targetChannels": [],
        "variants": one_or_all(tenant.switches, [{**made, **variant}]),
    }
