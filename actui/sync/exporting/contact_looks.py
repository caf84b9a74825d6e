"""Looks at single contacts and their rows on lists, over which a goal acts or forgets."""

from __future__ import annotations

from collections.abc import Callable

from actui.model.memberships import ListRow
from actui.model.records import Contact
from actui.sync.run.goal_run import GoalRun


async def look(
    run: GoalRun, contact_id: int, doubts: Callable[[Contact | None], bool]
) -> Contact | None:
    """The contact as ActiveCampaign shows it, None without such a contact.

    It is read once more where `doubts` says so of the first answer. One answer may have been
    spoiled on the way, and what is forgotten over it does not come back.
    """
    contact = await run.activecampaign.contact(contact_id)
    return await run.activecampaign.contact(contact_id) if doubts(contact) else contact


def row_on(contact: Contact | None, list_id: int) -> ListRow | None:
    """The contact's row on a list as a look has shown it; None for who is gone or erased."""
    return None if contact is None or contact.erased else contact.list_rows.get(list_id)
