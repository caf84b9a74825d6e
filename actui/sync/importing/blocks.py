"""Contacts by rising id, block by block (sync/README.md §3; activecampaign.md §3.1, §3.6).

Offsets shift while people come and go; ids do not. A block ends at an empty page or at an id
beyond its bound: a short page and the claimed total prove nothing.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from actui.model.errors import GoalError
from actui.model.goals import ListStatus
from actui.model.journal import Block
from actui.model.records import Contact, ContactPage
from actui.sync.ports import ActiveCampaign

BLOCK_IDS = 5_000
MOST_BLOCKS = 100
"""Blocks of an account that claims few contacts, however large their ids are."""
PAGE = 100


class ContactStream(NamedTuple):
    """Contacts in rising order of id: those on one list with one status, None for any."""

    list_id: int | None
    status: ListStatus | None


EVERYBODY = ContactStream(None, None)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which contacts to ask ActiveCampaign for.

    With `ids`, these contacts alone, whatever their lists and whenever they changed.
    """

    streams: Sequence[ContactStream] = (EVERYBODY,)
    updated_after: datetime | None = None
    created_after: datetime | None = None
    ids: frozenset[int] | None = None


BEYOND = "ActiveCampaign has contacts whose ids are larger than 64 bits; they are not read."


def cut_into_blocks(
    highest_id: int, expected: int | None = None, total: int | None = None
) -> list[Block]:
    """The id space up to `highest_id` in blocks; a small selection is one block.

    `expected` is the number of contacts the selection may hold, where a list claims one; `total`
    that of the account: where ids are far apart, blocks are wider, as each costs a request.
    """
    if highest_id <= 0:
        return []
    count = -(-highest_id // BLOCK_IDS)
    if total is not None:
        count = min(count, max(MOST_BLOCKS, total // BLOCK_IDS * 4))
    if expected is not None:
        count = max(1, min(count, expected // BLOCK_IDS))
    width = -(-highest_id // count)
    bounds = list(range(0, highest_id, width))
    return [
        Block(number, low, min(low + width, highest_id) + 1) for number, low in enumerate(bounds)
    ]


class BlockReader:
    """Reads the contacts of one block once each, whatever the number of lists they are on.

    `warn` gets a sentence about what was dropped because the answer did not fit the question.
    """

    def __init__(
        self, service: ActiveCampaign, selection: Selection, warn: Callable[[str], None]
    ) -> None:
        self._service = service
        self._selection = selection
        self._warn = warn

    async def pages(self, block: Block) -> AsyncIterator[Sequence[Contact]]:
        """The block's contacts in rising id order, about a page at a time; chosen ones in any."""
        if self._selection.ids is not None:
            async for page in self._chosen(block, self._selection.ids):
                yield page
            return
        if len(self._selection.streams) == 1:
            list_id, status = self._selection.streams[0]
            async for page in self._stream(block, list_id, status):
                yield page
            return
        batch: list[Contact] = []
        async for contact in self._merged(block):
            batch.append(contact)
            if len(batch) >= PAGE:
                yield batch
                batch = []
        if batch:
            yield batch

    async def page(
        self, block: Block, list_id: int | None = None, status: ListStatus | None = None
    ) -> tuple[Sequence[Contact], int | None]:
        """The first page of a block of one stream, and its highest id; None where it is empty.

        Costs one request and asks for nothing ahead.
        """
        page = await self._ask(block, block.after_id, list_id, status)
        ids = [contact.id for contact in page.contacts]
        if not ids:
            return (), None
        if ids[-1] <= block.after_id or ids != sorted(ids):
            raise GoalError("ActiveCampaign's contacts did not come in rising order of id.")
        return await self._checked(page, block, list_id, status), ids[-1]

    async def _chosen(self, block: Block, ids: frozenset[int]) -> AsyncIterator[Sequence[Contact]]:
        """Chosen contacts, a hundred to a request.

        Filters may be ignored without a word (activecampaign.md §3.1). Then a page holds the next
        contact and its neighbors. Whom the filter does not find is looked for that way as well, and
        is gone only if there is no such contact among its neighbors.
        """
        rest = sorted(id_ for id_ in ids if block.after_id < id_ < block.before_id)
        unread = set(rest)
        names_them = True
        while rest:
            wanted = rest[:PAGE] if names_them else []
            part = Block(block.number, rest[0] - 1, block.before_id)
            page = await self._ask(part, part.after_id, None, None, wanted)
            found = {one.id for one in page.contacts}
            if wanted and found.issubset(wanted):
                names_them = bool(found)
                page = replace(page, contacts=sorted(page.contacts, key=lambda one: one.id))
                rest = [id_ for id_ in rest if id_ not in found]
            elif not found:
                return
            else:
                last = page.contacts[-1].id
                if last < rest[0]:
                    raise GoalError("ActiveCampaign's contacts did not come in rising order of id.")
                names_them = True
                rest = [id_ for id_ in rest if id_ > last]
            contacts = await self._checked(page, part, None, None)
            yield [one for one in contacts if one.id in unread]
            unread -= found

    async def _merged(self, block: Block) -> AsyncIterator[Contact]:
        """Several id-ordered streams as one; a contact on three lists comes once."""
        streams = [
            _one_by_one(self._stream(block, list_id, status))
            for list_id, status in self._selection.streams
        ]
        firsts = await asyncio.gather(*(anext(stream, None) for stream in streams))
        heap = [(c.id, number, c) for number, c in enumerate(firsts) if c is not None]
        heapq.heapify(heap)
        last = 0
        while heap:
            contact_id, number, contact = heap[0]
            if contact_id != last:
                last = contact_id
                yield contact
            following = await anext(streams[number], None)
            if following is None:
                heapq.heappop(heap)
            else:
                heapq.heapreplace(heap, (following.id, number, following))

    async def _stream(
        self, block: Block, list_id: int | None, status: ListStatus | None
    ) -> AsyncIterator[Sequence[Contact]]:
        after = block.after_id
        asked = self._ask(block, after, list_id, status)
        while True:
            page = await asked
            ids = [contact.id for contact in page.contacts]
            if not ids:
                return
            if ids[-1] <= after or ids != sorted(ids):
                raise GoalError("ActiveCampaign's contacts did not come in rising order of id.")
            after = ids[-1]
            over = after + 1 >= block.before_id
            if not over:
                # the next page is asked for while this one is worked on
                asked = self._ask(block, after, list_id, status)
            try:
                yield await self._checked(page, block, list_id, status)
            except BaseException:
                asked.cancel()
                raise
            if over:
                return

    def _ask(
        self,
        block: Block,
        after: int,
        list_id: int | None,
        status: ListStatus | None,
        ids: Sequence[int] = (),
    ) -> asyncio.Future[ContactPage]:
        return asyncio.ensure_future(
            self._service.contacts_by_id(
                after_id=after,
                before_id=block.before_id,
                list_id=list_id,
                status=status,
                updated_after=self._selection.updated_after,
                created_after=self._selection.created_after,
                ids=ids,
            )
        )

    async def _checked(
        self, page: ContactPage, block: Block, list_id: int | None, status: ListStatus | None
    ) -> Sequence[Contact]:
        """Only the rows that fit what was asked; incomplete ones are read again singly."""
        kept: list[Contact] = []
        since = self._selection.updated_after
        before = block.after_id
        for row in page.contacts:
            contact: Contact | None = row
            if row.id in page.missing:
                contact = await self._service.contact(row.id)
            if contact is None:
                continue
            if not before < contact.id < block.before_id:
                self._warn("ActiveCampaign sent contacts outside the ids asked for.")
                continue
            # of one that is too large no list is known but the one it was found by
            if (
                list_id is not None
                and not contact.too_large
                and (
                    list_id not in contact.lists
                    or (status is not None and contact.lists[list_id] is not status)
                )
            ):
                self._warn("ActiveCampaign sent contacts that are not on the list asked for.")
                continue
            if since is not None and contact.updated is not None and contact.updated < since:
                self._warn("ActiveCampaign sent contacts that had not changed.")
                continue
            before = contact.id
            kept.append(contact)
        return kept


async def _one_by_one(pages: AsyncIterator[Sequence[Contact]]) -> AsyncIterator[Contact]:
    async for page in pages:
        for contact in page:
            yield contact
