"""Which contact got which campaign: the rows of `/logs` (activecampaign.md §8.2).

Sends are computed, not stored: a campaign reaches all active contacts of its lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge

from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.campaigns import Campaign
from actui.sandbox.activecampaign.central_time import offset_stamp
from actui.sandbox.activecampaign.contact_answers import Json
from actui.sandbox.activecampaign.rows import ACTIVE

CONTACTS_A_CAMPAIGN = 100_000_000


@dataclass(frozen=True, slots=True)
class Send:
    """One campaign to one contact."""

    campaign: int
    contact: int
    at: int

    @property
    def id(self) -> int:
        """A number of its own."""
        return self.campaign * CONTACTS_A_CAMPAIGN + self.contact


def sent_campaigns(account: Account) -> list[tuple[int, Campaign]]:
    """Campaigns that went out, with their instants, in the order of time."""
    sent = [(row.sent, row) for row in account.campaigns.rows.values() if row.sent is not None]
    return sorted(sent, key=lambda pair: (pair[0], pair[1].id))


def sends_of(account: Account, row: Campaign, at: int) -> Iterator[Send]:
    """Everybody a campaign went to, once, by rising id."""
    reached = (
        account.memberships.members(list_id, ACTIVE).between(None, None) for list_id in row.lists
    )
    last = 0
    for contact in merge(*reached):
        if contact != last:
            last = contact
            yield Send(row.id, contact, at)


def count_sends(account: Account, row: Campaign, at: int) -> int:
    """How many contacts a campaign went to."""
    return account.contacts.total(
        f"sends {row.id}", lambda: sum(1 for _ in sends_of(account, row, at))
    )


def all_sends(account: Account) -> Iterator[Send]:
    """Every send, oldest first."""
    for at, row in sent_campaigns(account):
        yield from sends_of(account, row, at)


def log_row(send: Send) -> Json:
    """A `logs` row; `successful` is a number among texts."""
    return {
        "tstamp": offset_stamp(send.at),
        "subscriberid": str(send.contact),
        "campaignid": str(send.campaign),
        "messageid": str(send.campaign),
        "sendid": str(send.campaign),
        "successful": 1,
        "contact": str(send.contact),
        "campaign": str(send.campaign),
        "message": str(send.campaign),
        "id": str(send.id),
    }
