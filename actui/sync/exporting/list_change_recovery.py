"""List changes that were on their way when a process died, or whose answers were all lost.

A fresh look at the row tells what became of each: what was done is committed as it would have been,
and the rest may be tried again. Whose change it was is decided as if only the answer had been lost.
"""

from __future__ import annotations

from functools import partial

from actui.model.goals import ANY_LIST, ListStatus
from actui.model.journal import BatchCommit
from actui.model.memberships import ListChange, ListRow, MembershipChanges
from actui.model.records import Contact
from actui.sync.exporting.contact_looks import look, row_on
from actui.sync.exporting.leavers import unsubscribed
from actui.sync.exporting.resubscribing import resubscribed
from actui.sync.run.goal_run import GoalRun

_CLOCK = 5.0
"""Seconds by which two stamps of one event may differ."""
_LATEST = 600.0
"""Seconds after which nothing that was sent is applied any more (sync/README.md §7)."""


async def settle_list_changes(run: GoalRun) -> None:
    """Look at each row that the goal may have changed without knowing it."""
    for change in run.ledger.list_changes.unfinished(run.goal.id):
        run.stop.check()
        doubts = partial(_is_absent, list_id=change.list_id)
        contact = await look(run, change.contact_id, doubts)
        _settle(run, change, contact)


def _settle(run: GoalRun, change: ListChange, contact: Contact | None) -> None:
    pair = (change.contact_id, change.list_id)
    row = row_on(contact, change.list_id)
    if contact is not None and not contact.erased and _is_unreadable(contact, row):
        return  # the next run looks again
    if row is not None and row.status is change.status is ListStatus.UNSUBSCRIBED:
        # whether this goal did it, or the person, nobody knows: it was the person
        run.commit(unsubscribed(run, pair, ""))
    elif row is not None and row.status is change.status and _is_of(row, change):
        run.commit(resubscribed(pair, change.at))
    elif change.status is ListStatus.UNSUBSCRIBED and row is not None and _is_later(row, change):
        # they left, and it was not this goal that put them back
        run.commit(BatchCommit(records=(), export=MembershipChanges(gone=[pair], ended=[pair])))
    elif (
        row is None
        or row.status is change.status
        or run.service_now().timestamp() > change.at + _LATEST
    ):
        run.ledger.list_changes.end(run.goal.id, *pair)


def _is_absent(contact: Contact | None, list_id: int) -> bool:
    return row_on(contact, list_id) is None


def _is_unreadable(contact: Contact, row: ListRow | None) -> bool:
    return ANY_LIST in contact.lists or (row is not None and row.status is ListStatus.UNREADABLE)


def _is_later(row: ListRow, change: ListChange) -> bool:
    """Whether the row's subscription is younger than the change."""
    return row.joined is not None and row.joined.timestamp() > change.at + _CLOCK


def _is_of(row: ListRow, change: ListChange) -> bool:
    """Whether the row's subscription is of the time at which the change can have been made.

    A later one is somebody else's, and nobody is unsubscribed for what is not this goal's.
    """
    if row.joined is None:
        return False
    return change.at - _CLOCK <= row.joined.timestamp() <= change.at + _LATEST + _CLOCK
