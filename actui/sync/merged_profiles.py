"""Profiles that were merged into others."""

from __future__ import annotations

from collections.abc import Sequence

from actui.model.records import Profile
from actui.sync.ports import BlueConic

_MOST_MERGES = 20


async def surviving_profile(
    service: BlueConic, profile_id: str, properties: Sequence[str]
) -> Profile | None:
    """The profile with this id, or the one it was merged into; None when there is none.

    A merged profile says no more than what replaced it (blueconic.md §7).
    """
    for _ in range(_MOST_MERGES):
        found = await service.profile(profile_id, properties=properties)
        if found is None or found.replaced_by is None:
            return found
        profile_id = found.replaced_by
    return None
