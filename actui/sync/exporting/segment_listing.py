"""Listing a segment: who is in it, and whether that is everybody (blueconic.md §4, §11)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from actui.model.keys import contact_key
from actui.model.records import Profile, ProfilePage, Segment
from actui.sync.export_ledger_ports import SegmentRoster
from actui.sync.match_keys import identifying_properties, profile_keys
from actui.sync.resolved_goals import ResolvedExport
from actui.sync.run.goal_run import GoalRun

LISTED_AT_ONCE = 1_000
MAX_MISSING_SHARE = 0.01
"""The share of `totalResults` that may be missing: its count lags behind."""

UNREADABLE_PEOPLE = (
    "BlueConic's listing holds profiles that cannot be read, so it is not known who is in the "
    "segment: look at what stands between actui and BlueConic."
)


class SegmentReading:
    """One listing from its start; a cursor is never kept, a continued run lists again.

    `stated` is how many profiles BlueConic says the segment holds, None until it has answered
    so, and `total` the same as a number. `is_complete` when the listing came to an end
    of its own, everybody in it can be recognized, and it holds, within one per cent, as many
    different profiles as it stated.
    """

    def __init__(
        self,
        run: GoalRun,
        goal: ResolvedExport,
        listing: SegmentRoster,
        properties: Sequence[str],
        expand: Sequence[str],
    ) -> None:
        self._run = run
        self._goal = goal.settings
        self._segment = goal.segment
        self._properties = properties
        self._expand = expand
        self.listing = listing
        self.stated: int | None = None
        self._ended = False
        self._identifying = identifying_properties(self._goal)
        self._is_readable = True

    @property
    def total(self) -> int:
        return self.stated or 0

    @property
    def is_complete(self) -> bool:
        missing = abs(self.total - self.listing.count())
        return self._ended and self._is_readable and missing <= self.total * MAX_MISSING_SHARE

    async def pages(self) -> AsyncIterator[Sequence[Profile]]:
        """Yield the profiles page by page, each once its match keys are in the listing."""
        async for page in segment_pages(self._run, self._segment, self._properties, self._expand):
            if page.total is not None:
                self.stated = max(self.total, page.total)
            self._note_unreadable(page)
            self._remember(page.profiles)
            if page.cursor is None:
                self._ended = page.is_last and self.stated is not None
            yield page.profiles

    def _note_unreadable(self, page: ProfilePage) -> None:
        """Nothing follows from a listing in which somebody may be who is not recognized."""
        odd = [profile for profile in page.profiles if self._is_anonymous(profile)]
        if page.unreadable or odd:
            self._is_readable = False
        # who is too large is rejected with that reason
        if page.unreadable or not all(profile.too_large for profile in odd):
            self._run.warn_once(UNREADABLE_PEOPLE)

    def _is_anonymous(self, profile: Profile) -> bool:
        """Whether what the profile is recognized by cannot all be read."""
        return profile.too_large or not (
            profile.unreadable.isdisjoint(("replaces", "replacedBy"))
            and all(map(profile.shows, self._identifying))
        )

    def _remember(self, profiles: Sequence[Profile]) -> None:
        links = self._run.ledger.links.contacts_of(
            [id_ for p in profiles for id_ in (p.id, *p.replaces)]
        )
        self.listing.add(profile.id for profile in profiles)
        self.listing.add_keys(
            key for profile in profiles for key in profile_keys(self._goal, profile)
        )
        self.listing.add_keys(contact_key(contact) for contact in links.values())
        if self._goal.lists:
            self._run.ledger.claims.add(self._goal.id, links.values())


async def segment_pages(
    run: GoalRun, segment: Segment, properties: Sequence[str], expand: Sequence[str] = ()
) -> AsyncIterator[ProfilePage]:
    """The pages of a segment, to the end or to a cursor that does not move."""
    cursor: str | None = None
    while True:
        run.stop.check()
        page = await run.blueconic.segment_page(
            segment.id,
            cursor=cursor,
            count=LISTED_AT_ONCE,
            properties=properties,
            expand=expand,
        )
        yield page
        if page.cursor is None or page.cursor == cursor:
            return
        cursor = page.cursor


async def list_people(run: GoalRun, goal: ResolvedExport) -> SegmentReading:
    """Read another goal's segment to its end, only to know who is in it."""
    properties = sorted(identifying_properties(goal.settings)) or ["email"]
    expand = ["profiles.profile.replace"]
    reading = SegmentReading(run, goal, run.ledger.rosters.new(), properties, expand)
    async for _ in reading.pages():
        pass
    return reading
