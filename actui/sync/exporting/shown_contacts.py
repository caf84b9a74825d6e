"""The contacts that a segment's listing shows, and the goal's claims (sync/README.md §7)."""

from __future__ import annotations

from collections.abc import Iterable

from actui.model.keys import contact_key
from actui.sync.exporting.segment_listing import SegmentReading
from actui.sync.resolved_goals import ResolvedExport
from actui.sync.run.goal_run import GoalRun


class ShownContacts:
    """Keeps what the ledger knows of a goal's contacts up to date with a complete listing.

    An incomplete listing changes nothing: who is missing from it may be in the segment.
    """

    def __init__(self, goal_run: GoalRun, goal: ResolvedExport, reading: SegmentReading) -> None:
        self._run = goal_run
        self._goal = goal.settings
        self._segment = goal.segment
        self._reading = reading

    def remember(self) -> None:
        """Remember whom the listing shows: only they can be leavers that others put there.

        Also while the goal unsubscribes nobody, so that a later setting has something to go by.
        """
        if not self._reading.is_complete:
            return
        for contacts in self._run.ledger.claims.of_goal(self._goal.id):
            self._run.ledger.shown_contacts.add(
                self._goal.id, self._segment.id, self._listed_ones(contacts)
            )

    def release_others(self) -> None:
        """Give up the goal's claims to contacts whom nobody in the whole segment is."""
        if not self._reading.is_complete:
            return
        ledger = self._run.ledger
        for contacts in ledger.claims.of_goal(self._goal.id):
            gone = set(contacts) - self._listed_ones(contacts)
            if gone:
                ledger.claims.release(self._goal.id, gone)

    def _listed_ones(self, contacts: Iterable[int]) -> set[int]:
        """Those of the contacts who are somebody in the listing."""
        keys = {contact_key(contact): contact for contact in contacts}
        return {keys[key] for key in self._reading.listing.contains(keys)}
