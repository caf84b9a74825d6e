"""In which lifecycle stages people are, however a tenant shows them (sync/README.md §8).

No document says where `lifecycleStages` appears: in a segment's listing, only in profiles that
are read alone, or nowhere; nor whether it is left out of, or empty in, people who are in no stage
(blueconic.md §5, §11). A profile that has the key proves that its kind of answer shows stages, and
one without the key is then in none. What is proved must not depend on who is listed first, so the
segment is looked through before anybody in it is decided.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Collection, Sequence
from dataclasses import replace
from enum import Enum, auto
from hashlib import blake2b

from actui.model.errors import CredentialsError
from actui.model.records import Profile
from actui.sync.exporting.segment_listing import segment_pages
from actui.sync.exporting.threshold import required_stage
from actui.sync.resolved_goals import ResolvedExport
from actui.sync.run.goal_run import GoalRun

PROBES = 5
"""Profiles read alone, spread over the listing, before a tenant counts as not showing stages."""
_HIDDEN = "This BlueConic tenant does not show lifecycle stages"
_FORBIDDEN = (
    "BlueConic lists people without lifecycle stages, and this application may not read their "
    "profiles (right read:profiles)"
)


_UNREADABLE = frozenset({"lifecycleStages", "replacedBy"})


class _Shown(Enum):
    LISTED = auto()
    ALONE = auto()
    NOWHERE = auto()


class Stages:
    """The lifecycle stages of one goal's people; `learn` first, then `of` each page."""

    def __init__(self, run: GoalRun, goal: ResolvedExport, properties: Sequence[str]) -> None:
        """`properties` are any that a listing may be asked for: without one it holds all."""
        self._run = run
        self._goal = goal.settings
        self._segment = goal.segment
        self._properties = properties[:1]
        self._is_bound = required_stage(goal) is not None
        self._shown = _Shown.NOWHERE

    async def learn(self) -> None:
        """Find out where stages are shown.

        Lists the segment up to the first profile with stages. Where there is none, reads a few
        profiles alone, chosen by their ids and not by their places.
        """
        self._run.phase("looking for lifecycle stages")
        sample: list[str] = []
        async for page in segment_pages(self._run, self._segment, self._properties):
            if any(profile.lifecycle_stages is not None for profile in page.profiles):
                self._shown = _Shown.LISTED
                return
            listed = {*sample, *(profile.id for profile in page.profiles)}
            sample = heapq.nsmallest(PROBES, listed, key=_place)
        cause = _HIDDEN
        for profile_id in sample:
            self._run.stop.check()
            try:
                read = await self._get(profile_id)
            except CredentialsError as refused:
                if refused.code != "right-missing":
                    raise
                cause = _FORBIDDEN
                break
            if read is not None and read.lifecycle_stages is not None:
                self._shown = _Shown.ALONE
                return
        if sample:
            self._run.warn_once(f"{cause}, so {self._consequence()}.")

    async def of(self, profiles: Sequence[Profile], wanted: Collection[str]) -> Sequence[Profile]:
        """The profiles with their stages; None in those of whom nothing can be known.

        Only those `wanted` are read alone.
        """
        if self._shown is _Shown.LISTED:
            return [_in_none(profile) for profile in profiles]
        lacking = [profile for profile in profiles if profile.lifecycle_stages is None]
        if self._shown is _Shown.NOWHERE or not lacking:
            return profiles
        read = await asyncio.gather(
            *(self._alone(profile) for profile in lacking if profile.id in wanted)
        )
        found = {profile.id: profile for profile in read}
        return [found.get(profile.id, profile) for profile in profiles]

    async def _alone(self, profile: Profile) -> Profile:
        read = await self._get(profile.id)
        # who is gone, went up in another profile, or cannot be read, is not in no stage
        if read is None or read.replaced_by is not None or _UNREADABLE & read.unreadable:
            return profile
        return _in_none(replace(profile, lifecycle_stages=read.lifecycle_stages))

    async def _get(self, profile_id: str) -> Profile | None:
        return await self._run.blueconic.profile(profile_id, properties=self._properties)

    def _consequence(self) -> str:
        if not self._is_bound:
            return "fields of lifecycles are left as they are"
        if self._goal.unknown_stage == "export":
            return "people are exported whatever their stage (unknown_stage: export)"
        return "nobody is exported (unknown_stage: export sends people whatever their stage)"


def _in_none(profile: Profile) -> Profile:
    if profile.lifecycle_stages is not None or "lifecycleStages" in profile.unreadable:
        return profile
    return replace(profile, lifecycle_stages=())


def _place(profile_id: str) -> bytes:
    """The place of an id in an order that does not depend on the listing's."""
    return blake2b(profile_id.encode(), digest_size=8).digest()
