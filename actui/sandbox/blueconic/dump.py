"""Every profile as one short record, for whoever checks what a run has done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from actui.sandbox.blueconic.tenant import Tenant


def profile_records(tenant: Tenant) -> Iterator[dict[str, Any]]:
    """`{id, properties, consentedObjectives, refusedObjectives, privacyLegislation, segments, …}`.

    `segments` holds ids, `lifecycleStages` stages as the API has them whatever the switch says.
    """
    for row in tenant.profiles.all_rows():
        stage = None if row.stage is None else {"lifecycle": row.stage[0], "stage": row.stage[1]}
        yield {
            "id": row.id,
            "properties": row.properties,
            "consentedObjectives": row.values("consented_objectives"),
            "refusedObjectives": row.values("refused_objectives"),
            "privacyLegislation": row.legislation,
            "segments": sorted(row.segments),
            "lifecycleStages": [] if stage is None else [stage],
            "replacedBy": row.replaced_by,
        }
