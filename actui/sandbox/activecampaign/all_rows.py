"""Listings of rows that hang on contacts, over all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypeVar

from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.listing_query import Page
from actui.sandbox.activecampaign.rows import Contact

Row = TypeVar("Row")


def page_of_all(
    account: Account,
    page: Page,
    question: str,
    rows_of: Callable[[Contact], Iterable[Row]],
    numbers: Callable[[], Iterable[int]] | None = None,
) -> tuple[list[Row], int]:
    """A page of the rows of every contact, and how many there are.

    `question` names the listing: its total is counted once and kept until something changes.
    `numbers` narrows the contacts looked at. The rows before the page are generated again for
    each page: offsets are slow in the real account too (activecampaign.md §3.6).
    """
    chosen = numbers or (lambda: account.contacts.ids.between(None, None))

    def every() -> Iterable[Row]:
        for number in chosen():
            contact = account.contacts.get(number)
            if contact is not None:
                yield from rows_of(contact)

    total = account.contacts.total(question, lambda: sum(1 for _ in every()))
    return list(islice(every(), page.offset, page.offset + page.limit)), total
