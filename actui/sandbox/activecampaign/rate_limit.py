"""The account's limits: 5 requests in a sliding second, bulk imports by the minute.

activecampaign.md §1.3 and §7.1; time is the sandbox's.
"""

from __future__ import annotations

from collections import deque


class SlidingWindow:
    """At most so many admissions in any span of so many seconds."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._admitted: deque[float] = deque()

    def admit(self, now: float) -> bool:
        """Count one request, or refuse it; refused ones do not count."""
        while self._admitted and self._admitted[0] <= now - self._seconds:
            self._admitted.popleft()
        if len(self._admitted) >= self._most:
            return False
        self._admitted.append(now)
        return True


class AccountLimits:
    """The three windows of one account; switched off together."""

    def __init__(self, *, real: bool) -> None:
        self._real = real
        self._requests = SlidingWindow(5, 1.0)
        self._many = SlidingWindow(100, 60.0)
        self._single = SlidingWindow(20, 60.0)

    def admit_request(self, now: float) -> bool:
        """Any request of the account."""
        return not self._real or self._requests.admit(now)

    def admit_bulk(self, contacts: int, now: float) -> bool:
        """A bulk import; those with exactly one contact have a window of their own."""
        window = self._single if contacts == 1 else self._many
        return not self._real or window.admit(now)
