"""How many records to send at once while a service refuses whole requests over one of them.

Some refusals name no record: 413, or a 400 with a sentence about the body. Halving what is sent
finds the record in a few requests, and the others arrive. Where the service has taken nothing at
all, or refuses one record after the other, the request itself is at fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from actui.model.errors import RefusedError

ABOUT_THE_RECORD = frozenset({400, 413, 414, 422, 431})
"""Statuses that may be about one record of a request, and of which nothing was applied."""
_TOO_LARGE = frozenset({413, 414, 431})
_MOST_IN_A_ROW = 3

T = TypeVar("T")


def says_too_large(error: RefusedError) -> bool:
    """Whether a refusal is about the size of the request and nothing else."""
    return error.status in _TOO_LARGE


def is_about_a_record(error: BaseException | None) -> bool:
    """Whether one record of a refused request may be the reason."""
    if not isinstance(error, RefusedError) or error.status not in ABOUT_THE_RECORD:
        return False
    # a page is what a server in front of the service answers, to a request that is too large
    return error.code == RefusedError.default_code or says_too_large(error)


class Portions(Generic[T]):
    """Sends in portions of `size` records; `is_proven` once the service has taken such a request.

    `at_fault` are records that were refused alone, each with its error, when all is sent.
    """

    def __init__(self, most: int, *, is_proven: bool) -> None:
        self.size = most
        self.is_proven = is_proven
        self._most = most
        self._refused: list[tuple[T, RefusedError]] = []
        self._in_a_row = 0

    def accepted(self) -> None:
        """A portion was taken: the next one may be larger."""
        self.size = min(self._most, 2 * self.size)
        self.is_proven = True
        self._in_a_row = 0

    def refused(self, part: Sequence[T], error: RefusedError) -> list[T]:
        """Which records of a refused portion to send again, fewer at once.

        Raises the error where it is not about a record.
        """
        if not is_about_a_record(error):
            raise error
        if len(part) > 1:
            self.size = len(part) // 2
            return list(part)
        self._in_a_row += not says_too_large(error)
        if self._in_a_row > _MOST_IN_A_ROW:
            raise error
        self._refused.append((part[0], error))
        return []

    def at_fault(self) -> Sequence[tuple[T, RefusedError]]:
        """The records that were refused alone.

        Raises the first error where nothing was ever taken, so that the request may be at fault.
        """
        for _, error in self._refused:
            if not (self.is_proven or says_too_large(error)):
                raise error
        return self._refused
