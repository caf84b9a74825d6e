"""Campaigns sent to lists, with the opens and clicks on them (activecampaign.md §8.2, §8.3).

Per campaign there are two links: one literally called `open`, the tracking pixel, and one that is
clicked. A row of `linkData` stands for one contact and one link; repeats raise `times`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from actui.sandbox.activecampaign.seeded_lists import NEWSLETTER, VIP, WEBINAR
from actui.sandbox.people import roll

LAST_SENT = 1735732800
SENT = 5


@dataclass(slots=True)
class LinkHit:
    """One row of `linkData`."""

    id: int
    contact: int
    at: int
    times: int = 1


@dataclass(slots=True)
class CampaignLink:
    """One tracked link of a campaign."""

    id: int
    target: str
    hits: dict[int, LinkHit] = field(default_factory=dict)


@dataclass(slots=True)
class Campaign:
    """One broadcast."""

    id: int
    name: str
    lists: tuple[int, ...]
    sent: int
    updated: int
    opened: CampaignLink
    clicked: CampaignLink

    @property
    def links(self) -> tuple[CampaignLink, CampaignLink]:
        """The tracker first."""
        return self.opened, self.clicked


class Campaigns:
    """All campaigns of the account."""

    def __init__(self, seed: int) -> None:
        self.rows: dict[int, Campaign] = {}
        self._hits = 0
        for n in range(6):
            self.add(
                f"Mailing {n + 1}",
                ((NEWSLETTER,), (WEBINAR,), (NEWSLETTER, VIP))[n % 3],
                LAST_SENT - (6 - n) * 7 * 86400 + roll(seed, n, 51) % 86400,
            )

    def add(self, name: str, lists: tuple[int, ...], sent: int) -> Campaign:
        """One more campaign, sent at that moment."""
        number = len(self.rows) + 1
        row = Campaign(
            number,
            name,
            lists,
            sent,
            sent,
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

    def hit(self, campaign: Campaign, link: CampaignLink, contact: int, at: int) -> None:
        """One open or click: a new row, or one more on the row that is there."""
        campaign.updated = at
        known = link.hits.get(contact)
        if known is not None:
            known.times += 1
            known.at = at
            return
        self._hits += 1
        link.hits[contact] = LinkHit(self._hits, contact, at)
