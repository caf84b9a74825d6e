"""The lists of the account: three with fixed names, the rest so that listing them pages."""

from __future__ import annotations

from actui.sandbox.activecampaign.rows import Exclusion, MailingList

FIRST_LIST_ID = 3
"""The id a fresh account gives its first list (activecampaign.md §5.1)."""

NEWSLETTER, WEBINAR, VIP = FIRST_LIST_ID, FIRST_LIST_ID + 1, FIRST_LIST_ID + 2
OTHER_LISTS = 117
FOUNDED = 1546300800

_TOPICS = (
    "Offers",
    "Club",
    "Partners",
    "Событие",
    "Rabatte",
    "お知らせ",
    "Ofertas",
    "Events",
    "B2B",
)


def seeded_lists() -> dict[int, MailingList]:
    """All lists by id."""
    names = ["Newsletter", "Webinar 2026", "VIP"]
    names += [f"{_TOPICS[n % len(_TOPICS)]} {n + 1:03d}" for n in range(OTHER_LISTS)]
    return {
        FIRST_LIST_ID + n: MailingList(
            id=FIRST_LIST_ID + n,
            name=name,
            stringid=f"list-{FIRST_LIST_ID + n}",
            created=FOUNDED + n * 3600,
            updated=FOUNDED + n * 3600,
        )
        for n, name in enumerate(names)
    }


def seeded_exclusions() -> list[Exclusion]:
    """Addresses that no import brings in (§5.5)."""
    return [
        Exclusion(1, "competitor@example.com", "exact"),
        Exclusion(2, "@excluded.example", "end"),
    ]
