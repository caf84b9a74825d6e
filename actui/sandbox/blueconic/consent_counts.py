"""How many profiles consented to an objective or refused it (OpenAPI, schema `objective`)."""

from __future__ import annotations

from actui.sandbox.blueconic.tenant import Tenant

LARGEST_COUNTED = 1_000


def consent_counts(tenant: Tenant, objective_id: str) -> tuple[int, int]:
    """Consented and refused; of a large tenant an estimate from a thousand profiles."""
    every = tenant.profiles.ordinals()
    step = max(1, len(every) // LARGEST_COUNTED)
    consented = refused = 0
    for ordinal in every[::step]:
        row = tenant.profiles.at(ordinal)
        if row.replaced_by is None:
            consented += objective_id in row.values("consented_objectives")
            refused += objective_id in row.values("refused_objectives")
    return consented * step, refused * step
