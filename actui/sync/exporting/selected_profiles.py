"""Whom of a segment's listing a run is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from actui.model.addresses import canonical
from actui.model.goals import ExportGoal
from actui.model.records import Profile
from actui.sync.match_keys import addresses_of
from actui.sync.run.goal_run import PeopleFilter


class SelectedProfiles:
    """Picks people out of a listing; everybody where `only` is None."""

    def __init__(self, goal: ExportGoal, only: PeopleFilter | None) -> None:
        self._goal = goal
        self._only = only
        self._keys = set(only.of(goal.id)) if only is not None else set[str]()
        self._emails = set(only.emails) if only is not None else set[str]()

    @property
    def all_found(self) -> bool:
        """Whether nobody is left to look for; never where the run is about everybody."""
        return self._only is not None and not (self._keys or self._emails)

    def among(self, profiles: Sequence[Profile]) -> set[str]:
        """The ids of those whom the run is about; a merged profile stands for what it replaced."""
        if self._only is None:
            return {profile.id for profile in profiles}
        return {profile.id for profile in profiles if self._is_wanted(profile, self._only)}

    def _is_wanted(self, profile: Profile, only: PeopleFilter) -> bool:
        mine = {profile.id, *profile.replaces} & only.of(self._goal.id)
        addresses = self._addresses(profile) & only.emails
        self._keys -= mine
        self._emails -= addresses
        return bool(mine or addresses)

    def _addresses(self, profile: Profile) -> set[str]:
        found: Iterable[str] = addresses_of(self._goal, profile)
        return {canonical(address) for address in found}
