"""Resubscribing (design §7): the one write that can mail somebody who opted out.

Per person, directly after a fresh reading that shows `unsubscribed`, and only where the goal's
setting covers this very row; the intention is written down before the request leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from actui.model.errors import LostAnswerError, RefusedError
from actui.model.goals import ExportGoal, ListStatus
from actui.model.journal import Done
from actui.model.people import Contact
from actui.model.run import ListCounts
from actui.model.standing import Exported, ListRow, Membership
from actui.sync.goalrun import GoalRun


class Resubscribing:
    """Sets rows back to active as far as the goal's words reach."""

    def __init__(self, goal_run: GoalRun, goal: ExportGoal) -> None:
        self._run = goal_run
        self._goal = goal

    async def on(
        self, contact_id: int, lists: Sequence[int], others: Iterable[int] = ()
    ) -> set[int]:
        """Those of the lists on which the contact is active again because of this goal.

        None where mail to it, or to one of the `others` of the same person, has bounced for good.
        """
        if self._goal.resubscribe == "never" or not lists:
            return set()
        for other in others:
            if _has_bounced(await self._run.activecampaign.contact(other)):
                return set()
        contact = await self._run.activecampaign.contact(contact_id)
        if contact is None or contact.erased or _has_bounced(contact):
            return set()
        done: set[int] = set()
        for list_id in lists:
            row = contact.list_rows.get(list_id)
            if row is None or not self._is_covered(contact_id, list_id, row):
                continue
            self._run.stop.check()
            if await self._set_active(contact_id, list_id, row):
                done.add(list_id)
        return done

    def _is_covered(self, contact_id: int, list_id: int, row: ListRow) -> bool:
        """Whether this goal set the row so and nobody has touched it, or its setting is `all`.

        Nobody who opted out again after this connection had resubscribed them is covered.
        """
        if row.status is not ListStatus.UNSUBSCRIBED or not row.mark:
            return False
        ledger = self._run.ledger
        membership = ledger.membership(self._goal.id, contact_id, list_id)
        if membership is not None and membership.left_mark == row.mark:
            return True
        if self._goal.resubscribe != "all":
            return False
        before = ledger.resubscription(contact_id, list_id)
        # an intention over the very same row was never carried out
        return before is None or (not before.done and before.mark == row.mark)

    async def _set_active(self, contact_id: int, list_id: int, row: ListRow) -> bool:
        self._run.ledger.intend_resubscribing(contact_id, list_id, row.mark)
        try:
            now = await self._send(contact_id, list_id, row)
        except RefusedError as refused:
            self._run.warn_once(f"Resubscribing was refused: {refused.detail}")
            return False
        if now is None or now.status is not ListStatus.ACTIVE:
            return False
        at = self._run.started_at.timestamp()
        self._run.commit(
            Done(
                records=(),
                lists=ListCounts(resubscribed=1),
                export=Exported(
                    joined=[Membership(contact_id, list_id, at)],
                    resubscribed=[(contact_id, list_id)],
                ),
            )
        )
        return True

    async def _send(self, contact_id: int, list_id: int, row: ListRow) -> ListRow | None:
        """Send once; after a lost answer the row itself tells whether to send again."""
        service = self._run.activecampaign
        for attempt in (1, 2):
            try:
                return await service.set_list_status(contact_id, list_id, ListStatus.ACTIVE)
            except LostAnswerError:
                contact = await service.contact(contact_id)
                now = None if contact is None else contact.list_rows.get(list_id)
                if attempt == 2 or now != row:
                    return now
        return None


def _has_bounced(contact: Contact | None) -> bool:
    """Whether mail to a contact bounced for good, on any list of the account."""
    if contact is None:
        return False
    on_a_list = [*contact.lists.values(), *(row.status for row in contact.list_rows.values())]
    return contact.bounced_hard > 0 or ListStatus.BOUNCED in on_a_list
