"""Whether a profile may be written for objectives (blueconic.md §6; OpenAPI, objectiveIds)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from actui.sandbox.blueconic.rows import Objective

REST_OF_WORLD = "NONE"


def needs_consent(objective: Objective, zone: str | None, *, without_zone: bool) -> bool:
    """Whether an objective is opt-in in the profile's zone."""
    if not objective.needs_consent:
        return False
    if zone is None or zone == REST_OF_WORLD:
        return without_zone or REST_OF_WORLD in objective.legislations
    return zone in objective.legislations


def passes(
    properties: Mapping[str, list[str]],
    objective_ids: Iterable[str],
    objectives: Mapping[str, Objective],
    *,
    without_zone: bool,
) -> bool:
    """At least one objective consented, or not needed in the zone and not refused."""
    wanted = [one for one in objective_ids if one]
    if not wanted:
        return True
    zones = properties.get("privacy_legislation", [])
    zone = zones[0] if zones else None
    consented = properties.get("consented_objectives", [])
    refused = properties.get("refused_objectives", [])
    for name in wanted:
        if name in consented:
            return True
        objective = objectives.get(name)
        if objective is None or name in refused:
            continue
        if not needs_consent(objective, zone, without_zone=without_zone):
            return True
    return False
