"""Segments, and the queries that listing one starts (activecampaign.md §3.6, §9)."""

from __future__ import annotations

from actui.sandbox.activecampaign.rows import ACTIVE
from actui.sandbox.activecampaign.seeded_lists import NEWSLETTER, VIP

SEGMENTS: dict[int, tuple[str, int]] = {
    1: ("Newsletter readers", NEWSLETTER),
    2: ("Important people", VIP),
}
"""Name and list: a segment holds the active members of one list."""

SEGMENT_STATUS = ACTIVE
READY_SECONDS = 1.0
KEPT_SECONDS = 3600.0


class SegmentRuns:
    """When each segment's query was started, and whom it found."""

    def __init__(self) -> None:
        self._started: dict[int, float] = {}
        self._found: dict[int, tuple[int, ...]] = {}

    def found(
        self, segment: int, members: tuple[int, ...], now: float, *, again: bool, at_once: bool
    ) -> tuple[int, ...]:
        """The contacts of a listing now: none until the query is ready, then fixed for an hour."""
        started = self._started.get(segment)
        if started is None or again or now - started >= KEPT_SECONDS:
            self._started[segment] = started = now
            self._found[segment] = members
        return self._found[segment] if at_once or now - started >= READY_SECONDS else ()
