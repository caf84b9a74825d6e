"""The lifecycle threshold of an export goal (sync/README.md §8; activecampaign.md §8).

A stage lets a person have so many touchpoints in a sliding window. ActiveCampaign has no feed of
openings, so the links of campaigns sent to the goals' lists are read whenever their counters moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from actui.model.errors import GoalError, ServiceError
from actui.model.goals import ExportGoal
from actui.model.memberships import Campaign, CampaignLink, LinkHit, Touch
from actui.model.records import Profile
from actui.model.run import Reason
from actui.sync.resolved_goals import ResolvedExport, ResolvedThreshold, StageKey
from actui.sync.run.goal_run import GoalRun

WINDOWS: Mapping[str, timedelta | None] = {
    "MINUTE": timedelta(minutes=1),
    "HOUR": timedelta(hours=1),
    "DAY": timedelta(days=1),
    "WEEK": timedelta(days=7),
    "MONTH": timedelta(days=30),
    "QUARTER": timedelta(days=91),
    "YEAR": timedelta(days=365),
    "ALWAYS": None,
}
"""BlueConic's words for sliding windows; ALWAYS has no end. SESSION has no meaning for mail."""
WARM = timedelta(days=30)
"""How long after its last sending a campaign may still be opened, beside the window."""
_UNREAD = "lists only: "


@dataclass(frozen=True, slots=True)
class _Cap:
    most: int
    window: timedelta | None


def required_stage(goal: ResolvedExport) -> StageKey | None:
    """The stage whose people alone are exported; None where nothing limits them.

    A lifecycle that is switched off limits nobody (blueconic.md §5).
    """
    limit = _limit(goal)
    return None if limit is None else limit.key


def barred_by_stage(goal: ExportGoal, required: StageKey | None, profile: Profile) -> Reason | None:
    """Why the required stage keeps a profile out; None where it does not."""
    if required is None:
        return None
    if profile.lifecycle_stages is None:
        return Reason.STAGE_UNKNOWN if goal.unknown_stage == "skip" else None
    found = {StageKey(stage.lifecycle_id, stage.stage_id) for stage in profile.lifecycle_stages}
    return None if required in found else Reason.NOT_IN_STAGE


def _limit(goal: ResolvedExport) -> ResolvedThreshold | None:
    """The goal's threshold, unless its lifecycle is switched off."""
    limit = goal.threshold
    return limit if limit is not None and limit.lifecycle.enabled else None


class Threshold:
    """Which contacts have reached the cap of the goal's stage; none where it has no cap."""

    def __init__(self, goal_run: GoalRun, goal: ResolvedExport) -> None:
        self._run = goal_run
        limit = _limit(goal)
        rule = None if limit is None else limit.stage
        self._cap = None
        if rule is not None and rule.cap is not None and rule.window in WINDOWS:
            self._cap = _Cap(rule.cap, WINDOWS[rule.window])
        is_capped = rule is not None and rule.cap is not None
        self._is_unknown = rule is not None and (rule.is_odd or (is_capped and self._cap is None))
        # the cap is the stage's, so all goals in the stage fill it together
        self._goals = [
            other
            for other in goal_run.connection.exports
            if limit is not None and required_stage(other) == limit.key
        ]
        self._counted: dict[int, frozenset[str]] = {}

    async def read(self) -> None:
        """Count what people did since the last run. Raises GoalError when that cannot be known."""
        if self._is_unknown:
            raise GoalError(
                "BlueConic's answer about the frequency cap of the goal's stage cannot be read, so "
                "nobody was exported past it: look at the stage in BlueConic.",
                code="threshold-unavailable",
            )
        if self._cap is None:
            return
        self._run.phase("reading campaigns")
        try:
            await self._read()
        except ServiceError as refused:
            if refused.status not in (403, 404):
                raise
            raise GoalError(
                "ActiveCampaign does not let the opens and clicks of campaigns be read, so nobody "
                f"was exported past the threshold: {refused.message}",
                code="threshold-unavailable",
            ) from refused

    async def _read(self) -> None:
        run = self._run
        known = run.ledger.touches.campaigns()
        for campaign in await run.activecampaign.activity.campaigns():
            run.stop.check()
            counters, lists = known.get(campaign.id, ("", frozenset()))
            if not self._is_warm(campaign, counters):
                continue
            if counters not in (campaign.counters, _UNREAD + campaign.counters):
                lists = await run.activecampaign.activity.campaign_lists(campaign.id)
            kinds = self._kinds(lists)
            if not kinds:
                run.ledger.touches.save_campaign(campaign.id, _UNREAD + campaign.counters, lists)
                continue
            self._counted[campaign.id] = kinds
            if counters == campaign.counters:
                continue
            for link in await run.activecampaign.activity.campaign_links(campaign.id):
                await self._count(campaign, link)
            run.ledger.touches.save_campaign(campaign.id, campaign.counters, lists)

    def _is_warm(self, campaign: Campaign, counters: str) -> bool:
        """Whether somebody may still open it within the cap's window; `counters` as last read."""
        if campaign.last_sent is None:
            # a draft; what somebody has opened was sent, whatever the answer lacks
            return _has_counted(campaign.counters) or _has_counted(counters)
        window = self._cap.window if self._cap else None
        return window is None or campaign.last_sent >= self._run.service_now() - window - WARM

    def _kinds(self, lists: frozenset[int]) -> frozenset[str]:
        """The kinds of events that count in a campaign to these lists."""
        return frozenset(
            kind
            for goal in self._goals
            if goal.threshold is not None and not lists.isdisjoint(goal.list_ids)
            for kind in goal.threshold.events
        )

    async def _count(self, campaign: Campaign, link: CampaignLink) -> None:
        now = self._run.service_now().timestamp()
        async for hits in self._run.activecampaign.activity.link_hits(link):
            self._run.stop.check()
            seen = self._run.ledger.touches.hits([hit.id for hit in hits])
            touches = [t for hit in hits if (t := _touch(campaign, hit, seen.get(hit.id), now))]
            self._run.ledger.touches.add(hits, touches, now)

    def over(self, contacts: Iterable[int]) -> set[int]:
        """Those of the contacts who are at their cap now."""
        if self._cap is None:
            return set()
        found = self._touches(contacts)
        return {contact for contact, count in found.items() if count >= self._cap.most}

    def is_over(self, contacts: Iterable[int]) -> bool:
        """Whether a person with all of these contacts is at the cap."""
        touched = sum(self._touches(contacts).values())
        return self._cap is not None and 0 < touched >= self._cap.most

    def _touches(self, contacts: Iterable[int]) -> Mapping[int, int]:
        if self._cap is None or not self._counted:
            return {}
        window = self._cap.window
        since = 0.0 if window is None else (self._run.service_now() - window).timestamp()
        return self._run.ledger.touches.count(contacts, self._counted, since)


def _has_counted(counters: str) -> bool:
    """Whether one of a campaign's counters is above 0."""
    return any(digit in counters for digit in "123456789")


def _touch(
    campaign: Campaign, hit: LinkHit, before: tuple[int, float] | None, now: float
) -> Touch | None:
    """The touches of a row that were not counted yet; None where there are none."""
    times, at = before or (0, None)
    if hit.kind is None or hit.times <= times:
        return None
    stamp = hit.at.timestamp() if hit.at is not None else now
    # where a repeat leaves the stamp as it was, the stamp is not the repeat's
    moment = now if stamp == at else stamp
    return Touch(hit.contact_id, campaign.id, hit.kind, moment, hit.times - times)
