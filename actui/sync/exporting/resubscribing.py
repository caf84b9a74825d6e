"""Resubscribing (sync/README.md §7): the one write that can mail somebody who opted out.

Per person, directly after a fresh reading that shows `unsubscribed`, and only where the goal's
setting covers this very row; the intention is written down before the request leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from actui.model.errors import RefusedError
from actui.model.goals import ANY_LIST, ExportGoal, ListStatus
from actui.model.journal import BatchCommit
from actui.model.memberships import ListRow, Membership, MembershipChanges
from actui.model.records import Contact
from actui.model.run import ListCounts
from actui.sync.exporting.contact_looks import look, row_on
from actui.sync.exporting.list_changes import change_row
from actui.sync.exporting.write_check import is_about_the_contact
from actui.sync.run.goal_run import GoalRun

LOST = (
    "ActiveCampaign's answers to resubscribing were lost twice; these people may not be on their "
    "lists, and the next run tries again."
)
UNREADABLE = (
    "ActiveCampaign's answers about the lists of contacts cannot be read; these people were not "
    "resubscribed, and the next run tries again."
)


@dataclass(frozen=True, slots=True)
class Resubscribed:
    """Lists on which somebody is active again, and those of which nobody knows."""

    active: frozenset[int] = frozenset()
    lost: frozenset[int] = frozenset()


NOTHING_DONE = Resubscribed()


class Resubscribing:
    """Sets rows back to active as far as the goal's words reach."""

    def __init__(self, goal_run: GoalRun, goal: ExportGoal) -> None:
        self._run = goal_run
        self._goal = goal

    async def on(
        self, contact_id: int, lists: Sequence[int], others: Iterable[int] = ()
    ) -> Resubscribed:
        """On which of the lists the contact is active again because of this goal.

        On none where mail to it, or to one of the `others` of the same person, bounced for good.
        """
        if self._goal.resubscribe == "never" or not lists:
            return NOTHING_DONE
        for other in others:
            if _has_bounced(await self._run.activecampaign.contact(other)):
                return NOTHING_DONE
        done: set[int] = set()
        lost: set[int] = set()
        for list_id in lists:
            # a look for each list: the change before may have taken long
            doubts = partial(_is_unreadable, list_id=list_id)
            contact = await look(self._run, contact_id, doubts)
            if _is_unreadable(contact, list_id):
                if self._may_be_covered(contact_id, list_id):
                    self._run.warn_once(UNREADABLE)
                    lost.add(list_id)
                continue
            if contact is None or not _may_be_resubscribed(contact):
                break
            row = row_on(contact, list_id)
            if row is None or not self._is_covered(contact_id, list_id, row):
                continue
            self._run.stop.check()
            is_active = await self._set_active(contact_id, list_id, row)
            if is_active is None:
                lost.add(list_id)
            elif is_active:
                done.add(list_id)
        return Resubscribed(frozenset(done), frozenset(lost))

    def _is_covered(self, contact_id: int, list_id: int, row: ListRow) -> bool:
        """Whether this goal set the row so and nobody has touched it, or its setting is `all`.

        Nobody who opted out again after this connection had resubscribed them is covered.
        """
        if row.status is not ListStatus.UNSUBSCRIBED or not row.mark or row.is_undated:
            return False
        ledger = self._run.ledger
        membership = ledger.memberships.find(self._goal.id, contact_id, list_id)
        if membership is not None and membership.left_mark == row.mark:
            return True
        if self._goal.resubscribe != "all":
            return False
        before = ledger.resubscriptions.find(contact_id, list_id)
        # an intention over the very same row was never carried out
        return before is None or (not before.done and before.mark == row.mark)

    def _may_be_covered(self, contact_id: int, list_id: int) -> bool:
        """Whether this goal set a row so that cannot be read, as far as it knows."""
        membership = self._run.ledger.memberships.find(self._goal.id, contact_id, list_id)
        is_left = membership is not None and membership.left_mark is not None
        return is_left or self._goal.resubscribe == "all"

    async def _set_active(self, contact_id: int, list_id: int, row: ListRow) -> bool | None:
        """Whether the row is active now; None where nobody knows, or it was tried in vain.

        Raises RefusedError for a refusal that is not about this contact.
        """
        self._run.ledger.resubscriptions.begin(contact_id, list_id, row.mark)
        pair = (contact_id, list_id)
        try:
            changed = await change_row(
                self._run, pair, ListStatus.ACTIVE, row, _may_be_resubscribed
            )
        except RefusedError as refused:
            if not is_about_the_contact(refused):
                raise  # nobody was refused: the next run asks again
            self._run.warn_once(f"Resubscribing was refused: {refused.detail}")
            return False
        now = changed.row
        if now == row or (now is not None and now.status is ListStatus.UNREADABLE):
            self._run.warn_once(LOST)
            return None
        if now is None or now.status is not ListStatus.ACTIVE:
            self._run.ledger.list_changes.end(self._goal.id, *pair)
            return False
        self._run.commit(resubscribed(pair, self._run.started_at.timestamp()))
        return True


def resubscribed(pair: tuple[int, int], at: float) -> BatchCommit:
    """What to commit for a (contact, list) that the goal has set back to active since `at`."""
    return BatchCommit(
        records=(),
        lists=ListCounts(resubscribed=1),
        export=MembershipChanges(joined=[Membership(*pair, at)], resubscribed=[pair], ended=[pair]),
    )


def _is_unreadable(contact: Contact | None, list_id: int) -> bool:
    """Whether a look did not show the row on a list that a reading just before has shown."""
    if contact is None or contact.erased:
        return False
    row = row_on(contact, list_id)
    return ANY_LIST in contact.lists or row is None or row.status is ListStatus.UNREADABLE


def _may_be_resubscribed(contact: Contact) -> bool:
    """Whether nothing about the contact, whatever its row on the list, speaks against it."""
    return not (contact.erased or _has_bounced(contact) or ANY_LIST in contact.lists)


def _has_bounced(contact: Contact | None) -> bool:
    """Whether mail to a contact bounced for good, on any list of the account, or may have."""
    if contact is None or ANY_LIST in contact.lists:
        return contact is not None
    on_a_list = [*contact.lists.values(), *(row.status for row in contact.list_rows.values())]
    return contact.bounced_hard > 0 or ListStatus.BOUNCED in on_a_list
