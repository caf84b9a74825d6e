"""Whom ActiveCampaign refused to unsubscribe (sync/README.md §7): not asked again for nothing.

One refusal keeps nobody else on a list. It is tried again once the contact's row or the goal has
changed, and in a full run.
"""

from __future__ import annotations

from actui.model.errors import RefusedError
from actui.model.journal import BatchCommit
from actui.model.memberships import ListRow, Membership, MembershipChanges, RefusedLeaving
from actui.sync.run.goal_run import GoalRun


class RefusedLeavers:
    """The refused unsubscriptions of one goal, for one run."""

    def __init__(self, goal_run: GoalRun) -> None:
        self._run = goal_run
        self._config = goal_run.config
        known = (
            ()
            if goal_run.is_full
            else goal_run.ledger.memberships.refused_leaving(goal_run.goal.id)
        )
        self._known = {
            (one.contact_id, one.list_id): one
            for one in known
            if goal_run.goal.is_configured_as(one.config)
        }
        self._details: dict[int, str] = {}
        """ActiveCampaign's message about each contact that is still refused."""

    def knows(self, one: Membership) -> bool:
        """Whether it was refused before: then its row must be read."""
        return (one.contact_id, one.list_id) in self._known

    def holds(self, one: Membership, row: ListRow) -> bool:
        """Whether it was refused before over this very row."""
        before = self._known.get((one.contact_id, one.list_id))
        if before is None or before.mark != row.mark:
            return False
        self._details.setdefault(one.contact_id, before.detail)
        return True

    def remember(self, one: Membership, row: ListRow, refused: RefusedError) -> None:
        """Keep that it was refused now."""
        self._details[one.contact_id] = refused.detail
        kept = RefusedLeaving(one.contact_id, one.list_id, row.mark, refused.detail, self._config)
        self._run.commit(BatchCommit(records=(), export=MembershipChanges(refused=[kept])))

    def warn(self) -> None:
        """Warn of how many are refused, and why the first of them is."""
        if not self._details:
            return
        many = len(self._details)
        who = "1 person who left" if many == 1 else f"{many:,} people who left"
        detail = self._details[min(self._details)].strip()
        # the detail stands last: a long warning is cut
        self._run.warn_once(
            f"ActiveCampaign refused to unsubscribe {who}. This is tried again when their list "
            f"status or the goal changes, or with --full. {detail}".strip()
        )
