"""Ids in rising order, so that a page by id costs only the page."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator


class SortedIds:
    """A set of whole numbers kept sorted in a compact array."""

    __slots__ = ("_ids",)

    def __init__(self, rising: Iterable[int] = ()) -> None:
        self._ids = array("q", rising)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, number: int) -> bool:
        at = bisect_left(self._ids, number)
        return at < len(self._ids) and self._ids[at] == number

    def append(self, number: int) -> None:
        """Add a number known to be the largest."""
        self._ids.append(number)

    def add(self, number: int) -> None:
        """Add a number; one that is there already stays once."""
        at = bisect_left(self._ids, number)
        if at == len(self._ids) or self._ids[at] != number:
            self._ids.insert(at, number)

    def discard(self, number: int) -> None:
        """Take a number out if it is there."""
        at = bisect_left(self._ids, number)
        if at < len(self._ids) and self._ids[at] == number:
            del self._ids[at]

    def count_between(self, above: int | None, below: int | None) -> int:
        """How many lie strictly between the bounds."""
        low, high = self._span(above, below)
        return max(0, high - low)

    def between(
        self, above: int | None, below: int | None, *, falling: bool = False
    ) -> Iterator[int]:
        """The numbers strictly between the bounds, lazily."""
        low, high = self._span(above, below)
        order = range(high - 1, low - 1, -1) if falling else range(low, high)
        return (self._ids[at] for at in order)

    def _span(self, above: int | None, below: int | None) -> tuple[int, int]:
        low = 0 if above is None else bisect_right(self._ids, above)
        high = len(self._ids) if below is None else bisect_left(self._ids, below)
        return low, high
