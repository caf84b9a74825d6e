"""Contacts that imports have made get ids of which the import says nothing (sync/README.md §6)."""

from __future__ import annotations

from datetime import UTC, datetime

from actui.model.addresses import canonical
from actui.model.goals import ListStatus
from actui.model.journal import BatchCommit
from actui.model.keys import contact_key, email_key
from actui.model.memberships import Membership, MembershipChanges
from actui.sync.export_ledger_ports import SegmentRoster
from actui.sync.exporting.contact_directory import (
    NOBODY,
    AddressHolders,
    ContactDirectory,
    KnownContact,
)
from actui.sync.run.goal_run import GoalRun


async def learn_newcomers(
    run: GoalRun, directory: ContactDirectory, listing: SegmentRoster
) -> None:
    """Find the ids of contacts that this goal made, those of an earlier process included.

    From then on they are linked to their profiles, and are members of the lists they joined; the
    listing knows those of its people.
    """
    newcomers = run.ledger.memberships.newcomers(run.goal.id)
    if not newcomers:
        return
    run.phase("reading new contacts")
    since = datetime.fromtimestamp(min(one.at for one in newcomers), UTC)
    found = await directory.newly_made([one.email for one in newcomers], since)
    known = [
        (one, contact)
        for one in newcomers
        if (contact := _made(found.get(canonical(one.email), NOBODY), one.email)) is not None
    ]
    run.commit(
        BatchCommit(
            records=(),
            links={one.profile_id: contact.contact_id for one, contact in known},
            export=MembershipChanges(
                joined=[
                    Membership(contact.contact_id, list_id, one.at)
                    for one, contact in known
                    for list_id in one.lists
                    if contact.lists.get(list_id) not in (None, ListStatus.UNREADABLE)
                ],
                learned=[one.profile_id for one in newcomers],
            ),
        )
    )
    keys = {one.profile_id: email_key(one.email) for one in newcomers}
    listed = listing.contains(keys.values())
    listing.add_keys(
        contact_key(contact.contact_id) for one, contact in known if keys[one.profile_id] in listed
    )
    run.ledger.claims.add(run.goal.id, [contact.contact_id for _, contact in known])


def _made(holders: AddressHolders, email: str) -> KnownContact | None:
    """The contact that the import made; ActiveCampaign may store the address in another spelling.

    Where several could be it, nobody is linked: a wrong link could unsubscribe somebody else.
    """
    alone = holders.living[0] if len(holders.living) == 1 else None
    return holders.exact(email) or alone
