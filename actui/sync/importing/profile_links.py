"""Links beside the profile identifier: the profile must have their values (sync/README.md §3).

An entry that names its profile by id is matched by nothing else (BlueConic's OpenAPI, put
/profiles), so the profile is read before the entry is journaled and sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from actui.model.addresses import canonical
from actui.model.goals import ImportGoal
from actui.model.journal import PersonOutcome
from actui.model.records import Profile
from actui.model.run import Outcome, Reason
from actui.sync.importing.entries import Entry
from actui.sync.importing.sender import plain_record
from actui.sync.merged_profiles import surviving_profile
from actui.sync.run.goal_run import GoalRun

_AT_ONCE = 100
"""Profiles asked for together; the client decides how many requests are under way."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Entries that may be sent, and the outcomes of the contacts whose links contradict."""

    matched: Sequence[Entry]
    refused: Sequence[PersonOutcome]


class ProfileLinks:
    """Compares the profiles that entries name by id with the goal's other links."""

    def __init__(self, goal_run: GoalRun, goal: ImportGoal) -> None:
        self._run = goal_run
        self._addresses = {link.property for link in goal.identifiers if link.field == "email"}
        self._properties = sorted({one.property for one in goal.identifiers if one.property})
        self.reads_profiles = bool(self._properties) and goal.links_profile_id
        """Whether each entry costs a request before it is sent."""

    async def check(self, entries: Sequence[Entry]) -> Checked:
        """Read each named profile and compare; a merged one stands for the one that replaced it.

        Reads nothing where the profile identifier is the goal's only link. Raises StoppedError
        between two pages, before anything of `entries` was sent, and what the client raises.
        """
        if not self.reads_profiles:
            return Checked(entries, ())
        matched: list[Entry] = []
        refused: list[PersonOutcome] = []
        for start in range(0, len(entries), _AT_ONCE):
            self._run.stop.check()
            page = entries[start : start + _AT_ONCE]
            profiles = await asyncio.gather(*(self._profile(entry) for entry in page))
            for entry, profile in zip(page, profiles, strict=True):
                if profile is not None and self._fits(entry, profile):
                    # whom a write by the id of a merged profile reaches is not known
                    write = replace(entry.write, profile_id=profile.id)
                    matched.append(replace(entry, write=write))
                    continue
                found = profile.id if profile is not None else None
                record = plain_record(entry, Outcome.SKIPPED, Reason.NO_MATCH, profile_id=found)
                refused.append(PersonOutcome(str(entry.contact.id), record, None))
            self._run.meter.tick()
        return Checked(matched, refused)

    async def _profile(self, entry: Entry) -> Profile | None:
        named = entry.write.profile_id
        if named is None:
            return None
        return await surviving_profile(self._run.blueconic, named, self._properties)

    def _fits(self, entry: Entry, profile: Profile) -> bool:
        return all(
            self._form(name, value)
            in {self._form(name, held) for held in profile.properties.get(name, ())}
            for name, value in entry.required
        )

    def _form(self, name: str, value: str) -> str:
        return canonical(value) if name in self._addresses else value
