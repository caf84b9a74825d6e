"""How the id space of an account is cut into blocks, and how chosen contacts are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from actui.model.journal import Block
from actui.model.records import Contact, ContactPage
from actui.sync.importing.blocks import (
    BLOCK_IDS,
    MOST_BLOCKS,
    BlockReader,
    Selection,
    cut_into_blocks,
)
from actui.sync.ports import ActiveCampaign


def test_one_contact_with_a_far_id_does_not_make_a_million_blocks() -> None:
    blocks = cut_into_blocks(2**63 - 2, total=12)
    assert len(blocks) == MOST_BLOCKS
    assert (blocks[0].after_id, blocks[-1].before_id) == (0, 2**63 - 1)
    assert all(a.before_id == b.after_id + 1 for a, b in zip(blocks, blocks[1:], strict=False))


def test_a_dense_account_keeps_its_blocks() -> None:
    assert len(cut_into_blocks(1_000 * BLOCK_IDS, total=900 * BLOCK_IDS)) == 1_000
    assert len(cut_into_blocks(1_000 * BLOCK_IDS)) == 1_000


Filter = Callable[[list[int], Sequence[int]], list[int]]
READINGS: dict[str, Filter] = {
    "honored": lambda some, ids: [one for one in some if one in ids][:100],
    "honored, in another order": lambda some, ids: [one for one in some if one in ids][:100][::-1],
    "ignored": lambda some, ids: some[:100],
    "the first one alone": lambda some, ids: [one for one in some if one in ids[:1]],
    "the last one alone": lambda some, ids: [one for one in some if one in ids[-1:]],
    "finds nobody": lambda some, ids: [],
    "short pages": lambda some, ids: [one for one in some if one in ids][:7],
}


class Account:
    """Contacts by id, with one reading of `ids[]`."""

    def __init__(self, contacts: Sequence[int], reading: str) -> None:
        self._contacts = contacts
        self._reading = READINGS[reading]
        self.asked = 0

    async def contacts_by_id(
        self, *, after_id: int, before_id: int, ids: Sequence[int], **_: Any
    ) -> ContactPage:
        self.asked += 1
        some = [one for one in self._contacts if after_id < one < before_id]
        some = self._reading(some, ids) if ids else some[:100]
        return ContactPage([Contact(one, f"c{one}@x.org") for one in some], None, None)


async def chosen(contacts: Sequence[int], ids: set[int], reading: str) -> tuple[list[int], int]:
    """The ids that were found, and what that cost in requests."""
    account = Account(contacts, reading)
    selection = Selection(ids=frozenset(ids))
    reader = BlockReader(cast("ActiveCampaign", account), selection, warn)
    block = Block(0, 0, max(ids) + 1)
    return [one.id async for page in reader.pages(block) for one in page], account.asked


def warn(words: str) -> None:
    raise AssertionError(words)


@pytest.mark.parametrize("reading", READINGS)
async def test_chosen_contacts_are_found_however_the_filter_is_read(reading: str) -> None:
    contacts = [*range(1, 400, 3), *range(5_000, 5_040), 9_000_000]
    ids = {1, 2, 3, 4, 7, 300, 301, 4_999, *range(5_000, 5_030), 8_999_999, 9_000_000}
    found, _ = await chosen(contacts, ids, reading)
    assert sorted(found) == sorted(ids & set(contacts))
    assert len(found) == len(set(found))


async def test_contacts_far_from_each_other_share_a_request() -> None:
    ids = set(range(1, 600_000, 9_000))
    ids |= set(range(600_001, 1_200_000, 900))
    found, asked = await chosen(sorted(ids), ids, "honored")
    assert (found, asked) == (sorted(ids), -(-len(ids) // 100))
