"""The feed of `/activities`: sends, opens, clicks, replies and list changes (§8.1).

Sections are those of activecampaign.md. Sends and hits are given for all time, list changes since
the sandbox was made.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from operator import attrgetter

from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.campaign_answers import all_hits
from actui.sandbox.activecampaign.campaigns import Campaign
from actui.sandbox.activecampaign.contact_answers import membership_id
from actui.sandbox.activecampaign.rows import ACTIVE
from actui.sandbox.activecampaign.sends import Send, count_sends, sends_of, sent_campaigns

MODEL_NAMES = {
    "Log": "log",
    "LinkData": "link-data",
    "MppLinkData": "mpp-link-data",
    "Reply": "reply",
    "SubscriberList": "contact-list",
}
KINDS = tuple(MODEL_NAMES)


@dataclass(frozen=True, slots=True)
class Activity:
    """One row of the feed and what it refers to."""

    at: int
    kind: str
    number: int
    reference: str
    contact: int

    @property
    def id(self) -> str:
        """A number of its own among all kinds."""
        return str(self.number * 10 + KINDS.index(self.kind))


class Feed:
    """What happened after an instant, to everybody or to one contact."""

    def __init__(self, account: Account, after: float, contact: int | None) -> None:
        self._account = account
        self._after = after
        self._contact = contact
        stale = contact is not None and account.switches["activities-of-contact"] != "live"
        self._until = account.feeds_made.get(contact or 0, 0.0) if stale else math.inf

    def _campaigns(self) -> list[tuple[int, Campaign]]:
        return [pair for pair in sent_campaigns(self._account) if pair[0] > self._after]

    def _sends(self, *, falling: bool) -> Iterator[Activity]:
        sent = self._campaigns()
        for at, row in reversed(sent) if falling else sent:
            for send in self._sends_of(row, at):
                yield Activity(at, "Log", send.id, str(send.id), send.contact)

    def _sends_of(self, row: Campaign, at: int) -> Iterable[Send]:
        if self._contact is None:
            return sends_of(self._account, row, at)
        index, contact = self._account.memberships, self._contact
        reached = any(contact in index.members(number, ACTIVE) for number in row.lists)
        return [Send(row.id, contact, at)] if reached else []

    def _hits(self) -> list[Activity]:
        return [
            Activity(hit.at, kind, hit.id, str(hit.id), hit.contact)
            for row in self._account.campaigns.rows.values()
            for hits, kind in all_hits(row)
            for hit in hits.rows
            if hit.at > self._after and self._contact in (None, hit.contact)
        ]

    def _changes(self, *, falling: bool) -> Iterator[Activity]:
        changes = self._account.list_changes
        found = (
            changes.since(self._after, falling=falling)
            if self._contact is None
            else changes.of(self._contact, self._after, falling=falling)
        )
        for one in found:
            reference = membership_id(one.contact, one.list_id)
            yield Activity(one.at, "SubscriberList", one.id, reference, one.contact)

    def rows(self, *, falling: bool) -> Iterator[Activity]:
        """The feed, lazily, in the order of time."""
        at = attrgetter("at")
        hits = sorted(self._hits(), key=at, reverse=falling)
        sends, changes = self._sends(falling=falling), self._changes(falling=falling)
        rows = merge(sends, hits, changes, key=at, reverse=falling)
        return (row for row in rows if row.at <= self._until)

    def total(self) -> int:
        """How many rows there are."""
        if self._contact is not None:
            return sum(1 for _ in self.rows(falling=False))
        sends = sum(count_sends(self._account, row, at) for at, row in self._campaigns())
        return sends + len(self._hits()) + self._account.list_changes.count(self._after)
