"""Profiles that exports linked to a contact, where an import finds none (sync/README.md §3, §6).

An export sends an address cleaned, so the contact's address leads back to the profile only where
the profile has it in a spelling that can be thought of. Any other spelling stands on the linked
profile alone. It is read only when BlueConic has found nobody, and what is found there is one more
value to match: an address decides together with the goal's other links as it always does, and a
link to a profile whose address has become another one, or which is gone, leads nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from actui.model.addresses import canonical
from actui.model.goals import ImportGoal
from actui.sync.importing.entries import Entry
from actui.sync.run.goal_run import GoalRun


class LinkedProfiles:
    """Keeps entries from making a second profile of somebody whose profile is known."""

    def __init__(self, goal_run: GoalRun, goal: ImportGoal) -> None:
        self._run = goal_run
        self._properties = [
            link.property for link in goal.identifiers if link.field == "email" and link.property
        ]

    def of(self, entries: Sequence[Entry]) -> Mapping[int, Sequence[str]]:
        """The profiles linked to each of the entries' contacts; none where no address decides."""
        if not self._properties:
            return {}
        return self._run.ledger.links.profiles_of_all(
            entry.contact.id for entry in entries if entry.write.profile_id is None
        )

    async def matched(self, entry: Entry, profiles: Sequence[str]) -> Entry:
        """The entry with the spellings in which its linked profiles have the contact's address."""
        form = canonical(entry.contact.email)
        found: dict[tuple[str, str], None] = {}
        is_known = True
        for profile_id in profiles:
            self._run.stop.check()
            profile = await self._run.blueconic.profile(profile_id, properties=self._properties)
            is_known &= profile is None or all(map(profile.shows, self._properties))
            found |= {
                (name, value): None
                for name in self._properties
                for value in (profile.properties.get(name, ()) if profile is not None else ())
                if canonical(value) == form
            }
        groups = [
            tuple(stored if one[0] == stored[0] else one for one in group)
            for stored in found
            for group in entry.write.matching
        ]
        matching = tuple(dict.fromkeys((*entry.write.matching, *groups)))
        changed = replace(entry, write=replace(entry.write, matching=matching))
        # the address may be there in a form that cannot be read: no second profile is made
        return changed if is_known else without_creating(changed)


def without_creating(entry: Entry) -> Entry:
    """The entry as one that only changes a profile."""
    write = replace(
        entry.write, create=False, legislation=None, permission_level=None, domain_group=None
    )
    return replace(entry, write=write)
