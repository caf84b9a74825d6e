"""Campaigns sent to lists, with what people did with them (activecampaign.md §8.2, §8.3).

Per campaign there are two links: one literally called `open`, the tracking pixel, and one that is
clicked. A row of `linkData` stands for one contact and one link; repeats raise `times`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from actui.sandbox.activecampaign.seeded_lists import NEWSLETTER, VIP, WEBINAR
from actui.sandbox.people import roll

LAST_SENT = 1735732800
SENT, DRAFT = 5, 1


@dataclass(slots=True)
class LinkHit:
    """One row of `linkData`: the first and the last time, and how often."""

    id: int
    contact: int
    first: int
    at: int
    times: int = 1


@dataclass(slots=True)
class Hits:
    """What people did in one way with one campaign."""

    rows: list[LinkHit] = field(default_factory=list)
    _last: dict[int, LinkHit] = field(default_factory=dict)

    def note(self, number: int, contact: int, at: int, *, repeats_add: bool) -> bool:
        """Count one more hit; False if it only changed a row (§8.2)."""
        known = self._last.get(contact)
        if known is not None and not repeats_add:
            known.times += 1
            known.at = at
            return False
        self._last[contact] = row = LinkHit(number, contact, at, at)
        self.rows.append(row)
        return True

    @property
    def people(self) -> int:
        """How many different contacts."""
        return len(self._last)

    @property
    def times(self) -> int:
        """How often in all."""
        return sum(row.times for row in self.rows)


@dataclass(slots=True)
class CampaignLink:
    """One tracked link of a campaign."""

    id: int
    target: str
    hits: Hits = field(default_factory=Hits)


@dataclass(slots=True)
class Campaign:
    """One broadcast, or a draft that an automation will send (`sent` is None)."""

    id: int
    name: str
    lists: tuple[int, ...]
    sent: int | None
    created: int
    updated: int
    opened: CampaignLink
    clicked: CampaignLink
    machine_opened: Hits = field(default_factory=Hits)
    replied: Hits = field(default_factory=Hits)
    hard_bounces: int = 0
    soft_bounces: int = 0
    unsubscribes: int = 0

    @property
    def links(self) -> tuple[CampaignLink, CampaignLink]:
        """The tracker first."""
        return self.opened, self.clicked


class Campaigns:
    """All campaigns of the account."""

    def __init__(self, seed: int, count: int) -> None:
        self.rows: dict[int, Campaign] = {}
        self._hits = 0
        for n in range(count):
            self.add(
                f"Mailing {n + 1}",
                ((NEWSLETTER,), (WEBINAR,), (NEWSLETTER, VIP))[n % 3],
                LAST_SENT - (6 - n) * 7 * 86400 + roll(seed, n, 51) % 86400,
            )

    def add(self, name: str, lists: tuple[int, ...], sent: int) -> Campaign:
        """One more campaign, sent at that moment."""
        return self._add(name, lists, sent, sent - 3600)

    def add_draft(self, name: str, now: int) -> Campaign:
        """A mail of an automation that nobody got yet."""
        return self._add(name, (), None, now)

    def _add(self, name: str, lists: tuple[int, ...], sent: int | None, created: int) -> Campaign:
        number = len(self.rows) + 1
        row = Campaign(
            number,
            name,
            lists,
            sent,
            created,
            created if sent is None else sent,
            CampaignLink(number * 2 - 1, "open"),
            CampaignLink(number * 2, f"https://example.org/mailing/{number}"),
        )
        self.rows[number] = row
        return row

    def link(self, number: int) -> tuple[Campaign, CampaignLink] | None:
        """A link and its campaign."""
        campaign = self.rows.get((number + 1) // 2)
        if campaign is None:
            return None
        return campaign, campaign.opened if number % 2 else campaign.clicked

    def hit(
        self, campaign: Campaign, hits: Hits, contact: int, at: int, *, repeats_add: bool = False
    ) -> None:
        """One open, click or reply."""
        campaign.updated = at
        if hits.note(self._hits + 1, contact, at, repeats_add=repeats_add):
            self._hits += 1
