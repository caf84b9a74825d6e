"""`GET /contacts`: which contacts, in which order (activecampaign.md §3.1, §3.3, §3.6).

Parameters and filters that are not listed there are ignored without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from starlette.datastructures import QueryParams

from actui.sandbox.activecampaign.account import Account
from actui.sandbox.activecampaign.central_time import filter_instant
from actui.sandbox.activecampaign.listing_query import Page, bracketed, whole_number
from actui.sandbox.activecampaign.rows import Contact
from actui.sandbox.activecampaign.segments import SEGMENT_STATUS, SEGMENTS
from actui.sandbox.sorted_ids import SortedIds

PLACE_KEYS = frozenset({"id_greater", "id_less", "offset", "limit"})
"""Parameters that say where in a listing a page lies, not what is in the listing."""

DATE_FILTERS = frozenset({"created_before", "created_after", "updated_before", "updated_after"})

Test = Callable[[int], bool]

ROW_KEYS: dict[str, Callable[[Contact], object]] = {
    "cdate": lambda row: row.created,
    "first_name": lambda row: row.first_name.lower(),
    "last_name": lambda row: row.last_name.lower(),
    "name": lambda row: f"{row.first_name} {row.last_name}".lower(),
}


@dataclass(frozen=True, slots=True)
class Found:
    """Ids of one page and the number `meta.total` reports."""

    ids: list[int]
    total: int


class ContactQuery:
    """One listing request, read once."""

    def __init__(self, account: Account, params: QueryParams) -> None:
        self._account = account
        self._params = params
        self.page = Page.of(account.switches, params)
        self.above = whole_number(params.get("id_greater"))
        self.below = whole_number(params.get("id_less"))
        self._ignored = account.switches["contact-filters"].removesuffix("-ignored")
        status = whole_number(params.get("status"))
        self.list_id = whole_number(params.get("listid")) or 0
        self.status = -1 if status is None or self._ignored == "status" else status
        if self._ignored == "listid":
            self.list_id, self.status = 0, -1
        if not self.list_id and account.switches["status-without-list"] == "ignored":
            self.status = -1

    def unknown_filters(self) -> list[str]:
        """Filters that the document does not name."""
        return [key for key, _ in bracketed(self._params, "filters") if key not in DATE_FILTERS]

    def run(self) -> Found:
        """The page."""
        tests = list(self._tests())
        pool = self._pool()
        if isinstance(pool, SortedIds):
            return self._from_index(pool, tests)
        kept = [number for number in pool if self._in_bounds(number)]
        kept = [number for number in kept if all(test(number) for test in tests)]
        return Found(list(self.page.cut(self._ordered(kept))), len(kept))

    def _in_bounds(self, number: int) -> bool:
        return (self.above is None or number > self.above) and (
            self.below is None or number < self.below
        )

    def _pool(self) -> SortedIds | list[int]:
        """The smallest known set that holds every match."""
        contacts = self._account.contacts
        if (segment := whole_number(self._params.get("segmentid"))) is not None:
            return self._segment(segment)
        named = self._named_ids()
        if named is not None:
            return sorted(number for number in named if number in contacts.ids)
        if (email := self._params.get("email")) is not None:
            found = contacts.find_email(email)
            return [] if found is None else [found]
        if self.list_id:
            status = None if self.status < 0 else self.status
            return self._account.memberships.members(self.list_id, status)
        return contacts.ids

    def _segment(self, number: int) -> list[int]:
        """The members as the segment's query found them, unknown segments nobody (§3.6)."""
        account = self._account
        list_id = SEGMENTS.get(number, ("", 0))[1]
        members = account.memberships.members(list_id, SEGMENT_STATUS)
        found = account.segment_runs.found(
            number,
            tuple(members.between(None, None)),
            account.clock.now(),
            again=self._params.get("forceQuery") == "1",
            at_once=account.switches["segment-first-answer"] == "whole",
        )
        return [contact for contact in found if contact in account.contacts.ids]

    def _named_ids(self) -> set[int] | None:
        if self._ignored == "ids":
            return None
        texts = self._params.getlist("ids[]")
        as_text = self._account.switches["ids-as-text"] == "accepted"
        if not texts and as_text and "ids" in self._params:
            texts = self._params["ids"].split(",")
        numbers = map(whole_number, texts)
        return {number for number in numbers if number is not None} if texts else None

    def _order(self) -> tuple[str, bool]:
        """Key and whether it falls; without orders, by e-mail.

        Nobody has a score here, so an order by score is one by id.
        """
        for (key, _), direction in bracketed(self._params, "orders").items():
            if key in ("id", "email") or key in ROW_KEYS:
                return key, direction.upper() == "DESC"
            if key == "score" and "sortId" in self._params:
                return "id", False
        return self._account.switches["default-order"], False

    def _from_index(self, pool: SortedIds, tests: list[Test]) -> Found:
        key, falling = self._order()
        bounds = (self.above, self.below)
        total = self._total(pool, tests)
        page = self.page
        if key == "id":
            rising = pool.between(*bounds, falling=falling)
            matching = (number for number in rising if all(test(number) for test in tests))
            return Found(list(islice(matching, page.offset, page.offset + page.limit)), total)
        if key == "email" and pool is self._account.contacts.ids and bounds == (None, None):
            every = self._account.contacts.by_address()
            ordered: Iterable[int] = reversed(every) if falling else every
            matching = (number for number in ordered if all(test(number) for test in tests))
            return Found(list(islice(matching, page.offset, page.offset + page.limit)), total)
        kept = [n for n in pool.between(*bounds) if all(test(n) for test in tests)]
        return Found(list(page.cut(self._ordered(kept))), total)

    def _total(self, pool: SortedIds, tests: list[Test]) -> int:
        bounded = self._account.switches["total-counts"] == "rest"
        bounds = (self.above, self.below) if bounded else (None, None)
        if not tests:
            return pool.count_between(*bounds)

        def count() -> int:
            return sum(1 for n in pool.between(*bounds) if all(test(n) for test in tests))

        switches = self._account.switches
        names = ("updated-after-inclusive", "offset-less-dates", "contact-filters")
        readings = [*(switches[name] for name in names), *bounds]
        asked = sorted(pair for pair in self._params.multi_items() if pair[0] not in PLACE_KEYS)
        return self._account.contacts.total(repr((readings, asked)), count)

    def _ordered(self, numbers: list[int]) -> list[int]:
        key, falling = self._order()
        contacts = self._account.contacts
        if key == "id":
            return sorted(numbers, reverse=falling)
        if key == "email":
            return sorted(
                numbers, key=lambda number: contacts.email_of(number).lower(), reverse=falling
            )

        def sort_key(number: int) -> tuple[str, int]:
            row = contacts.get(number)
            held = ROW_KEYS[key](row) if row is not None else ""
            return (f"{held:020d}" if isinstance(held, int) else str(held), number)

        return sorted(numbers, key=sort_key, reverse=falling)

    def _tests(self) -> Iterator[Test]:
        """What each contact must pass besides being in the pool."""
        yield from self._date_tests()
        contacts = self._account.contacts
        if (part := self._params.get("email_like")) is not None:
            wanted = part.lower()
            yield lambda number: wanted in contacts.email_of(number).lower()
        if self._params.get("search"):
            yield self._row_test(self._found_by_search)
        if self._params.get("phone"):
            start = self._params["phone"]
            yield self._row_test(lambda row: row.phone.startswith(start))
        if (left_out := whole_number(self._params.get("exclude"))) is not None:
            yield lambda number: number != left_out
        yield from self._belonging_tests()
        if any(name in self._params for name in ("ids", "ids[]", "email", "segmentid")):
            yield from self._membership_tests()
        elif self.status >= 0 and not self.list_id:
            yield self._row_test(self._has_status_anywhere)

    def _belonging_tests(self) -> Iterator[Test]:
        """Tags and automations; no form brought anybody here and nobody waits in a block."""
        account, params = self._account, self._params
        if tag := whole_number(params.get("tagid")):
            yield lambda number: any(one.tag == tag for one in account.tags.of(number))
        if series := whole_number(params.get("seriesid")):
            yield lambda number: series == 1 and number in account.in_automation
        if whole_number(params.get("formid")) or whole_number(params.get("waitid")):
            yield lambda number: False

    def _membership_tests(self) -> Iterator[Test]:
        if self.list_id:
            members = self._account.memberships.members(
                self.list_id, None if self.status < 0 else self.status
            )
            yield lambda number: number in members
        elif self.status >= 0:
            yield self._row_test(self._has_status_anywhere)

    def _row_test(self, test: Callable[[Contact], bool]) -> Test:
        contacts = self._account.contacts

        def on_row(number: int) -> bool:
            row = contacts.get(number)
            return row is not None and test(row)

        return on_row

    def _found_by_search(self, row: Contact) -> bool:
        wanted = self._params["search"].lower()
        held = f"{row.first_name} {row.last_name}\n{row.email}\n{row.phone}".lower()
        return wanted in held

    def _has_status_anywhere(self, row: Contact) -> bool:
        return any(held.status == self.status for held in row.memberships.values())

    def _date_tests(self) -> Iterator[Test]:
        """Filter dates are compared as instants with the stamps (§3.3)."""
        switches, contacts = self._account.switches, self._account.contacts
        inclusive = switches["updated-after-inclusive"] == "inclusive"
        for (key, _), text in bracketed(self._params, "filters").items():
            stamp = contacts.updated_of if key.startswith("updated") else contacts.created_of
            if key not in DATE_FILTERS:
                continue
            bound = filter_instant(text, switches["offset-less-dates"])
            if bound is None or (key == "updated_after" and self._ignored == "updated-after"):
                continue
            yield _stamp_test(stamp, bound, after=key.endswith("after"), inclusive=inclusive)


def _stamp_test(stamp: Callable[[int], int], bound: float, *, after: bool, inclusive: bool) -> Test:
    def test(number: int) -> bool:
        held = stamp(number)
        if held == bound:
            return inclusive
        return held > bound if after else held < bound

    return test
