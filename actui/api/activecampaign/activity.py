"""Campaigns, their links and who opened or clicked them (activecampaign.md §8.2, §8.3).

`linkData` and `campaignLists` are not documented, so any of these calls may be refused.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from actui.api.activecampaign import rows as shape
from actui.api.activecampaign.account import AccountSession
from actui.api.answer_values import by_id, count, number, number_id, text
from actui.model.memberships import Campaign, CampaignLink, LinkHit

# Counters that move when somebody opens or clicks; machine opens are in none of them.
_COUNTERS = ("opens", "uniqueopens", "linkclicks", "uniquelinkclicks", "subscriberclicks")

_KINDS = {"1": "opened", "0": "clicked", "2": None}
"""What a hit was by its `isread`: the pixel, a link, a machine (activecampaign.md §8.2)."""

_MOST_HIT_PAGES = 50_000
"""Five million opens of one link: more than any mailing can have."""


# without one of these rows somebody could pass a threshold
_by_id = partial(by_id, every=True)


class CampaignActivity:
    """Reads what people did with campaigns."""

    def __init__(self, session: AccountSession) -> None:
        self._session = session

    async def campaigns(self) -> Sequence[Campaign]:
        """All campaigns, whenever they were sent."""
        return await self._session.all_rows(
            "campaigns", lambda body: _by_id(body, "campaigns", _campaign)
        )

    async def campaign_lists(self, campaign_id: int) -> frozenset[int]:
        """The lists that ActiveCampaign connects with a campaign."""
        path = f"campaigns/{campaign_id}/campaignLists"
        found = await self._session.all_rows(
            path, lambda body: _by_id(body, "campaignLists", _list_of_campaign)
        )
        return frozenset(id_ for id_ in found if id_ is not None)

    async def campaign_links(self, campaign_id: int) -> Sequence[CampaignLink]:
        """The links that people can reach, without the tracker's second row of no message."""
        path = f"campaigns/{campaign_id}/links"
        found = await self._session.all_rows(path, lambda body: _by_id(body, "links", _link))
        return [link for link in found if link is not None]

    async def link_hits(self, link: CampaignLink) -> AsyncIterator[Sequence[LinkHit]]:
        """Who opened or clicked a link, page by page."""
        path = f"links/{link.id}/linkData"

        def parse(body: Any) -> dict[int, LinkHit]:
            return _by_id(body, "linkData", lambda row: _hit(row, link))

        async for page in self._session.pages(path, parse, most=_MOST_HIT_PAGES):
            yield list(page.values())


def _campaign(row: dict[str, Any]) -> Campaign:
    sent = [shape.moment_if_set(row.get(key)) for key in ("sdate", "ldate")]
    times: list[datetime] = [one for one in sent if one is not None]
    # a counter that is missing is not 0: it would look as if nothing had happened since
    counters = " ".join(text(row.get(key)) or "?" for key in _COUNTERS)
    return Campaign(number_id(row["id"]), counters, max(times, default=None))


def _list_of_campaign(row: dict[str, Any]) -> int | None:
    """The list in a row. A missing one could let people past a threshold, so an odd row raises."""
    named = number(row.get("listid") or row.get("list"))
    if named is None:
        raise ValueError("not a list")
    return named or None


def _link(row: dict[str, Any]) -> CampaignLink | None:
    """A link of a message; None if the row has no message."""
    if str(row.get("messageid") or row.get("message")) == "0":
        return None
    return CampaignLink(number_id(row["id"]), row.get("link") == "open")


def _hit(row: dict[str, Any], link: CampaignLink) -> LinkHit:
    """A row of a link; what it was, whose and how often must be known: it could pass a cap."""
    kind = _kind(row, link)
    contact, times = _of_hit(row)
    if kind is not None and (contact is None or times is None):
        raise ValueError("not known whose it is, or how often")
    return LinkHit(
        number_id(row["id"]), contact or 0, kind, times or 1, shape.moment(row.get("tstamp"))
    )


def _kind(row: dict[str, Any], link: CampaignLink) -> str | None:
    """What somebody did; None for what counts nowhere. Raises ValueError where nobody can know."""
    if str(row.get("messageid") or row.get("message") or "") == "0":
        return None
    read = row.get("isread")
    if read is None or read == "":
        return "opened" if link.is_open else "clicked"
    if str(read) not in _KINDS:
        raise ValueError("neither an open nor a click")
    return _KINDS[str(read)]


def _of_hit(row: dict[str, Any]) -> tuple[int | None, int | None]:
    """The contact and the number of repeats in a row; None for what cannot be read."""
    return count(row.get("subscriberid") or row.get("contact")), count(row.get("times"))
