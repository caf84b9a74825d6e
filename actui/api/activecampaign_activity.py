"""Campaigns, their links and who opened or clicked (activecampaign.md §8.2, §8.3).

`linkData` and `campaignLists` are not documented; any of these may be refused.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from actui.api import activecampaign_rows as shape
from actui.api.activecampaign_account import SERVICE, AccountClient
from actui.model.errors import ServiceError
from actui.model.standing import Campaign, CampaignLink, LinkHit

# Counters that move when somebody opens or clicks; machine opens are in none of them.
_COUNTERS = ("opens", "uniqueopens", "linkclicks", "uniquelinkclicks", "subscriberclicks")


class ActivityCalls(AccountClient):
    """What people did with campaigns."""

    async def campaigns(self) -> Sequence[Campaign]:
        """All campaigns, whenever they were sent."""
        found: dict[int, dict[str, Any]] = {}
        async for _ in self._pages("campaigns", found):
            pass
        return [_campaign(row) for row in found.values()]

    async def campaign_lists(self, campaign_id: int) -> frozenset[int]:
        """The lists a campaign has to do with."""
        found: dict[int, dict[str, Any]] = {}
        async for _ in self._pages(f"campaigns/{campaign_id}/campaignLists", found):
            pass
        named = (row.get("listid") or row.get("list") for row in found.values())
        lists = [shape.number(one) for one in named]
        if None in lists:
            # a list left out could let people past a threshold
            raise ServiceError(
                f"{SERVICE}'s answer about the lists of campaign {campaign_id} cannot be read"
            )
        return frozenset(one for one in lists if one)

    async def campaign_links(self, campaign_id: int) -> Sequence[CampaignLink]:
        """The links people can reach; the tracker's second row, of no message, is left out."""
        found: dict[int, dict[str, Any]] = {}
        async for _ in self._pages(f"campaigns/{campaign_id}/links", found):
            pass
        return [
            CampaignLink(number, row.get("link") == "open")
            for number, row in found.items()
            if str(row.get("messageid") or row.get("message")) != "0"
        ]

    async def link_hits(self, link: CampaignLink) -> AsyncIterator[Sequence[LinkHit]]:
        """Who opened or clicked, a page at a time."""
        found: dict[int, dict[str, Any]] = {}
        known = 0
        async for _ in self._pages(f"links/{link.id}/linkData", found):
            rows = list(found.items())[known:]
            known = len(found)
            yield [_hit(number, row, link) for number, row in rows]


def _campaign(row: dict[str, Any]) -> Campaign:
    sent = [shape.moment(row.get(key)) for key in ("sdate", "ldate")]
    times: list[datetime] = [one for one in sent if one is not None]
    counters = " ".join(str(row.get(key) or "0") for key in _COUNTERS)
    return Campaign(int(row["id"]), counters, max(times, default=None))


def _hit(number: int, row: dict[str, Any], link: CampaignLink) -> LinkHit:
    read = str(row.get("isread") if row.get("isread") is not None else "")
    # "1" is the pixel, "0" a link; where it is missing the link itself tells (§8.2)
    kind = {"1": "opened", "0": "clicked", "": "opened" if link.is_open else "clicked"}.get(read)
    if str(row.get("messageid") or row.get("message") or "") == "0":
        kind = None
    contact = row.get("subscriberid") or row.get("contact")
    return LinkHit(
        number,
        shape.number(contact) or 0,
        kind,
        shape.number(row.get("times")) or 1,
        shape.moment(row.get("tstamp")),
    )
